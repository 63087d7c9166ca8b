// The collector's own Ed25519 key: it proves who sent a batch, and chains the batches of a source.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/random.h"
#include "ledger/env/secret.h"
#include "ledger/format/control.h"
#include "ledger/format/note.h"
#include "ledger/format/seal.h"

namespace varve::collect {

/// The secret half lives in guarded memory and, as 32 raw bytes (the seed), in one file of mode
/// 0600. It is never printed, logged or sent. Thread: const methods from any.
class SourceKey {
 public:
  /// Makes a key and writes it durably; `path` must not exist.
  /// Errors: kInvalid  not a source name.  kWorm  there is a key already.  kBusy, kFull, kIo.
  static Result<SourceKey> create(env::Filesystem& files, const std::string& path,
                                  const std::string& name, env::Random& random);
  /// Errors: kNotFound, kBusy, kIo.  kCorrupt  not a key file.  kInvalid  not a source name.
  static Result<SourceKey> load(const env::Filesystem& files, const std::string& path,
                                const std::string& name);

  [[nodiscard]] const format::VerifierKey& verifier() const { return verifier_; }
  [[nodiscard]] SourceId source() const { return source_; }
  [[nodiscard]] format::Ed25519Signature sign(Bytes message) const;

 private:
  SourceKey() = default;
  static Result<SourceKey> from_seed(const env::SecretBytes& seed, const std::string& name);

  env::SecretBytes secret_;  // libsodium's form: seed || public key
  format::VerifierKey verifier_;
  SourceId source_;
};

/// The note that an operator posts to register the source, signed by its key.
std::string register_note(const SourceKey& key, const std::string& origin);
/// The note that replaces `old_key` by `new_key`, signed by both.
std::string rotate_note(const SourceKey& old_key, const SourceKey& new_key,
                        const std::string& origin);

}  // namespace varve::collect
