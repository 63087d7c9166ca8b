// SecretBytes over libsodium's guarded heap.
#include "ledger/env/secret.h"

#include <sodium.h>

#include <algorithm>
#include <string>

namespace varve::env {

Result<SecretBytes> SecretBytes::of_size(std::size_t size) {
  auto* const data = static_cast<std::byte*>(::sodium_malloc(size));
  if (data == nullptr)
    return busy("the system gives no guarded memory for " + std::to_string(size) +
                " bytes of a secret: memory or memory maps (vm.max_map_count) are used up");
  return SecretBytes(data, size);
}

Result<SecretBytes> SecretBytes::copy_of(Bytes bytes) {
  ASSIGN_OR_RETURN(SecretBytes secret, of_size(bytes.size()));
  std::ranges::copy(bytes, secret.data_.get());
  return secret;
}

void SecretBytes::Free::operator()(std::byte* p) const {
  ::sodium_free(p);
}

void wipe(MutableBytes secret) {
  ::sodium_memzero(secret.data(), secret.size());
}

}  // namespace varve::env
