// What a key event would say, for an operator who looks before it is signed: it cannot be taken
// back once the log has it.
#pragma once

#include <string>

#include "tools/keys/confirmation.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

struct EventPlan {
  const char* action = "";    // "rotate", "retire", "revoke"
  std::string key;            // the vkey it is about
  std::string label_to_make;  // not empty: that key is yet to be made, under this label
  std::string signer;         // the vkey of the key that signs now
  PublishArguments to;
};

/// Several lines, or one JSON object.
void print_plan(const EventPlan& plan, bool json);

/// What the operator types to let a key leave: the label in `key`, a URI, or the id in a vkey.
Result<std::string> typed_name(const std::string& key);

/// Asks before `plan` goes to a server. Into a file it goes without: the log does not have it by
/// that. Errors: as confirm.
Result<void> confirm_plan(const Confirmation& given, const EventPlan& plan,
                          const std::string& name);

}  // namespace varve::keys
