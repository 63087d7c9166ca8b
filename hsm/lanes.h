// Several sessions of the same tokens as one key vault, which serves as many calls at once. For
// whoever needs many data keys and has little else to do while a token thinks.
#pragma once

#include <memory>
#include <vector>

#include "hsm/token_set.h"
#include "ledger/base/mutex.h"

namespace varve::hsm {

/// Thread: every method from any thread.
class Lanes final : public env::KeyVault {
 public:
  static constexpr unsigned kMost = 8;

  /// `first` outlives it. Opens further sessions when they are needed, `most` in all with that of
  /// `first`, by the PIN that `first` was opened with. Requires most > 0.
  Lanes(TokenSet& first, unsigned most) : first_(first), most_(most), free_{&first} {}

  /// Errors: as TokenSet.
  Result<Buffer> wrap(std::string_view label, Bytes data_key) override;
  Result<env::SecretBytes> unwrap(std::string_view label, Bytes wrapped) override;

 private:
  TokenSet& take();
  void give_back(TokenSet& lane);

  TokenSet& first_;
  Mutex mutex_;
  CondVar changed_;
  unsigned most_ GUARDED_BY(mutex_);
  unsigned count_ GUARDED_BY(mutex_) = 1;  // open, or being opened
  std::vector<TokenSet*> free_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<TokenSet>> opened_ GUARDED_BY(mutex_);
};

}  // namespace varve::hsm
