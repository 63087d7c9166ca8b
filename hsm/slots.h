// The slots of a PKCS#11 library and the tokens in them, as far as they are visible without a PIN.
#pragma once

#include <string>
#include <vector>

#include "hsm/uri.h"
#include "ledger/base/result.h"

namespace varve::hsm {

/// A slot whose token is present.
struct Slot {
  CK_SLOT_ID id = 0;
  std::string label;  // without the padding, as the rest
  std::string serial;
  std::string manufacturer;
  std::string model;
  CK_FLAGS flags = 0;  // CK_TOKEN_INFO.flags

  [[nodiscard]] bool initialized() const { return (flags & CKF_TOKEN_INITIALIZED) != 0; }
};

/// All of them. Errors: kBusy, kIo  as rv.h says.
Result<std::vector<Slot>> slots_with_token(const CK_FUNCTION_LIST& functions);

/// Every slot with an initialised token that `uri` names.
Result<std::vector<Slot>> matching_slots(const CK_FUNCTION_LIST& functions, const Uri& uri);

/// The token of `slot` by all that names it: an RFC 7512 URI.
std::string token_identity(const Slot& slot);

/// How many sessions this program may have more on the token, as far as it tells; at most `most`.
/// Errors: kBusy, kIo  as rv.h says.
Result<unsigned> sessions_left(const CK_FUNCTION_LIST& functions, const Slot& slot, unsigned most);

/// In words: "set", "not set", "locked", ...
const char* user_pin_state(const Slot& slot);

/// What a token can be used for, or why it does not say.
struct TokenInfo {
  Slot slot;
  bool signs_ed25519 = false;
  bool signs_p256 = false;
  bool wraps = false;          // data keys, under month keys
  std::string silent_because;  // empty when it answered; else only slot.id is known
};

/// One for each slot with a token, of the library at `module`. Logs in to none.
/// Errors: as Module::load, kBusy, kIo.
Result<std::vector<TokenInfo>> list_tokens(const std::string& module);

}  // namespace varve::hsm
