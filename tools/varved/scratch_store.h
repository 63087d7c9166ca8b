// What a store in a scratch directory needs of the world, and no token: keys that end with this process, files that can
// be deleted again, nobody who signs.
#pragma once

#include <memory>

#include "ledger/env/high_water_mark.h"
#include "ledger/env/posix.h"
#include "ledger/env/signer.h"

namespace varve::tools {

/// Wraps under one key in memory, whatever the label (RFC 3394). Without this process nobody can read what it wrapped.
/// Thread: any.
class MemoryVault final : public env::KeyVault {
 public:
  /// Errors: kBusy  no guarded memory is left.
  static Result<MemoryVault> make(env::Random& random);
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override;
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override;

 private:
  explicit MemoryVault(env::SecretBytes key) : key_(std::move(key)) {}
  env::SecretBytes key_;
};

/// A scratch store adds nothing to its log.
class NoSigner final : public env::Signer {
 public:
  /// Errors: kIo  always.
  Result<Buffer> sign(Bytes public_key, Bytes message) override;
};

/// A mark that is known and never moves.
class FixedMark final : public env::HighWaterMark {
 public:
  explicit FixedMark(env::Mark mark) : mark_(mark) {}
  [[nodiscard]] Result<std::vector<env::Mark>> read() const override { return std::vector{mark_}; }
  Result<void> write(const env::Mark&) override { return {}; }

 private:
  const env::Mark mark_;
};

/// `files`, but nothing in it becomes immutable: else only root could delete it.
std::unique_ptr<env::Filesystem> deletable(std::unique_ptr<env::Filesystem> files);

}  // namespace varve::tools
