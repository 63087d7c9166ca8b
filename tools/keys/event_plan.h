// What a key event would say, for an operator who looks before it is signed: it cannot be taken
// back once the log has it.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/types.h"
#include "tools/keys/confirmation.h"
#include "tools/keys/publishing.h"

namespace varve::keys {

/// A key that joined on the word of the one that is revoked.
struct AdmittedFate {
  std::string key;        // its vkey
  LeafIndex joined;       // the record that let it join
  const char* then = "";  // "kept", "revoked", "undecided"
};

struct EventPlan {
  const char* action = "";    // "rotate", "announce", "retire", "revoke"
  std::string key;            // the vkey it is about
  std::string label_to_make;  // not empty: that key is yet to be made, under this label
  std::string signer;         // the vkey of the key that signs now
  PublishArguments to;
  std::string name = {};  // what --yes takes; so it does the vkey
  std::vector<AdmittedFate> admitted = {};
  std::vector<LeafIndex> approvers_named_in = {};  // records: by a key whose word is worth nothing
  std::vector<LeafIndex> witness_keys_named_in = {};  // the same
  std::string witnesses = {};  // what it means for them; empty: nothing, or nobody knows
};

/// What would be done, and what --yes has to say. Several lines, or one JSON object.
void print_plan(const EventPlan& plan, bool json);
/// What was done to the key and to those that it let join.
void print_done(const EventPlan& plan, bool json);

/// What the operator types to let a key leave: the label in `key`, a URI, or the id in a vkey.
Result<std::string> typed_name(const std::string& key);

/// Asks before `plan` goes to a server. Into a file it goes without: the log does not have it by
/// that. Errors: as confirm.
Result<void> confirm_plan(const Confirmation& given, const EventPlan& plan);

}  // namespace varve::keys
