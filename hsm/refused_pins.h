// PINs that a token has refused. Real tokens lock after a few wrong ones, so a wrong PIN is tried
// once and never again by this process, however often a session has to be opened again.
#pragma once

#include <sodium.h>

#include <array>
#include <set>
#include <string_view>

#include "ledger/base/mutex.h"
#include "ledger/base/types.h"

namespace varve::hsm {

/// Remembers keyed hashes, never a PIN. Requires sodium_init().
/// Thread: who holds attempt() may log in; nobody else does meanwhile.
class RefusedPins {
 public:
  RefusedPins() { ::crypto_generichash_keygen(key_.data()); }

  [[nodiscard]] Mutex& attempt() RETURN_CAPABILITY(mutex_) { return mutex_; }
  [[nodiscard]] bool contains(std::string_view token, Bytes pin) const REQUIRES(mutex_) {
    return refused_.contains(digest(token, pin));
  }
  void add(std::string_view token, Bytes pin) REQUIRES(mutex_) {
    refused_.insert(digest(token, pin));
  }

 private:
  [[nodiscard]] Hash digest(std::string_view token, Bytes pin) const;

  std::array<unsigned char, crypto_generichash_KEYBYTES> key_{};
  Mutex mutex_;
  std::set<Hash> refused_ GUARDED_BY(mutex_);
};

}  // namespace varve::hsm
