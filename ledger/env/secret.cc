// SecretBytes over libsodium's guarded heap.
#include "ledger/env/secret.h"

#include <sodium.h>

#include <algorithm>

#include "ledger/base/check.h"

namespace varve::env {

SecretBytes::SecretBytes(std::size_t size)
    : data_(static_cast<std::byte*>(::sodium_malloc(size))), size_(size) {
  CHECK(data_ != nullptr);
}

SecretBytes SecretBytes::copy_of(Bytes bytes) {
  SecretBytes secret(bytes.size());
  std::ranges::copy(bytes, secret.data_.get());
  return secret;
}

void SecretBytes::Free::operator()(std::byte* p) const { ::sodium_free(p); }

}  // namespace varve::env
