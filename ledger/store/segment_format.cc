// Encoding and decoding of segment headers, frame headers and footers.
#include "ledger/store/segment_format.h"

#include <algorithm>

#include "ledger/base/codec.h"
#include "ledger/base/later_format.h"
#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::store {
namespace {

constexpr std::string_view kSegmentMagic = "VARVESEG";
constexpr std::string_view kFrameMagic = "VFRM";
constexpr std::string_view kTrailerMagic = "VARVEEND";
constexpr std::string_view kSegmentSuffix = ".seg";
constexpr std::size_t kOrdinalDigits = 8;
constexpr std::size_t kWrappedLengthAt = 10;
constexpr std::size_t kLabelLengthAt = 104;

void write_refs(ByteWriter& out, const std::vector<FrameRef>& refs) {
  out.u32(static_cast<std::uint32_t>(refs.size()));
  for (const FrameRef& ref : refs) out.u64(ref.first).u64(ref.at.value);
}

bool read_refs(ByteReader& in, std::vector<FrameRef>& refs) {
  const std::uint32_t count = in.u32();
  if (count > in.rest().size() / 16) return false;
  refs.resize(count);
  for (FrameRef& ref : refs) {
    ref.first = in.u64();
    ref.at.value = in.u64();
  }
  return in.ok();
}

bool known_type(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(FrameType::kRecords) &&
         type <= static_cast<std::uint8_t>(FrameType::kFooter);
}

/// A header of a later format has its two lengths and its hash where the earlier ones have them. Without a good hash
/// the version may have rotted.
Error of_another_format(Bytes bytes, std::uint16_t version) {
  const Error damaged = corrupt("segment header is damaged: its hash disagrees");
  if (bytes.size() < kSegmentHeaderFixed) return corrupt("segment header is cut short");
  const std::size_t wrapped_length = ByteReader(bytes.subspan(kWrappedLengthAt)).u16();
  const std::size_t label_length = ByteReader(bytes.subspan(kLabelLengthAt)).u16();
  if (label_length > kLabelMax || wrapped_length > kWrappedKeyMax) return damaged;
  const std::size_t end = kSegmentHeaderFixed + label_length + wrapped_length;
  if (bytes.size() < end + kHashSize) return corrupt("segment header is cut short");
  if (ByteReader(bytes.subspan(end)).hash() != merkle::sha256(bytes.first(end))) return damaged;
  if (version < kSegmentVersion) return corrupt("segment header is damaged: no such format");
  return later_format(version, kDraftSegmentVersion);
}

}  // namespace

Buffer encode_segment_header(SegmentHeader& header) {
  CHECK(header.label.size() <= kLabelMax && header.wrapped_key.size() <= kWrappedKeyMax);
  Buffer out;
  ByteWriter w(out);
  w.text(kSegmentMagic).u16(header.key_minutes == 0 ? kSegmentVersion : kDraftSegmentVersion);
  w.u16(static_cast<std::uint16_t>(header.wrapped_key.size())).u32(header.month);
  w.u64(header.ordinal).u64(header.first.value).u64(header.created_us);
  w.hash(header.origin).hash(header.previous);
  w.u16(static_cast<std::uint16_t>(header.label.size())).u16(header.key_minutes);
  w.text(header.label).bytes(header.wrapped_key);
  header.chain = merkle::sha256(out);
  w.hash(header.chain);
  header.size = out.size();
  return out;
}

Result<SegmentHeader> decode_segment_header(Bytes bytes) {
  ByteReader in(bytes);
  if (text_of(in.take(kSegmentMagic.size())) != kSegmentMagic)
    return corrupt("not a segment: it does not begin with VARVESEG");
  const auto version = in.u16();
  if (version != kSegmentVersion && version != kDraftSegmentVersion)
    return of_another_format(bytes, version);
  SegmentHeader header;
  const std::size_t wrapped_length = in.u16();
  header.month = in.u32();
  header.ordinal = in.u64();
  header.first.value = in.u64();
  header.created_us = in.u64();
  header.origin = in.hash();
  header.previous = in.hash();
  const std::size_t label_length = in.u16();
  header.key_minutes = in.u16();
  const bool fits = version == kSegmentVersion
                        ? header.key_minutes == 0
                        : header.key_minutes != 0 && is_key_period(header.period());
  if (!fits || label_length > kLabelMax || wrapped_length > kWrappedKeyMax)
    return corrupt("segment header is damaged");
  header.label = std::string(text_of(in.take(label_length)));
  header.wrapped_key = to_buffer(in.take(wrapped_length));
  header.chain = in.hash();
  if (!in.ok()) return corrupt("segment header is cut short");
  header.size = bytes.size() - in.rest().size();
  if (merkle::sha256(bytes.first(header.size - kHashSize)) != header.chain)
    return corrupt("segment header is damaged: its hash disagrees");
  return header;
}

Buffer encode_frame_header(const FrameHeader& header) {
  Buffer out;
  out.reserve(kFrameHeaderSize);
  ByteWriter w(out);
  w.text(kFrameMagic).u8(static_cast<std::uint8_t>(header.type)).u8(header.compressed ? 1 : 0);
  w.u16(0).u32(header.stored_length).u32(header.body_length).u64(header.first);
  w.u32(header.count).u32(0).hash(header.previous);
  return out;
}

Result<FrameHeader> decode_frame_header(Bytes bytes) {
  ByteReader in(bytes);
  if (text_of(in.take(kFrameMagic.size())) != kFrameMagic) return corrupt("no frame begins here");
  FrameHeader header;
  const std::uint8_t type = in.u8();
  const std::uint8_t compression = in.u8();
  const bool zero = in.u16() == 0;
  header.stored_length = in.u32();
  header.body_length = in.u32();
  header.first = in.u64();
  header.count = in.u32();
  const bool zero_too = in.u32() == 0;
  header.previous = in.hash();
  if (!in.at_end() || !zero || !zero_too || !known_type(type) || compression > 1 ||
      header.stored_length > kFrameStoredMax || header.body_length > kFrameStoredMax)
    return corrupt("frame header is damaged");
  header.type = static_cast<FrameType>(type);
  header.compressed = compression == 1;
  const bool plain = header.type != FrameType::kRecords;
  if (plain && (header.compressed || header.count != 0)) return corrupt("frame header is damaged");
  return header;
}

Hash chain_after(Bytes frame_header, Bytes stored) {
  return chain_after(frame_header, merkle::sha256(stored));
}

Hash chain_after(Bytes frame_header, const Hash& stored) {
  Buffer both = to_buffer(frame_header);
  append(both, stored.view());
  return merkle::sha256(both);
}

Buffer encode_footer(const SegmentFooter& footer) {
  Buffer out;
  ByteWriter w(out);
  w.u64(footer.end.value).u64(footer.valid_end.value).hash(footer.chain).hash(footer.root);
  write_refs(w, footer.frames);
  write_refs(w, footer.checkpoints);
  return out;
}

Result<SegmentFooter> decode_footer(Bytes body) {
  ByteReader in(body);
  SegmentFooter footer;
  footer.end.value = in.u64();
  footer.valid_end.value = in.u64();
  footer.chain = in.hash();
  footer.root = in.hash();
  const bool whole = read_refs(in, footer.frames) && read_refs(in, footer.checkpoints);
  if (!whole || !in.at_end()) return corrupt("segment footer is damaged");
  return footer;
}

Buffer encode_trailer(ByteOffset footer_at) {
  Buffer out;
  ByteWriter(out).text(kTrailerMagic).u64(footer_at.value);
  return out;
}

Result<ByteOffset> decode_trailer(Bytes bytes) {
  ByteReader in(bytes);
  const bool magic = text_of(in.take(kTrailerMagic.size())) == kTrailerMagic;
  const ByteOffset at{in.u64()};
  if (!magic || !in.at_end()) return corrupt("segment has no trailer");
  return at;
}

std::string segment_path(std::uint64_t ordinal) {
  std::string digits = std::to_string(ordinal);
  if (digits.size() < kOrdinalDigits) digits.insert(0, kOrdinalDigits - digits.size(), '0');
  return "segments/" + digits + std::string(kSegmentSuffix);
}

Result<std::uint64_t> parse_segment_name(std::string_view name) {
  if (!name.ends_with(kSegmentSuffix)) return invalid("not a segment's name");
  std::string_view digits = name.substr(0, name.size() - kSegmentSuffix.size());
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  ASSIGN_OR_RETURN(const std::uint64_t ordinal, decode_decimal(digits));
  if (segment_path(ordinal).substr(std::string_view("segments/").size()) != name)
    return invalid("not a segment's name");
  return ordinal;
}

}  // namespace varve::store
