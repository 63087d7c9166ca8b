// Revoking a key, and deciding what becomes of the keys that it let join.
#pragma once

#include <string>
#include <vector>

#include "tools/keys/leaving.h"

namespace varve::keys {

struct RevokeArguments {
  RetireArguments leaving;
  std::uint64_t last_size = 0;
  std::string bundle;             // the log's history, where no server is told
  std::vector<std::string> keep;  // of the keys that joined on its word: in good hands
  bool revoke_admitted = false;   // all the others are revoked, too
};
/// Revokes the key: what it signed on larger trees than last_size is worth nothing from then on.
/// Not for a key that is merely old. Every key that joined on its word since then is named, and is
/// kept or revoked as the arguments or a person on the terminal say: with `last_size` too, which is
/// before it joined. Prints the vkeys. It can be run again after any failure: what is revoked that
/// far already is not revoked again. Errors: kInvalid  the history is not known, a key is undecided
/// and there is no terminal, or nobody
///         confirmed: nothing was signed.  As open_leaving, ask_history and publish.
Result<void> revoke(const RevokeArguments& arguments);

}  // namespace varve::keys
