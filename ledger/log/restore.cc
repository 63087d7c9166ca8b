// Two passes over a mirror: verify, then write.
#include "ledger/log/restore.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"
#include "ledger/format/tombstone.h"
#include "ledger/log/recovery.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/segment_writer.h"

namespace varve::log {
namespace {

constexpr std::uint64_t kFileMax = 64u << 20;       // a bundle of 256 records is at most 16.8 MB
constexpr std::uint64_t kRestoredFrame = 4u << 20;  // of records in a frame

Result<Buffer> read_all(const env::Filesystem& files, const std::string& path) {
  auto bytes = env::read_whole(files, path, kFileMax);
  if (!bytes) return std::move(bytes).error().during("reading the mirror's " + path);
  return bytes;
}

using EachRecord = std::function<Result<void>(Bytes bytes, LeafIndex index)>;

/// What a mirror took after a month was destroyed cannot be restored: a tombstone is no record.
Error destroyed_in_mirror(Bytes entry) {
  const auto tombstone = format::decode_tombstone(entry);
  if (!tombstone) return corrupt("the mirror: " + tombstone.error().message);
  return invalid("the mirror holds no records of " + format::explain(*tombstone) +
                 ": restore from a copy of the log's directory with its folder remains");
}

/// The mirror's first `size` records, in order.
Result<void> for_each_record(const env::Filesystem& mirror, TreeSize size, const EachRecord& each) {
  for (LeafIndex at; contains(size, at);) {
    const std::uint64_t tile = at.value / merkle::kTileWidth;
    const merkle::TileId id{0, tile, merkle::tile_width(0, tile, size)};
    const std::string path = "tile/entries/" + merkle::bundle_path(id);
    ASSIGN_OR_RETURN(const Buffer bytes, read_all(mirror, path));
    const auto entries = format::split_bundle(bytes, merkle::kTileWidth);
    if (!entries || entries->size() != id.width)
      return corrupt("the mirror's " + path + " does not hold " + std::to_string(id.width) + " records");
    for (const Bytes entry : *entries) {
      if (format::is_tombstone(entry)) return destroyed_in_mirror(entry);
      RETURN_IF_ERROR(each(entry, LeafIndex{at.value++}));
    }
  }
  return {};
}

/// The log's marks, and whether a tree satisfies them.
class Marks {
 public:
  static Result<Marks> of(const LogOptions& options, const Environment& environment) {
    Marks marks;
    if (environment.marks != nullptr) {
      ASSIGN_OR_RETURN(marks.marks_, environment.marks->read());
    }
    const Hash log = merkle::sha256(bytes_of(options.origin));
    std::erase_if(marks.marks_, [&](const env::Mark& mark) { return mark.log != log; });
    if (marks.marks_.empty())
      return invalid(
          "no high-water mark of this log is kept, so nothing says whether the mirror is the "
          "newest of it, and to go on from an older one is a fork");
    return marks;
  }

  [[nodiscard]] Result<void> are_reached_by(TreeSize size) const {
    for (const env::Mark& mark : marks_)
      if (size < mark.size)
        return corrupt("the mirror is older than the high-water mark: its checkpoint covers " +
                       std::to_string(size.value) + " records, the mark says " +
                       std::to_string(mark.size.value) +
                       ". To go on from there would sign a second history. Nothing was written");
    return {};
  }

  /// Asked at every size on the way.
  [[nodiscard]] Result<void> agree_with(const merkle::Frontier& tree) const {
    for (const env::Mark& mark : marks_)
      if (mark.size == tree.size() && mark.root != tree.root())
        return corrupt("the mirror is of another history than the high-water mark: at " +
                       std::to_string(mark.size.value) + " records its root is " +
                       base64(tree.root().view()) + ", the mark says " + base64(mark.root.view()) +
                       ". Nothing was written");
    return {};
  }

 private:
  std::vector<env::Mark> marks_;
};

/// Writes records as a server would have, a few megabytes a frame.
class StoreWriter {
 public:
  StoreWriter(const LogOptions& options, const Environment& environment)
      : options_(options),
        env_(environment),
        data_keys_(environment.files, environment.vault, environment.random, options.kek_prefix) {}

  Result<void> add(Bytes bytes) {
    if (!segment_) RETURN_IF_ERROR(open_segment());
    if (count_ == 0) body_ = store::encode_requests({});
    format::append_to_bundle(body_, bytes);
    leaves_.push_back(merkle::leaf_hash(bytes));
    ++count_;
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
    if (body_.size() >= std::min(kRestoredFrame, options_.segment_bytes_max))
      RETURN_IF_ERROR(flush());
    // A batch lies in one segment: its seal is checked against the events before it.
    const bool may_end = record.kind != format::Kind::kEvent;
    if (may_end && segment_->end().value >= options_.segment_bytes_max) RETURN_IF_ERROR(seal());
    return {};
  }

  /// The last segment is left for recovery to verify and to seal.
  Result<void> finish(TreeSize size, const std::string& note) {
    if (!segment_) RETURN_IF_ERROR(open_segment());
    RETURN_IF_ERROR(flush());
    ASSIGN_OR_RETURN(const store::FrameRef frame, segment_->write_checkpoint(size, note));
    static_cast<void>(frame);
    RETURN_IF_ERROR(segment_->sync());
    ++next_ordinal_;
    return {};
  }

  [[nodiscard]] std::uint64_t segments() const { return next_ordinal_; }

 private:
  Result<void> open_segment() {
    store::SegmentHeader header;
    header.ordinal = next_ordinal_;
    header.first = end_of(tree_.size());
    header.created_us = env_.clock.now_us();
    header.origin = merkle::sha256(bytes_of(options_.origin));
    header.previous = chain_;
    ASSIGN_OR_RETURN(env::SecretBytes key, data_keys_.create(header));
    ASSIGN_OR_RETURN(segment_, store::SegmentWriter::create(env_.files, header, std::move(key)));
    frames_.clear();
    return {};
  }

  Result<void> flush() {
    if (count_ == 0) return {};
    const store::Piece piece{std::exchange(body_, {}), {}};
    ASSIGN_OR_RETURN(
        const store::FrameRef frame,
        segment_->write_records(end_of(tree_.size()), std::exchange(count_, 0), {&piece, 1}));
    frames_.push_back(frame);
    tree_.append_all(std::exchange(leaves_, {}));
    return {};
  }

  Result<void> seal() {
    RETURN_IF_ERROR(flush());
    RETURN_IF_ERROR(segment_->sync());  // the footer must not outlive the frames it speaks of
    chain_ = segment_->chain();
    RETURN_IF_ERROR(
        segment_->seal({end_of(tree_.size()), segment_->end(), chain_, tree_.root(), frames_, {}}));
    segment_.reset();
    ++next_ordinal_;
    return {};
  }

  const LogOptions& options_;
  Environment env_;
  store::DataKeys data_keys_;
  merkle::Frontier tree_;     // of what is in frames
  std::vector<Hash> leaves_;  // of what is not yet
  Buffer body_;
  std::uint32_t count_ = 0;
  std::unique_ptr<store::SegmentWriter> segment_;
  std::vector<store::FrameRef> frames_;
  Hash chain_;
  std::uint64_t next_ordinal_ = 0;
};

class Restore {
 public:
  Restore(const LogOptions& options, const Environment& environment, const env::Filesystem& mirror)
      : options_(options), env_(environment), mirror_(mirror) {}

  Result<RestoreReport> run() {
    RETURN_IF_ERROR(expect_no_segments());
    ASSIGN_OR_RETURN(const Buffer note, read_all(mirror_, "checkpoint"));
    note_ = text_of(note);
    ASSIGN_OR_RETURN(const TreeSize size, verify());
    StoreWriter writer(options_, env_);
    RETURN_IF_ERROR(
        for_each_record(mirror_, size, [&](Bytes bytes, LeafIndex) { return writer.add(bytes); }));
    RETURN_IF_ERROR(writer.finish(size, note_));
    ASSIGN_OR_RETURN(const Recovered recovered, recover(options_, env_));
    if (recovered.start.unsigned_tail || recovered.start.tree.size() != size)
      return corrupt(
          "the store that was written is not the mirror's: was the mirror changed meanwhile?");
    return RestoreReport{size, writer.segments()};
  }

 private:
  Result<void> expect_no_segments() {
    RETURN_IF_ERROR(env_.files.make_directory("segments"));
    ASSIGN_OR_RETURN(const auto names, env_.files.list("segments"));
    if (names.empty()) return {};
    return worm("the store is not empty: move its directory away, a restore builds a new one");
  }

  /// The whole mirror against its checkpoint and the marks. Returns its size.
  Result<TreeSize> verify() const {
    ASSIGN_OR_RETURN(const Marks marks, Marks::of(options_, env_));
    ASSIGN_OR_RETURN(const format::Note note, format::parse_note(note_));
    ASSIGN_OR_RETURN(const format::Checkpoint claimed, format::parse_checkpoint_text(note.text));
    RETURN_IF_ERROR(marks.are_reached_by(claimed.size));
    LedgerState state(options_.origin, options_.first_key);
    merkle::Frontier tree;
    RETURN_IF_ERROR(for_each_record(mirror_, claimed.size, [&](Bytes bytes, LeafIndex index) {
      return verify_record(bytes, index, state, tree, marks);
    }));
    const auto opened = format::open_checkpoint(note_, options_.origin, state.keys().active());
    if (!opened) return corrupt("the mirror's checkpoint: " + opened.error().message);
    if (opened->root != tree.root())
      return corrupt(
          "the mirror's records do not make the tree of its checkpoint: one of them is not what "
          "was signed. varve-audit check names it");
    return claimed.size;
  }

  static Result<void> verify_record(Bytes bytes, LeafIndex index, LedgerState& state,
                                    merkle::Frontier& tree, const Marks& marks) {
    const Hash leaf = merkle::leaf_hash(bytes);
    const auto record = format::decode_record(bytes);
    auto applied = record ? state.apply(*record, bytes, leaf, index) : Result<void>(record.error());
    if (!applied)
      return corrupt("the mirror's record " + std::to_string(index.value) + ": " +
                     applied.error().message);
    tree.append(leaf);
    return marks.agree_with(tree);
  }

  const LogOptions& options_;
  Environment env_;
  const env::Filesystem& mirror_;
  std::string note_;
};

}  // namespace

Result<RestoreReport> restore_store(const LogOptions& options, const Environment& environment,
                                    const env::Filesystem& mirror) {
  ASSIGN_OR_RETURN(const auto lock, environment.files.lock("lock"));
  return Restore(options, environment, mirror).run();
}

}  // namespace varve::log
