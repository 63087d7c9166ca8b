// PINs that a token has refused. Real tokens lock after a few wrong ones, so a wrong PIN is tried
// once and never again by this process, however often a session has to be opened again.
#pragma once

#include <sodium.h>

#include <array>
#include <mutex>
#include <set>
#include <string_view>

#include "ledger/base/types.h"

namespace varve::hsm {

/// Remembers keyed hashes, never a PIN. Requires sodium_init().
/// Thread: the holder of attempt() may log in; nobody else does meanwhile.
class RefusedPins {
 public:
  RefusedPins() { ::crypto_generichash_keygen(key_.data()); }

  [[nodiscard]] std::unique_lock<std::mutex> attempt() { return std::unique_lock(mutex_); }
  [[nodiscard]] bool contains(std::string_view token, Bytes pin) const {
    return refused_.contains(digest(token, pin));
  }
  void add(std::string_view token, Bytes pin) { refused_.insert(digest(token, pin)); }

 private:
  [[nodiscard]] Hash digest(std::string_view token, Bytes pin) const;

  std::array<unsigned char, crypto_generichash_KEYBYTES> key_{};
  std::mutex mutex_;
  std::set<Hash> refused_;
};

}  // namespace varve::hsm
