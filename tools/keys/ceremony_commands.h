// M-of-N: who has to approve of a log's key events, and how a person does.
#pragma once

#include <string>
#include <vector>

#include "tools/keys/key_commands.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

struct CeremonyArguments {
  TokenArguments token;
  std::string key;  // URI of a key that signs now
  std::string origin;
  std::uint32_t approvals = 0;
  std::vector<std::string> approvers;  // vkeys, each under the person's name
  std::string out;
  bool json = false;
};
/// Writes the event that names the approvers, signed by the log's key and approved by nobody yet.
/// Errors: kInvalid  no such set of approvers.  As Token::sign.
Result<void> ceremony(const CeremonyArguments& arguments);

struct ApproveArguments {
  TokenArguments token;  // the person's own
  std::string key;       // URI of the person's key on it
  std::string name;      // the person's name in the policy
  std::string event;     // a file; the approval is added to it
  bool dry_run = false;
  bool json = false;
};
/// Prints what is approved, the event's text, and then what became of it: approved, approved before,
/// or with dry_run not approved. Running it again changes nothing.
/// Errors: kInvalid  not a key event.  As Token::sign.
Result<void> approve(const ApproveArguments& arguments);

struct SendArguments {
  std::string event;  // a file
  PublishArguments to;
  bool json = false;
};
/// Posts an event that has all its signatures, and prints its text. Errors: as publish.
Result<void> send_event(const SendArguments& arguments);

struct RenewArguments {
  TokenArguments token;
  std::string key;  // URI of a key that signs now
  std::string origin;
  std::string statement;  // a file that varve-audit renew wrote
  PublishArguments to;
  bool json = false;
};
/// Prints the statement, signs it as the log, and sends it.
/// Errors: kInvalid  not a renewal of this log.  As Token::sign and publish.
Result<void> renew(const RenewArguments& arguments);

}  // namespace varve::keys
