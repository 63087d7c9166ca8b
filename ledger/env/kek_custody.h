// One token's key-encryption keys in the hands of whoever may end them. hsm/ implements it over
// PKCS#11, tests in memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/env/signer.h"

namespace varve::env {

class KekCustody : public KeyVault {
 public:
  /// The labels of all key-encryption keys that the token holds.
  /// Errors and threads: as Signer::sign.
  virtual Result<std::vector<std::string>> kek_labels() = 0;
  /// Destroys every key-encryption key of this label for good: nothing that was wrapped under it
  /// can be unwrapped again. Errors: kNotFound  there is none.  kIo  the token keeps one of them.
  /// Others as Signer::sign; then the key may be there or not.
  virtual Result<void> destroy_kek(std::string_view label) = 0;
};

/// A token that may hold key-encryption keys of a log.
struct KeyHolder {
  std::string name;  // as records, reports and messages name it: the token's URI
  KekCustody* keys = nullptr;
};

}  // namespace varve::env
