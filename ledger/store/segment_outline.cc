// Taking an outline, its bytes, and the file that it stands for.
#include "ledger/store/segment_outline.h"

#include <algorithm>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {
namespace {

Error not_an_outline(const std::string& why) {
  return corrupt("the outline of the segment is damaged: " + why);
}

Hash chain_after_frame(const SegmentOutline::Frame& frame) {
  if (frame.header.type != FrameType::kRecords)
    return chain_after(frame.header_bytes, frame.stored);
  return chain_after(frame.header_bytes, frame.stored_hash);
}

ByteOffset end_of_frame(const SegmentOutline::Frame& frame) {
  return ByteOffset{frame.at.value + kFrameHeaderSize + frame.header.stored_length};
}

FrameRef place_of_frame(const SegmentOutline::Frame& frame) {
  return {frame.header.first, frame.at};
}

class OutlineFile final : public env::File {
 public:
  explicit OutlineFile(SegmentOutline outline)
      : outline_(std::move(outline)), parts_(outline_.parts()) {}

  [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
    const std::uint64_t size = outline_.file_size().value;
    if (at.value > size || out.size() > size - at.value)
      return corrupt("the segment ends before byte " + std::to_string(at.value + out.size()));
    std::ranges::fill(out, std::byte{0});
    const std::uint64_t end = at.value + out.size();
    auto part = std::ranges::upper_bound(parts_, at, {}, &SegmentOutline::Part::at);
    if (part != parts_.begin()) --part;
    for (; part != parts_.end() && part->at.value < end; ++part) {
      const std::uint64_t first = std::max(part->at.value, at.value);
      const std::uint64_t last = std::min(part->at.value + part->bytes.size(), end);
      if (first >= last) continue;
      const Bytes from = part->bytes.subspan(first - part->at.value, last - first);
      std::ranges::copy(from, out.subspan(first - at.value).begin());
    }
    return {};
  }
  [[nodiscard]] Result<ByteOffset> size() const override { return outline_.file_size(); }
  Result<void> write(ByteOffset, Bytes) override { return is_gone_file(); }
  Result<void> truncate(ByteOffset) override { return is_gone_file(); }
  /// The remains were durable before the file went.
  Result<void> sync() override { return {}; }
  Result<bool> make_immutable() override { return is_gone_file(); }

 private:
  static Error is_gone_file() { return io_error("the segment's file is gone, its remains stay"); }

  const SegmentOutline outline_;
  const std::vector<SegmentOutline::Part> parts_;  // views into it
};

}  // namespace

bool SegmentOutline::Frame::operator==(const Frame& other) const {
  return at == other.at && header_bytes == other.header_bytes && stored_hash == other.stored_hash &&
         stored == other.stored;
}

Result<SegmentOutline> SegmentOutline::of(const env::File& segment, const OnRecords& on_records) {
  SegmentOutline out;
  ASSIGN_OR_RETURN(out.header_, read_segment_header(segment));
  out.header_bytes_.resize(out.header_.size);
  RETURN_IF_ERROR(segment.read(ByteOffset{0}, out.header_bytes_));
  ASSIGN_OR_RETURN(FooterPlace footer, read_footer(segment));
  out.footer_at_ = footer.at;
  out.footer_ = std::move(footer.footer);
  ASSIGN_OR_RETURN(const ByteOffset size, segment.size());
  out.footer_bytes_.resize(size.value - out.footer_at_.value);
  RETURN_IF_ERROR(segment.read(out.footer_at_, out.footer_bytes_));
  for (ByteOffset at{out.header_.size}; at < out.footer_.valid_end;) {
    ASSIGN_OR_RETURN(RawFrame raw, read_frame(segment, at, out.footer_.valid_end));
    Frame frame{at, raw.header, raw.header_bytes, {}, {}};
    if (frame.header.type == FrameType::kRecords) {
      frame.stored_hash = merkle::sha256(raw.stored);
      RETURN_IF_ERROR(on_records(raw, at));
    } else {
      frame.stored = std::move(raw.stored);
    }
    at = end_of_frame(frame);
    out.frames_.push_back(std::move(frame));
  }
  RETURN_IF_ERROR(out.check());
  return out;
}

Buffer SegmentOutline::encode() const {
  Buffer out;
  ByteWriter w(out);
  w.u16(static_cast<std::uint16_t>(header_bytes_.size())).bytes(header_bytes_);
  w.u32(static_cast<std::uint32_t>(frames_.size()));
  for (const Frame& frame : frames_) {
    w.bytes(frame.header_bytes);
    if (frame.header.type == FrameType::kRecords)
      w.hash(frame.stored_hash);
    else
      w.bytes(frame.stored);
  }
  w.u64(footer_at_.value).bytes(Bytes{footer_bytes_}.first(footer_bytes_.size() - kTrailerSize));
  return out;
}

Result<SegmentOutline> SegmentOutline::decode(Bytes bytes) {
  ByteReader in(bytes);
  SegmentOutline out;
  out.header_bytes_ = to_buffer(in.take(in.u16()));
  ASSIGN_OR_RETURN(out.header_, decode_segment_header(out.header_bytes_));
  if (out.header_.size != out.header_bytes_.size()) return not_an_outline("its header is too long");
  ByteOffset at{out.header_.size};
  for (std::uint32_t left = in.u32(); left > 0; --left) {
    Frame frame;
    frame.at = at;
    frame.header_bytes = to_buffer(in.take(kFrameHeaderSize));
    ASSIGN_OR_RETURN(frame.header, decode_frame_header(frame.header_bytes));
    if (frame.header.type == FrameType::kRecords)
      frame.stored_hash = in.hash();
    else
      frame.stored = to_buffer(in.take(frame.header.stored_length));
    if (!in.ok()) return not_an_outline("it is cut short");
    at = end_of_frame(frame);
    out.frames_.push_back(std::move(frame));
  }
  out.footer_at_.value = in.u64();
  out.footer_bytes_ = to_buffer(in.rest());
  if (!in.ok() || out.footer_bytes_.size() < kFrameHeaderSize)
    return not_an_outline("it is cut short");
  const Bytes header = Bytes{out.footer_bytes_}.first(kFrameHeaderSize);
  const Bytes stored = Bytes{out.footer_bytes_}.subspan(kFrameHeaderSize);
  ASSIGN_OR_RETURN(const FrameHeader footer, decode_frame_header(header));
  ASSIGN_OR_RETURN(const Bytes body, open_plain(header, stored));
  ASSIGN_OR_RETURN(out.footer_, decode_footer(body));
  if (footer.type != FrameType::kFooter || footer.stored_length != stored.size() ||
      footer.first != out.footer_.end.value || footer.previous != out.footer_.chain)
    return not_an_outline("its footer is none");
  append(out.footer_bytes_, encode_trailer(out.footer_at_));
  RETURN_IF_ERROR(out.check());
  return out;
}

/// The frames continue each other from the header on, and are those that the footer speaks of.
Result<void> SegmentOutline::check() const {
  Hash chain = header_.chain;
  ByteOffset at{header_.size};
  std::vector<FrameRef> records;
  std::vector<FrameRef> checkpoints;
  for (const Frame& frame : frames_) {
    if (frame.header.previous != chain)
      return not_an_outline("a frame does not continue the one before");
    const bool is_records = frame.header.type == FrameType::kRecords;
    if (!is_records && frame.header.type != FrameType::kCheckpoint)
      return not_an_outline("it has a footer in the middle");
    (is_records ? records : checkpoints).push_back(place_of_frame(frame));
    chain = chain_after_frame(frame);
    at = end_of_frame(frame);
  }
  // From the last good frame to the footer lay what a crash tore off.
  constexpr std::uint64_t kSegmentFileMax = std::uint64_t{1} << 48;
  if (footer_.valid_end != at || footer_at_ < at || footer_at_.value > kSegmentFileMax ||
      footer_.chain != chain || footer_.frames != records || footer_.checkpoints != checkpoints)
    return not_an_outline("its footer does not describe its frames");
  return {};
}

ByteOffset SegmentOutline::file_size() const {
  return ByteOffset{footer_at_.value + footer_bytes_.size()};
}

Result<Hash> SegmentOutline::stored_hash(ByteOffset at) const {
  const auto found = std::ranges::lower_bound(frames_, at, {}, &Frame::at);
  if (found == frames_.end() || found->at != at || found->header.type != FrameType::kRecords)
    return not_an_outline("no records were at byte " + std::to_string(at.value));
  return found->stored_hash;
}

std::vector<SegmentOutline::Part> SegmentOutline::parts() const {
  std::vector<Part> parts{{ByteOffset{0}, header_bytes_}};
  for (const Frame& frame : frames_) {
    parts.push_back({frame.at, frame.header_bytes});
    if (!frame.stored.empty())
      parts.push_back({ByteOffset{frame.at.value + kFrameHeaderSize}, frame.stored});
  }
  parts.push_back({footer_at_, footer_bytes_});
  return parts;
}

std::unique_ptr<env::File> file_of(SegmentOutline outline) {
  return std::make_unique<OutlineFile>(std::move(outline));
}

}  // namespace varve::store
