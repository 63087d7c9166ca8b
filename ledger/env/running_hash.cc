// libsodium's; none of its calls can fail.
#include "ledger/env/running_hash.h"

namespace varve::env {

RunningHash::RunningHash() {
  crypto_hash_sha256_init(&state_);
}

void RunningHash::feed(Bytes bytes) {
  crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

Hash RunningHash::finish() {
  Hash hash;
  crypto_hash_sha256_final(&state_, reinterpret_cast<unsigned char*>(hash.bytes.data()));
  crypto_hash_sha256_init(&state_);
  return hash;
}

}  // namespace varve::env
