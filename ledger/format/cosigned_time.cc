// The key stands in it, because a cosignature names its key by four bytes of a hash alone.
#include "ledger/format/cosigned_time.h"

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/format/public_key.h"
#include "ledger/format/retention.h"
#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

constexpr std::uint8_t kCosignerType = 0x04;
constexpr std::size_t kKeySize = 32;
constexpr std::uint64_t kSecond_us = 1'000'000;

Hash hash_of(Bytes key) {
  Buffer material;
  ByteWriter(material).u8(kCosignerType).bytes(key);
  return merkle::sha256(material);
}

Result<SignedTime> verify_cosigned_time(Bytes statement, std::string_view text) {
  if (statement.size() != kCosignedTimeSize)
    return invalid("a cosigned time is not of " + std::to_string(kCosignedTimeSize) + " bytes");
  const Bytes key = statement.subspan(1, kKeySize);
  ByteReader in(statement.subspan(1 + kKeySize));
  const std::uint64_t time_s = in.u64();
  if (time_s == 0 || time_s > kTimeMaxUs / kSecond_us)
    return invalid("a cosigned time is none, or past the year 9999");
  if (!is_ed25519_key(key)) return invalid("the key of a cosigned time is no Ed25519 key");
  if (!ed25519_verifies(key, bytes_of(cosigned_message(text, time_s)), in.rest()))
    return invalid("a cosigned time does not verify over this checkpoint");
  return SignedTime{hash_of(key), time_s * kSecond_us, kCosignedAccuracy_us, SourceType::kWitness};
}

}  // namespace

Hash cosigner_hash(const CosignerKey& key) {
  return hash_of(key.key);
}

Buffer cosigned_time(const CosignerKey& key, const Cosignature& given) {
  Buffer statement;
  ByteWriter(statement).u8(kCosignerType).bytes(key.key).bytes(given.line.signature);
  return statement;
}

Result<SignedTime> verify_time_statement(Bytes statement, std::string_view text) {
  const bool is_cosigned = !statement.empty() && statement[0] == std::byte{kCosignerType};
  return is_cosigned ? verify_cosigned_time(statement, text) : verify_time_token(statement, text);
}

}  // namespace varve::format
