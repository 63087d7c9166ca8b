// A verifiable random function: whoever has the key computes an output of any input, and can prove to others
// that it is the one output of that input. So a row of an index says which term it is of to those who ask for
// the term, and to nobody else.
// Source: c2sp.org/vrf-r255, ECVRF-RISTRETTO255-SHA512 of RFC 9381 section 7.10
#pragma once

#include <array>
#include <cstddef>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::index {

inline constexpr std::size_t kVrfOutputSize = 64;
inline constexpr std::size_t kVrfProofSize = 80;
using VrfOutput = std::array<std::byte, kVrfOutputSize>;
using VrfProof = std::array<std::byte, kVrfProofSize>;

/// Thread: any.
class VrfKey {
 public:
  /// The key that `seed`, 64 bytes, gives. Requires a seed that nobody can guess.
  static VrfKey from_seed(Bytes seed);
  VrfKey(VrfKey&&) noexcept = default;
  VrfKey(const VrfKey&) = delete;
  VrfKey& operator=(const VrfKey&) = delete;
  VrfKey& operator=(VrfKey&&) = delete;
  ~VrfKey();

  [[nodiscard]] const Hash& public_key() const { return public_key_; }
  /// Cost: 0.1 ms.
  [[nodiscard]] VrfOutput evaluate(Bytes input) const;
  /// Cost: 0.2 ms.
  [[nodiscard]] VrfProof prove(Bytes input) const;

 private:
  using Scalar = std::array<unsigned char, 32>;
  using Point = std::array<unsigned char, 32>;
  explicit VrfKey(const Scalar& secret);
  [[nodiscard]] Point gamma_of(const Point& hashed) const;

  Scalar secret_{};
  Hash public_key_;
};

/// The output of `input` under a key, as `proof` shows it. Cost: 0.3 ms.
/// Errors: kInvalid  the key or the proof is malformed.  kCorrupt  the proof is of another key or input.
Result<VrfOutput> verify_vrf(const Hash& public_key, Bytes input, Bytes proof);

}  // namespace varve::index
