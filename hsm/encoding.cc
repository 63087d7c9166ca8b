// Fixed prefixes do for all of it: each curve has one size, so its DER has one shape.
#include "hsm/encoding.h"

#include <algorithm>
#include <array>

namespace varve::hsm {
namespace {

using format::Algorithm;

template <class... Octet>
constexpr auto octets(Octet... values) {
  return std::array<std::byte, sizeof...(values)>{static_cast<std::byte>(values)...};
}

constexpr auto kEd25519Oid = octets(0x06, 0x03, 0x2b, 0x65, 0x70);  // 1.3.101.112
constexpr auto kP256Oid =                                           // 1.2.840.10045.3.1.7
    octets(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);
// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 bytes }
constexpr auto kP256Spki =
    octets(0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,  //
           0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00);
constexpr std::byte kOctetString{0x04};
constexpr std::byte kUncompressed{0x04};
constexpr std::byte kPrintableString{0x13};

std::size_t point_size(Algorithm algorithm) {
  return algorithm == Algorithm::kEd25519 ? 32 : 65;
}

bool is_named(Bytes parameters, std::string_view name) {
  return parameters.size() == name.size() + 2 && parameters[0] == kPrintableString &&
         std::to_integer<std::size_t>(parameters[1]) == name.size() &&
         text_of(parameters.subspan(2)) == name;
}

/// INTEGER of a 32-byte big-endian unsigned number, in the fewest bytes.
void append_integer(Buffer& out, Bytes number) {
  while (number.size() > 1 && number.front() == std::byte{0}) number = number.subspan(1);
  const bool padded = (number.front() & std::byte{0x80}) != std::byte{0};
  out.push_back(std::byte{0x02});
  out.push_back(static_cast<std::byte>(number.size() + (padded ? 1 : 0)));
  if (padded) out.push_back(std::byte{0});
  append(out, number);
}

}  // namespace

Bytes curve_parameters(Algorithm algorithm) {
  return algorithm == Algorithm::kEd25519 ? Bytes(kEd25519Oid) : Bytes(kP256Oid);
}

std::optional<Algorithm> curve_of(Bytes parameters) {
  if (std::ranges::equal(parameters, kEd25519Oid) || is_named(parameters, "edwards25519"))
    return Algorithm::kEd25519;
  if (std::ranges::equal(parameters, kP256Oid) || is_named(parameters, "secp256r1") ||
      is_named(parameters, "prime256v1"))
    return Algorithm::kEcdsaP256;
  return std::nullopt;
}

Result<Buffer> key_from_point(Algorithm algorithm, Bytes point) {
  const std::size_t size = point_size(algorithm);
  if (point.size() == size + 2 && point[0] == kOctetString &&
      std::to_integer<std::size_t>(point[1]) == size)
    point = point.subspan(2);
  if (point.size() != size)
    return io_error("the token gives a public point of " + std::to_string(point.size()) +
                    " bytes, not " + std::to_string(size));
  if (algorithm == Algorithm::kEd25519) return to_buffer(point);
  if (point[0] != kUncompressed) return io_error("the token gives a compressed public point");
  Buffer key = to_buffer(kP256Spki);
  append(key, point);
  return key;
}

Result<Point> point_from_key(Bytes public_key) {
  Point point{Algorithm::kEd25519, {}, {}};
  if (public_key.size() == point_size(Algorithm::kEd25519)) {
    point.raw = to_buffer(public_key);
  } else if (public_key.size() == kP256Spki.size() + point_size(Algorithm::kEcdsaP256) &&
             std::ranges::equal(public_key.first(kP256Spki.size()), kP256Spki)) {
    point.algorithm = Algorithm::kEcdsaP256;
    point.raw = to_buffer(public_key.subspan(kP256Spki.size()));
  } else {
    return invalid("a public key of " + std::to_string(public_key.size()) +
                   " bytes is neither Ed25519 (32) nor P-256 (SPKI DER, 91)");
  }
  point.wrapped = {kOctetString, static_cast<std::byte>(point.raw.size())};
  append(point.wrapped, point.raw);
  return point;
}

Result<Buffer> ecdsa_der(Bytes raw) {
  if (raw.size() != 64)
    return io_error("the token gives an ECDSA signature of " + std::to_string(raw.size()) +
                    " bytes, not 64");
  Buffer integers;
  append_integer(integers, raw.first(32));
  append_integer(integers, raw.subspan(32));
  Buffer der{std::byte{0x30}, static_cast<std::byte>(integers.size())};
  append(der, integers);
  return der;
}

}  // namespace varve::hsm
