// What the ledger needs of an HSM: signatures by keys that never leave it, and a place to lock up
// data keys. hsm/ implements both over PKCS#11; the simulation implements them in memory.
#pragma once

#include <string_view>

#include "ledger/base/result.h"
#include "ledger/env/secret.h"

namespace varve::env {

class Signer {
 public:
  virtual ~Signer() = default;
  /// Signs `message` with the private half of `public_key` (32 raw bytes: Ed25519, gives 64 bytes;
  /// SPKI DER: P-256, gives ASN.1 DER over SHA-256(message)). Returns within its timeout.
  /// The caller verifies the signature.
  /// Errors: kNotFound  the token holds no such key.
  ///         kBusy      the token is gone, slow or restarting; a later call may succeed.
  ///         kIo        an operator has to act (wrong PIN, key unusable).
  /// Thread: any; calls are serialised.
  virtual Result<Buffer> sign(Bytes public_key, Bytes message) = 0;
};

class KeyVault {
 public:
  virtual ~KeyVault() = default;
  /// Wraps a 32-byte data key under the key-encryption key named `label`, which is made on first
  /// use. Source: RFC 3394 (CKM_AES_KEY_WRAP), 40 bytes.
  /// Errors and threads: as Signer::sign.
  virtual Result<Buffer> wrap(std::string_view label, Bytes data_key) = 0;
  /// Errors: kNotFound  the key-encryption key is gone: what it protected is disposed of.
  ///         kCorrupt   it is another key of that name, or the wrapped key was altered.
  ///         kBusy      also: no guarded memory is left.  Others as Signer::sign.
  virtual Result<SecretBytes> unwrap(std::string_view label, Bytes wrapped) = 0;
};

}  // namespace varve::env
