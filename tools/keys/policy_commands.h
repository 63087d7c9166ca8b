// policy show and set: how long a log keeps its records, and the next policy, which approvers sign.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/keys/options.h"

namespace varve::keys {

struct ShowPolicyArguments {
  PublishArguments from;
  bool json = false;
};
/// Prints the policy in force, the months with their dates, and who approves. Errors: as
/// ask_retention.
Result<void> show_policy(const ShowPolicyArguments& arguments);

struct SetPolicyArguments {
  TokenArguments token;
  std::string key;  // URI of a key that signs the log's checkpoints now
  std::string origin;
  PublishArguments server;  // asked for what is in force; nothing is sent
  std::optional<std::uint32_t> period;
  std::optional<std::uint32_t> notice;
  std::optional<std::uint32_t> wait;
  std::string automatic;             // "yes", "no"; empty: as it is
  std::vector<std::string> sources;  // NAME=SHA-256; empty: as they are
  std::vector<std::string>
      witnesses;  // vkeys; these and `sources` replace all, where there are any
  std::optional<std::uint32_t> quorum;
  std::string out;
  bool dry_run = false;
  bool json = false;
};
/// Writes the next policy, signed by the log's key and approved by nobody yet; with dry_run prints
/// what it would change and writes nothing.
/// Errors: kInvalid  it shortens a span, or is out of bounds.  As ask_retention and Token::sign.
Result<void> set_policy(const SetPolicyArguments& arguments);

/// The command line of varve-keys policy. Outlives the parsing of the command line.
class PolicyCommandLine {
 public:
  void add_to(CLI::App& app, Result<void>& outcome);

 private:
  ShowPolicyArguments show_;
  SetPolicyArguments set_;
};

}  // namespace varve::keys
