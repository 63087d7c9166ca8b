// clock request and evidence: a time-stamping authority is asked about a checkpoint, and what it answers
// is verified before anybody relies on it. Both need no token and no server.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/keys/options.h"

namespace varve::keys {

struct ClockRequestArguments {
  std::string checkpoint;  // a file: the signed note
  std::string out;
  bool json = false;
};

/// Writes the TimeStampReq for the text of the checkpoint.
/// Errors: kInvalid  not a checkpoint.  As tools::read_file and replace_file.
Result<void> request_time(const ClockRequestArguments& arguments);

struct ClockEvidenceArguments {
  std::string answer;              // a file: the authority's reply, or the token from it
  std::string checkpoint;          // a file: the signed note that it is over
  std::string authority_key;       // SHA-256 of its SubjectPublicKeyInfo, in hex
  std::vector<std::string> vkeys;  // of the log
  bool json = false;
};

/// Prints who stamped the checkpoint and when.
/// Errors: kInvalid  the token does not count, and why.  kCorrupt  as verify_note.  As read_file.
Result<void> check_evidence(const ClockEvidenceArguments& arguments);

/// The command line of varve-keys clock. Outlives the parsing of the command line.
class ClockCommandLine {
 public:
  void add_to(CLI::App& app, Result<void>& outcome);

 private:
  ClockRequestArguments request_;
  ClockEvidenceArguments evidence_;
};

}  // namespace varve::keys
