// The steps of the specification, with its names: H, Gamma, k, c, s, U, V.
#include "ledger/index/vrf.h"

#include <sodium.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "ledger/base/check.h"

namespace varve::index {
namespace {

using Wide = std::array<unsigned char, crypto_hash_sha512_BYTES>;
using Scalar = std::array<unsigned char, crypto_core_ristretto255_SCALARBYTES>;
using Point = std::array<unsigned char, crypto_core_ristretto255_BYTES>;

constexpr std::string_view kSuite =
    "\xff"
    "c2sp.org/vrf-r255";
constexpr std::string_view kNonce = "\x81";
constexpr std::string_view kEncode = "\x82";
constexpr std::string_view kChallenge = "\x02";
constexpr std::string_view kOutput = "\x03";
constexpr std::string_view kEnd("\0", 1);
constexpr std::size_t kChallengeSize = 16;

Bytes view_of(const Point& point) {
  return std::as_bytes(std::span(point));
}

Wide hash_of(std::initializer_list<Bytes> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, u8(bytes_of(kSuite)), kSuite.size());
  for (const Bytes part : parts) crypto_hash_sha512_update(&state, u8(part), part.size());
  Wide out{};
  crypto_hash_sha512_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

Point encode_to_curve(const Hash& public_key, Bytes input) {
  const Wide hashed = hash_of({bytes_of(kEncode), public_key.view(), input});
  Point point{};
  crypto_core_ristretto255_from_hash(point.data(), hashed.data());
  return point;
}

/// The first 16 bytes of the hash, as a scalar.
Scalar challenge_of(const Hash& public_key, const Point& hashed, const Point& gamma, const Point& u,
                    const Point& v) {
  const Wide wide = hash_of({bytes_of(kChallenge), public_key.view(), view_of(hashed),
                             view_of(gamma), view_of(u), view_of(v), bytes_of(kEnd)});
  Scalar c{};
  std::copy_n(wide.begin(), kChallengeSize, c.begin());
  return c;
}

VrfOutput output_of(const Point& gamma) {
  const Wide wide = hash_of({bytes_of(kOutput), view_of(gamma), bytes_of(kEnd)});
  VrfOutput out{};
  std::ranges::copy(std::as_bytes(std::span(wide)), out.begin());
  return out;
}

bool is_below_order(const Scalar& scalar) {
  Wide wide{};
  std::ranges::copy(scalar, wide.begin());
  Scalar reduced{};
  crypto_core_ristretto255_scalar_reduce(reduced.data(), wide.data());
  return reduced == scalar;
}

/// a * base - b * point. Nothing: it is no point.
std::optional<Point> difference(const Scalar& a, const std::optional<Point>& base, const Scalar& b,
                                const Point& point) {
  Point left{};
  Point right{};
  const int multiplied = base ? crypto_scalarmult_ristretto255(left.data(), a.data(), base->data())
                              : crypto_scalarmult_ristretto255_base(left.data(), a.data());
  const bool left_is_zero = multiplied != 0;  // libsodium refuses to give the identity
  const bool right_is_zero =
      crypto_scalarmult_ristretto255(right.data(), b.data(), point.data()) != 0;
  if (left_is_zero) left = {};
  if (right_is_zero) right = {};
  Point out{};
  if (crypto_core_ristretto255_sub(out.data(), left.data(), right.data()) != 0) return std::nullopt;
  return out;
}

}  // namespace

VrfKey::VrfKey(const Scalar& secret) : secret_(secret) {
  Point point{};
  CHECK(crypto_scalarmult_ristretto255_base(point.data(), secret_.data()) == 0);
  std::ranges::copy(view_of(point), public_key_.bytes.begin());
}

VrfKey::~VrfKey() {
  sodium_memzero(secret_.data(), secret_.size());
}

VrfKey VrfKey::from_seed(Bytes seed) {
  CHECK(seed.size() == crypto_core_ristretto255_NONREDUCEDSCALARBYTES);
  Scalar secret{};
  crypto_core_ristretto255_scalar_reduce(secret.data(), u8(seed));
  VrfKey key(secret);
  sodium_memzero(secret.data(), secret.size());
  return key;
}

VrfKey::Point VrfKey::gamma_of(const Point& hashed) const {
  Point gamma{};
  CHECK(crypto_scalarmult_ristretto255(gamma.data(), secret_.data(), hashed.data()) == 0);
  return gamma;
}

VrfOutput VrfKey::evaluate(Bytes input) const {
  return output_of(gamma_of(encode_to_curve(public_key_, input)));
}

VrfProof VrfKey::prove(Bytes input) const {
  const Point hashed = encode_to_curve(public_key_, input);
  const Point gamma = gamma_of(hashed);
  Wide wide = hash_of({bytes_of(kNonce), std::as_bytes(std::span(secret_)), view_of(hashed)});
  Scalar k{};
  crypto_core_ristretto255_scalar_reduce(k.data(), wide.data());
  Point u{};
  Point v{};
  CHECK(crypto_scalarmult_ristretto255_base(u.data(), k.data()) == 0);
  CHECK(crypto_scalarmult_ristretto255(v.data(), k.data(), hashed.data()) == 0);
  const Scalar c = challenge_of(public_key_, hashed, gamma, u, v);
  Scalar s{};
  crypto_core_ristretto255_scalar_mul(s.data(), c.data(), secret_.data());
  crypto_core_ristretto255_scalar_add(s.data(), s.data(), k.data());
  sodium_memzero(wide.data(), wide.size());
  sodium_memzero(k.data(), k.size());
  VrfProof proof{};
  auto at = std::ranges::copy(view_of(gamma), proof.begin()).out;
  at = std::ranges::copy(std::as_bytes(std::span(c)).first(kChallengeSize), at).out;
  std::ranges::copy(std::as_bytes(std::span(s)), at);
  return proof;
}

Result<VrfOutput> verify_vrf(const Hash& public_key, Bytes input, Bytes proof) {
  Point key{};
  std::copy_n(u8(public_key.view()), key.size(), key.begin());
  if (crypto_core_ristretto255_is_valid_point(key.data()) != 1 || key == Point{})
    return invalid("the index's key is no point of the group");
  if (proof.size() != kVrfProofSize) return invalid("the proof of a term has another length");
  Point gamma{};
  Scalar c{};
  Scalar s{};
  const unsigned char* const bytes = u8(proof);
  std::copy_n(bytes, gamma.size(), gamma.begin());
  std::copy_n(bytes + gamma.size(), kChallengeSize, c.begin());
  std::copy_n(bytes + gamma.size() + kChallengeSize, s.size(), s.begin());
  if (crypto_core_ristretto255_is_valid_point(gamma.data()) != 1 || !is_below_order(s))
    return invalid("the proof of a term is malformed");
  const Point hashed = encode_to_curve(public_key, input);
  const auto u = difference(s, std::nullopt, c, key);
  const auto v = difference(s, hashed, c, gamma);
  if (!u || !v || challenge_of(public_key, hashed, gamma, *u, *v) != c)
    return corrupt("the proof of a term is of another term or of another index's key");
  return output_of(gamma);
}

}  // namespace varve::index
