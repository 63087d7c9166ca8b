// Reading and scanning of segment files.
#include "ledger/store/segment_reader.h"

#include <algorithm>
#include <utility>

#include "ledger/store/frame_codec.h"

namespace varve::store {
namespace {

std::string at_byte(ByteOffset at) { return "frame at byte " + std::to_string(at.value); }

/// Walks the frames of one file and hands each good one to the sink.
class Scanner {
 public:
  Scanner(const env::File& file, const SegmentHeader& header, const FrameOpener& opener,
          ScanSink& sink, ByteOffset file_end)
      : file_(file), opener_(opener), sink_(sink), file_end_(file_end) {
    scan_.valid_end = ByteOffset{header.size};
    scan_.chain = header.chain;
  }

  Result<Scan> run() {
    while (!scan_.sealed && scan_.valid_end < file_end_) {
      auto frame = read_frame(file_, scan_.valid_end, file_end_);
      if (!frame && frame.error().code == Code::kIo) return std::move(frame).error();
      if (!frame) return torn(std::move(frame).error());
      if (frame->header.previous != scan_.chain)
        return torn(corrupt(at_byte(scan_.valid_end) + " does not continue the chain"));
      RETURN_IF_ERROR(visit(*frame));
      if (scan_.tear) return torn(*scan_.tear);
    }
    return scan_;
  }

 private:
  /// Hands the frame to the sink, or notes the tear.
  Result<void> visit(const RawFrame& frame) {
    const FrameRef ref{frame.header.first, scan_.valid_end};
    auto body = body_of(frame, ref.at);
    if (!body) {
      scan_.tear = std::move(body).error().during("opening the " + at_byte(ref.at));
      return {};
    }
    if (frame.header.type == FrameType::kFooter) {  // it counts when its trailer is there too
      scan_.tear = corrupt(at_byte(ref.at) + " is a footer without its trailer");
      return {};
    }
    if (frame.header.type == FrameType::kCheckpoint) {
      RETURN_IF_ERROR(sink_.checkpoint(ref, std::string(text_of(*body))));
    } else {
      RETURN_IF_ERROR(sink_.records(ref, frame.header, std::move(*body)));
    }
    scan_.chain = chain_after(frame.header_bytes, frame.stored);
    scan_.valid_end = frame.end(ref.at);
    return {};
  }

  Result<Buffer> body_of(const RawFrame& frame, ByteOffset at) {
    if (frame.header.type == FrameType::kRecords) return opener_.open(frame, at);
    ASSIGN_OR_RETURN(const Bytes body, open_plain(frame.header_bytes, frame.stored));
    return to_buffer(body);
  }

  /// A torn tail may have been left behind by an earlier crash: then the footer says so.
  Result<Scan> torn(Error why) {
    auto footer = read_footer(file_);
    if (!footer && footer.error().code == Code::kIo) return std::move(footer).error();
    if (footer && footer->footer.valid_end == scan_.valid_end && footer->footer.chain == scan_.chain)
      scan_.sealed = true;
    scan_.tear = scan_.sealed ? std::nullopt : std::optional<Error>(std::move(why));
    return std::move(scan_);
  }

  const env::File& file_;
  const FrameOpener& opener_;
  ScanSink& sink_;
  ByteOffset file_end_;
  Scan scan_;
};

}  // namespace

Result<Buffer> KeyOpener::open(const RawFrame& frame, ByteOffset at) const {
  return open_records(frame.header, frame.header_bytes, frame.stored, data_key_, at);
}

Result<RawFrame> read_frame(const env::File& file, ByteOffset at, ByteOffset limit) {
  const std::uint64_t room = limit.value - std::min(limit.value, at.value);
  if (room < kFrameHeaderSize) return corrupt(at_byte(at) + " is cut short");
  RawFrame frame;
  frame.header_bytes.resize(kFrameHeaderSize);
  RETURN_IF_ERROR(file.read(at, frame.header_bytes));
  auto header = decode_frame_header(frame.header_bytes);
  if (!header) return std::move(header).error().during("reading the " + at_byte(at));
  frame.header = *header;
  if (frame.header.stored_length > room - kFrameHeaderSize)
    return corrupt(at_byte(at) + " is cut short");
  frame.stored.resize(frame.header.stored_length);
  RETURN_IF_ERROR(file.read(ByteOffset{at.value + kFrameHeaderSize}, frame.stored));
  return frame;
}

Result<Buffer> read_records(const env::File& file, ByteOffset at, ByteOffset limit,
                            const env::SecretBytes& data_key) {
  ASSIGN_OR_RETURN(const RawFrame frame, read_frame(file, at, limit));
  if (frame.header.type != FrameType::kRecords) return corrupt(at_byte(at) + " holds no records");
  return open_records(frame.header, frame.header_bytes, frame.stored, data_key, at);
}

Result<std::string> read_checkpoint(const env::File& file, ByteOffset at) {
  ASSIGN_OR_RETURN(const ByteOffset limit, file.size());
  ASSIGN_OR_RETURN(const RawFrame frame, read_frame(file, at, limit));
  if (frame.header.type != FrameType::kCheckpoint)
    return corrupt(at_byte(at) + " holds no checkpoint");
  ASSIGN_OR_RETURN(const Bytes note, open_plain(frame.header_bytes, frame.stored));
  return std::string(text_of(note));
}

Result<SegmentHeader> read_segment_header(const env::File& file) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  Buffer bytes(std::min<std::uint64_t>(size.value, kSegmentHeaderMax));
  RETURN_IF_ERROR(file.read(ByteOffset{0}, bytes));
  return decode_segment_header(bytes);
}

Result<FooterPlace> read_footer(const env::File& file) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  if (size.value < kTrailerSize) return not_found("the segment is not sealed");
  Buffer trailer(kTrailerSize);
  const ByteOffset trailer_at{size.value - kTrailerSize};
  RETURN_IF_ERROR(file.read(trailer_at, trailer));
  const auto at = decode_trailer(trailer);
  if (!at) return not_found("the segment is not sealed");
  ASSIGN_OR_RETURN(const RawFrame frame, read_frame(file, *at, trailer_at));
  if (frame.header.type != FrameType::kFooter || frame.end(*at) != trailer_at)
    return corrupt("the segment's footer is damaged");
  ASSIGN_OR_RETURN(const Bytes body, open_plain(frame.header_bytes, frame.stored));
  ASSIGN_OR_RETURN(SegmentFooter footer, decode_footer(body));
  if (frame.header.first != footer.end.value || frame.header.previous != footer.chain)
    return corrupt("the segment's footer is damaged");
  return FooterPlace{std::move(footer), *at};
}

Result<Scan> scan_segment(const env::File& file, const SegmentHeader& header,
                          const FrameOpener& opener, ScanSink& sink) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  return Scanner(file, header, opener, sink, size).run();
}

Result<std::vector<std::string>> find_checkpoints(const env::File& file, ByteOffset from) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  Buffer rest(size.value - std::min(size.value, from.value));
  RETURN_IF_ERROR(file.read(from, rest));
  std::vector<std::string> notes;
  const std::string_view text = text_of(rest);
  for (std::size_t at = text.find("VFRM"); at != std::string_view::npos;
       at = text.find("VFRM", at + 1)) {
    const Bytes here = Bytes{rest}.subspan(at);
    if (here.size() < kFrameHeaderSize) break;
    const auto header = decode_frame_header(here.first(kFrameHeaderSize));
    const Bytes stored = here.subspan(kFrameHeaderSize);
    if (!header || header->type != FrameType::kCheckpoint || header->stored_length > stored.size())
      continue;
    const auto note = open_plain(here.first(kFrameHeaderSize), stored.first(header->stored_length));
    if (note) notes.emplace_back(text_of(*note));
  }
  return notes;
}

}  // namespace varve::store
