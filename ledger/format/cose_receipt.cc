// Writes and reads the few items of CBOR in a receipt, in the one deterministic encoding of RFC 8949 section 4.2.1.
#include "ledger/format/cose_receipt.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"

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

/// Reads what CborWriter writes: each item in its shortest form, in the order that is expected. Whatever else comes
/// makes it fail, for good; what it gives then means nothing.
class CborReader {
 public:
  explicit CborReader(Bytes in) : in_(in) {}

  CborReader& expect(unsigned major, std::uint64_t value) { return require(head(major) == value); }
  CborReader& expect_number(std::int64_t value) { return require(number() == value); }
  std::uint64_t size() { return head(0); }
  std::int64_t number() {
    const bool is_negative = !in_.rest().empty() && in_.rest()[0] >> 5 == std::byte{1};
    const std::uint64_t value = head(is_negative ? 1 : 0);
    require(value <= INT64_MAX);
    const auto number = static_cast<std::int64_t>(value & INT64_MAX);
    return is_negative ? -1 - number : number;
  }
  Bytes bytes() { return in_.take(length(2)); }
  std::string text() { return std::string(text_of(in_.take(length(3)))); }
  std::uint64_t array() { return head(4); }
  void null() { require(in_.u8() == 0xf6); }
  CborReader& require(bool holds) {
    fits_ = fits_ && holds;
    return *this;
  }
  [[nodiscard]] bool ok() const { return fits_ && in_.ok(); }
  [[nodiscard]] bool at_end() const { return fits_ && in_.at_end(); }

 private:
  std::uint64_t head(unsigned major) {
    const std::uint8_t first = in_.u8();
    require(first >> 5 == major);
    const unsigned more = first & 0x1fu;
    if (more < 24) return more;
    require(more <= 27);
    if (!fits_) return 0;
    constexpr std::array<std::uint64_t, 4> kLeast = {24, 0x100, 0x1'0000, 0x1'0000'0000};
    const std::uint64_t value = more == 24   ? in_.u8()
                                : more == 25 ? in_.u16()
                                : more == 26 ? in_.u32()
                                             : in_.u64();
    require(value >= kLeast[more - 24]);  // what is less has a shorter form
    return value;
  }
  std::size_t length(unsigned major) {
    const std::uint64_t length = head(major);
    require(length <= in_.rest().size());
    return ok() ? static_cast<std::size_t>(length) : 0;
  }

  ByteReader in_;
  bool fits_ = true;
};

void read_protected(CborReader& in, CoseReceipt& receipt) {
  in.expect(5, 4).expect_number(kAlg);
  const std::int64_t algorithm = in.number();
  if (algorithm == kEs256)
    receipt.algorithm = Algorithm::kEcdsaP256;
  else
    in.require(algorithm == kEd25519);
  in.expect_number(kKid);
  receipt.key_id = text_of(in.bytes());
  in.expect_number(kCwtClaims).expect(5, 2).expect_number(kIssuer);
  receipt.origin = in.text();
  in.expect_number(kSubject);
  const auto size = decode_decimal(in.text());
  in.require(size.has_value());
  if (size) receipt.size = TreeSize{*size};
  in.expect_number(kVds).expect_number(kRfc9162Sha256);
}

/// Whether it is of the tree that is signed.
bool read_proof(CborReader& in, std::int64_t kind, CoseReceipt& receipt) {
  in.expect(4, 3);
  const std::uint64_t first = in.size();
  const std::uint64_t second = in.size();
  if (kind == kInclusion)
    receipt.index = LeafIndex{second};
  else
    receipt.from = TreeSize{first};
  for (std::uint64_t left = in.array(); left > 0 && in.ok(); --left) {
    const Bytes hash = in.bytes();
    in.require(hash.size() == kHashSize);
    if (in.ok()) receipt.proof.push_back(ByteReader(hash).hash());
  }
  return (kind == kInclusion ? first : second) == receipt.size.value;
}

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

/// The other way: DER of such a number.
Buffer der_integer(Bytes number) {
  while (number.size() > 1 && number.front() == std::byte{0}) number = number.subspan(1);
  const bool looks_negative = (number.front() & std::byte{0x80}) != std::byte{0};
  Buffer der;
  ByteWriter out(der);
  out.u8(0x02).u8(static_cast<std::uint8_t>(number.size() + (looks_negative ? 1u : 0u)));
  if (looks_negative) out.u8(0);
  out.bytes(number);
  return der;
}

/// As verify_signature() takes it. Requires 64 bytes.
Buffer from_cose(Algorithm algorithm, Bytes signature) {
  if (algorithm == Algorithm::kEd25519) return to_buffer(signature);
  Buffer both = der_integer(signature.first(kCoordinateSize));
  append(both, der_integer(signature.last(kCoordinateSize)));
  Buffer der;
  ByteWriter(der).u8(0x30).u8(static_cast<std::uint8_t>(both.size())).bytes(both);
  return der;
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

bool begins_cose_receipt(Bytes bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0xd2} && bytes[1] == std::byte{0x84};
}

Result<CoseReceipt> parse_cose_receipt(Bytes bytes) {
  if (bytes.size() > kCoseReceiptMax)
    return invalid("the COSE receipt is larger than " + std::to_string(kCoseReceiptMax) + " bytes");
  CoseReceipt receipt;
  CborReader in(bytes);
  in.expect(6, kCoseSign1).expect(4, 4);
  CborReader header(in.bytes());
  read_protected(header, receipt);
  in.expect(5, 1).expect_number(kVdp).expect(5, 1);
  const std::int64_t kind = in.number();
  in.expect(4, 1);
  CborReader proof(in.bytes());
  const bool says_one_size = read_proof(proof, kind, receipt);
  in.null();
  receipt.signature = to_buffer(in.bytes());
  if (!in.at_end() || !header.at_end() || !proof.at_end() || receipt.proof.empty() ||
      (kind != kInclusion && kind != kConsistency) ||
      receipt.signature.size() != 2 * kCoordinateSize)
    return invalid(
        "it is no COSE receipt of a Varve log: a tagged COSE_Sign1 with one proof and 64 bytes of "
        "signature, in the deterministic encoding of CBOR");
  if (says_one_size) return receipt;
  return invalid("the proof in the COSE receipt is of another tree than the one that is signed");
}

bool names_key(const CoseReceipt& receipt, const VerifierKey& key) {
  return receipt.algorithm == key.algorithm && receipt.key_id == kid_of(key);
}

Result<void> verify_cose_signature(const CoseReceipt& receipt, const VerifierKey& key,
                                   const Hash& root) {
  CHECK(names_key(receipt, key));
  const Buffer signature = from_cose(receipt.algorithm, receipt.signature);
  return verify_signature(key, cose_signed_bytes(key, {receipt.origin, receipt.size, root}),
                          signature);
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
