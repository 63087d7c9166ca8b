// Writes the few items of CBOR that a receipt has, in the one deterministic encoding of RFC 8949 section 4.2.1.
#include "ledger/format/cose_receipt.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "ledger/base/codec.h"

namespace varve::format {
namespace {

// Labels and values. Source: RFC 9052, 9053, 9597, 9864 and 9942, and IANA's registries of COSE and CWT
constexpr std::int64_t kAlg = 1;
constexpr std::int64_t kKid = 4;
constexpr std::int64_t kCwtClaims = 15;
constexpr std::int64_t kVds = 395;
constexpr std::int64_t kVdp = 396;
constexpr std::int64_t kIssuer = 1;
constexpr std::int64_t kSubject = 2;
constexpr std::int64_t kEs256 = -7;
constexpr std::int64_t kEd25519 = -19;
constexpr std::int64_t kRfc9162Sha256 = 1;
constexpr std::int64_t kInclusion = -1;
constexpr std::int64_t kConsistency = -2;
constexpr std::uint64_t kCoseSign1 = 18;  // a tag
constexpr std::size_t kCoordinateSize = 32;

class CborWriter {
 public:
  CborWriter& number(std::int64_t value) {
    return value < 0 ? head(1, static_cast<std::uint64_t>(-1 - value))
                     : head(0, static_cast<std::uint64_t>(value));
  }
  CborWriter& size(std::uint64_t value) { return head(0, value); }
  CborWriter& bytes(Bytes value) {
    head(2, value.size());
    append(out_, value);
    return *this;
  }
  CborWriter& text(std::string_view value) {
    head(3, value.size());
    append(out_, bytes_of(value));
    return *this;
  }
  CborWriter& array(std::uint64_t items) { return head(4, items); }
  CborWriter& map(std::uint64_t pairs) { return head(5, pairs); }
  CborWriter& tag(std::uint64_t value) { return head(6, value); }
  CborWriter& null() {
    ByteWriter(out_).u8(0xf6);
    return *this;
  }
  Buffer take() { return std::move(out_); }

 private:
  CborWriter& head(unsigned major, std::uint64_t value) {
    const auto begin = [&](unsigned more) { return static_cast<std::uint8_t>(major << 5 | more); };
    ByteWriter out(out_);
    if (value < 24)
      out.u8(begin(static_cast<unsigned>(value)));
    else if (value <= 0xff)
      out.u8(begin(24)).u8(static_cast<std::uint8_t>(value));
    else if (value <= 0xffff)
      out.u8(begin(25)).u16(static_cast<std::uint16_t>(value));
    else if (value <= 0xffff'ffff)
      out.u8(begin(26)).u32(static_cast<std::uint32_t>(value));
    else
      out.u8(begin(27)).u64(value);
    return *this;
  }

  Buffer out_;
};

std::string kid_of(const VerifierKey& key) {
  return key.name + "+" + key_id_text(key);
}

std::int64_t algorithm_of(const VerifierKey& key) {
  return key.algorithm == Algorithm::kEd25519 ? kEd25519 : kEs256;
}

Buffer protected_header(const VerifierKey& key, const Checkpoint& tree) {
  CborWriter out;
  out.map(4).number(kAlg).number(algorithm_of(key)).number(kKid).bytes(bytes_of(kid_of(key)));
  out.number(kCwtClaims).map(2).number(kIssuer).text(tree.origin);
  out.number(kSubject).text(std::to_string(tree.size.value));
  return out.number(kVds).number(kRfc9162Sha256).take();
}

/// The number of a DER INTEGER that begins `der`, 32 bytes, and takes it off. The signature was verified, so it is one.
Buffer take_integer(Bytes& der) {
  const auto length = static_cast<std::size_t>(der[1]);
  Bytes digits = der.subspan(2, length);
  der = der.subspan(2 + length);
  if (digits.size() > kCoordinateSize) digits = digits.last(kCoordinateSize);
  Buffer number(kCoordinateSize - digits.size());
  append(number, digits);
  return number;
}

Buffer as_cose(const VerifierKey& key, Bytes signature) {
  if (key.algorithm == Algorithm::kEd25519) return to_buffer(signature);
  Bytes der = signature.subspan(2);
  Buffer both = take_integer(der);
  append(both, take_integer(der));
  return both;
}

/// `first` and `second`: what the proof begins with.
Buffer receipt_of(const SignedRoot& root, std::int64_t kind, std::uint64_t first,
                  std::uint64_t second, const merkle::Proof& proof) {
  CHECK(!proof.empty());
  CborWriter inner;
  inner.array(3).size(first).size(second).array(proof.size());
  for (const Hash& hash : proof) inner.bytes(hash.view());
  CborWriter out;
  out.tag(kCoseSign1).array(4).bytes(protected_header(root.key, root.tree));
  out.map(1).number(kVdp).map(1).number(kind).array(1).bytes(inner.take());
  return out.null().bytes(root.signature).take();
}

}  // namespace

Buffer cose_signed_bytes(const VerifierKey& key, const Checkpoint& tree) {
  CborWriter out;
  out.array(4).text("Signature1").bytes(protected_header(key, tree)).bytes({});
  return out.bytes(tree.root.view()).take();
}

Result<SignedRoot> make_signed_root(const Checkpoint& tree, const VerifierKey& key,
                                    Bytes signature) {
  RETURN_IF_ERROR(verify_signature(key, cose_signed_bytes(key, tree), signature));
  return SignedRoot{tree, key, as_cose(key, signature)};
}

Buffer inclusion_receipt(const SignedRoot& root, LeafIndex index, const merkle::Proof& proof) {
  return receipt_of(root, kInclusion, root.tree.size.value, index.value, proof);
}

Buffer consistency_receipt(const SignedRoot& root, TreeSize from, const merkle::Proof& proof) {
  return receipt_of(root, kConsistency, from.value, root.tree.size.value, proof);
}

// Of a key: kty 1, kid 2, alg 3, crv -1, x -2, y -3. Source: RFC 9053 section 7.1, RFC 9052 section 7.1
Buffer cose_key_set(std::span<const VerifierKey> keys) {
  CborWriter out;
  out.array(keys.size());
  for (const VerifierKey& key : keys) {
    const bool is_ed25519 = key.algorithm == Algorithm::kEd25519;
    const Bytes point = is_ed25519 ? Bytes{key.key} : Bytes{key.key}.last(2 * kCoordinateSize);
    out.map(is_ed25519 ? 5 : 6).number(1).number(is_ed25519 ? 1 : 2);
    out.number(2).bytes(bytes_of(kid_of(key))).number(3).number(algorithm_of(key));
    out.number(-1).number(is_ed25519 ? 6 : 1).number(-2).bytes(point.first(kCoordinateSize));
    if (!is_ed25519) out.number(-3).bytes(point.last(kCoordinateSize));
  }
  return out.take();
}

}  // namespace varve::format
