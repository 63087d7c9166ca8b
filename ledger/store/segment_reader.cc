// Reading and scanning of segment files.
#include "ledger/store/segment_reader.h"

#include <algorithm>
#include <deque>
#include <new>
#include <thread>
#include <utility>

#include "ledger/base/mutex.h"
#include "ledger/base/trouble.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/frame_codec.h"

namespace varve::store {
namespace {

std::string at_byte(ByteOffset at) {
  return "frame at byte " + std::to_string(at.value);
}

/// A good frame, opened.
struct Opened {
  FrameRef ref;
  FrameHeader header;
  Buffer body;
  ByteOffset end;  // behind it
  Hash chain;      // there
};

/// Reads the frames of one file in order, checks the chain, opens the bodies.
class FrameWalk {
 public:
  FrameWalk(const env::File& file, const SegmentHeader& header, const FrameOpener& opener,
            ByteOffset file_end)
      : file_(file), opener_(opener), file_end_(file_end), at_{header.size}, chain_(header.chain) {}

  /// Nothing behind the last good frame. Errors: kIo.
  Result<std::optional<Opened>> next() {
    if (tear_ || file_end_ <= at_) return std::optional<Opened>{};
    auto frame = read_frame(file_, at_, file_end_);
    if (!frame && is_trouble(frame.error())) return std::move(frame).error();
    if (!frame) return torn(std::move(frame).error());
    if (frame->header.previous != chain_)
      return torn(corrupt(at_byte(at_) + " does not continue the chain"));
    auto body = body_of(*frame);
    if (!body && is_trouble(body.error())) return std::move(body).error();
    if (!body) return torn(std::move(body).error().during("opening the " + at_byte(at_)));
    if (frame->header.type == FrameType::kFooter)  // it counts when its trailer is there too
      return torn(corrupt(at_byte(at_) + " is a footer without its trailer"));
    const FrameRef ref{frame->header.first, at_};
    const auto stored = hash_of(*frame);
    if (!stored) return torn(stored.error());
    chain_ = chain_after(frame->header_bytes, *stored);
    at_ = frame->end(at_);
    return std::optional(Opened{ref, frame->header, std::move(*body), at_, chain_});
  }

  /// Why the frame behind the last good one is bad; none: the file ends there.
  [[nodiscard]] const std::optional<Error>& tear() const { return tear_; }

 private:
  std::optional<Opened> torn(Error why) {
    tear_ = std::move(why);
    return {};
  }

  Result<Buffer> body_of(const RawFrame& frame) {
    if (frame.header.type == FrameType::kRecords) return opener_.open(frame, at_);
    ASSIGN_OR_RETURN(const Bytes body, open_plain(frame.header_bytes, frame.stored));
    return to_buffer(body);
  }
  [[nodiscard]] Result<Hash> hash_of(const RawFrame& frame) const {
    if (frame.header.type == FrameType::kRecords) return opener_.stored_hash(frame, at_);
    return merkle::sha256(frame.stored);
  }

  const env::File& file_;
  const FrameOpener& opener_;
  ByteOffset file_end_;
  ByteOffset at_;
  Hash chain_;
  std::optional<Error> tear_;
};

/// A walk on a thread of its own, a few frames ahead of who asks.
class FramesAhead {
 public:
  explicit FramesAhead(FrameWalk& walk) : thread_([this, &walk] { run(walk); }) {}
  ~FramesAhead() {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  FramesAhead(const FramesAhead&) = delete;
  FramesAhead& operator=(const FramesAhead&) = delete;

  /// As FrameWalk::next. Not to be called again behind the last frame or an error.
  Result<std::optional<Opened>> next() {
    const MutexLock lock(mutex_);
    while (ready_.empty()) changed_.wait(mutex_);
    auto frame = std::move(ready_.front());
    ready_.pop_front();
    changed_.notify_all();
    return frame;
  }

 private:
  static constexpr std::size_t kMost = 2;

  /// For want of memory a thread would end the process; who asks for the frame gets an error.
  static Result<std::optional<Opened>> next_of(FrameWalk& walk) {
    try {
      return walk.next();
    } catch (const std::bad_alloc&) {
      return io_error("there is not enough memory to read a frame");
    }
  }

  void run(FrameWalk& walk) {
    for (bool more = true; more;) {
      auto frame = next_of(walk);
      more = frame && frame->has_value();
      const MutexLock lock(mutex_);
      while (!stopping_ && ready_.size() >= kMost) changed_.wait(mutex_);
      if (stopping_) return;
      ready_.push_back(std::move(frame));
      changed_.notify_all();
    }
  }

  Mutex mutex_;
  CondVar changed_;
  std::deque<Result<std::optional<Opened>>> ready_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // joins first of all
};

/// Hands every good frame to the sink; says in `scan` how far that went.
template <class Frames>
Result<void> hand_over(Frames& frames, ScanSink& sink, Scan& scan) {
  for (;;) {
    ASSIGN_OR_RETURN(auto frame, frames.next());
    if (!frame) return {};
    if (frame->header.type == FrameType::kCheckpoint) {
      RETURN_IF_ERROR(sink.checkpoint(frame->ref, std::string(text_of(frame->body))));
    } else {
      RETURN_IF_ERROR(sink.records(frame->ref, frame->header, std::move(frame->body)));
    }
    scan.valid_end = frame->end;
    scan.chain = frame->chain;
  }
}

}  // namespace

Result<Hash> FrameOpener::stored_hash(const RawFrame& frame, ByteOffset) const {
  return merkle::sha256(frame.stored);
}

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
                            env::SecretView data_key) {
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

Result<bool> has_footer(const env::File& file) {
  const auto footer = read_footer(file);
  if (!footer && is_trouble(footer.error())) return footer.error();
  return footer.has_value();
}

Result<Scan> scan_segment(const env::File& file, const SegmentHeader& header,
                          const FrameOpener& opener, ScanSink& sink, ScanOn threads) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  Scan scan{ByteOffset{header.size}, header.chain, false, {}};
  FrameWalk walk(file, header, opener, size);
  if (threads == ScanOn::kTwoThreads) {
    FramesAhead ahead(walk);
    RETURN_IF_ERROR(hand_over(ahead, sink, scan));
  } else {
    RETURN_IF_ERROR(hand_over(walk, sink, scan));
  }
  if (!walk.tear()) return scan;
  // A torn tail may have been left behind by an earlier crash: then the footer says so.
  auto footer = read_footer(file);
  if (!footer && is_trouble(footer.error())) return std::move(footer).error();
  scan.sealed =
      footer && footer->footer.valid_end == scan.valid_end && footer->footer.chain == scan.chain;
  if (!scan.sealed) scan.tear = walk.tear();
  return scan;
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
