// clock request and evidence: a time-stamping authority is asked about a checkpoint, and what it answers
// is verified before anybody relies on it, and given to the log as evidence. Both need no token.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/keys/options.h"
#include "tools/keys/publishing.h"

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
  std::vector<std::string> answers;         // files: authorities' replies, or the tokens from them
  std::string checkpoint;                   // a file: the signed note that they are over
  std::vector<std::string> authority_keys;  // SHA-256 of each SubjectPublicKeyInfo, in hex
  std::vector<std::string> witnesses;       // vkeys of those whose cosignatures the note has
  std::vector<std::string> vkeys;           // of the log
  PublishArguments server;                  // the log gets them; empty: nobody does
  bool json = false;
};

/// Prints who stamped the checkpoint and when; then gives it all to the server, if there is one.
/// Errors: kInvalid  a token does not count, and why.  kCorrupt  as verify_note.  As read_file and
/// publish_evidence.
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
