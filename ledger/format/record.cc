// Records to bytes and back.
#include "ledger/format/record.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/format/sender.h"
#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

constexpr std::size_t kSourceNameMax = 127;
// Each byte of a sender's name takes up to three, behind "listener/".
constexpr std::size_t kSenderSourceNameMax = 9 + 3 * kSenderNameMax;
constexpr std::size_t kMediaLengthOffset = 42;

Result<void> check_media_type(std::string_view media_type) {
  const auto is_visible = [](char c) { return ' ' <= c && c <= '~'; };
  if (media_type.empty() || media_type.size() > kMediaTypeMax ||
      !std::ranges::all_of(media_type, is_visible))
    return invalid("a media type is 1 to 127 visible ASCII characters (record offset 42)");
  return {};
}

/// `media_type` was checked.
Result<void> check_size(std::size_t media_type_size, std::size_t payload_size) {
  const std::size_t size = kRecordFixedSize + media_type_size + payload_size;
  if (size > kRecordMax)
    return invalid("a record of " + std::to_string(size) + " bytes is larger than " +
                   std::to_string(kRecordMax));
  return {};
}

Result<void> write_header(Buffer& out, const Record& record) {
  RETURN_IF_ERROR(check_media_type(record.media_type));
  RETURN_IF_ERROR(check_size(record.media_type.size(), record.payload.size()));
  CHECK(record.kind != Kind{});
  ByteWriter(out)
      .u8(kRecordVersion)
      .u8(number_of(record.kind))
      .u64(record.source.value)
      .u64(record.sequence)
      .u64(record.time_us)
      .bytes(record.salt)
      .u8(static_cast<std::uint8_t>(record.media_type.size()))
      .text(record.media_type)
      .u32(static_cast<std::uint32_t>(record.payload.size()));
  return {};
}

}  // namespace

Result<Buffer> encode_record(const Record& record) {
  Buffer out;
  out.reserve(kRecordFixedSize + record.media_type.size() + record.payload.size());
  RETURN_IF_ERROR(encode_record_into(out, record));
  return out;
}

Result<void> encode_record_into(Buffer& out, const Record& record) {
  RETURN_IF_ERROR(write_header(out, record));
  append(out, record.payload);
  return {};
}

Result<Buffer> encode_record_header(const Record& record) {
  Buffer out;
  RETURN_IF_ERROR(write_header(out, record));
  return out;
}

SourceId source_of_header(Bytes header) {
  ByteReader in(header);
  in.u16();  // version and kind
  return SourceId{in.u64()};
}

Result<Record> decode_record(Bytes bytes) {
  if (bytes.size() > kRecordMax)
    return invalid("a record of " + std::to_string(bytes.size()) + " bytes is too large");
  ByteReader in(bytes);
  Record record;
  const std::uint8_t version = in.u8();
  record.kind = Kind{in.u8()};
  record.source = SourceId{in.u64()};
  record.sequence = in.u64();
  record.time_us = in.u64();
  std::ranges::copy(in.take(kSaltSize), record.salt.begin());
  record.media_type = text_of(in.take(in.u8()));
  const std::uint32_t length = in.u32();
  if (!in.ok()) return invalid("the record ends inside its header");
  if (version != kRecordVersion)
    return invalid("record version " + std::to_string(version) + " at offset 0 is not known");
  if (record.kind == Kind{}) return invalid("record kind 0 at offset 1 is no kind");
  RETURN_IF_ERROR(check_media_type(record.media_type));
  if (length != in.rest().size())
    return invalid("the payload length at offset " +
                   std::to_string(kMediaLengthOffset + 1 + record.media_type.size()) + " says " +
                   std::to_string(length) + ", but " + std::to_string(in.rest().size()) +
                   " bytes follow");
  record.payload = in.rest();
  return record;
}

Result<SourceId> source_id(std::string_view name) {
  const auto is_allowed = [](char c) {
    return ('a' <= c && c <= 'z') || ('0' <= c && c <= '9') || c == '.' || c == '-' || c == '_' ||
           c == '/';
  };
  const std::size_t most = sender_kind(name) ? kSenderSourceNameMax : kSourceNameMax;
  if (name.empty() || name.size() > most || !std::ranges::all_of(name, is_allowed))
    return invalid("a source name is 1 to 127 of a-z 0-9 . - _ /");
  const Hash hash = merkle::sha256(bytes_of(std::string("varve source\n").append(name)));
  const SourceId id{ByteReader(hash.view()).u64()};
  if (id == kLogItself)
    return invalid("this source name gives the id of the log itself; choose another");
  return id;
}

}  // namespace varve::format
