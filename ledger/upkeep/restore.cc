// Two passes over a mirror: verify, then write.
#include "ledger/upkeep/restore.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"
#include "ledger/format/tombstone.h"
#include "ledger/recovery/recovery.h"
#include "ledger/recovery/replay.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_writer.h"

namespace varve::upkeep {
namespace {

constexpr std::uint64_t kFileMax = 64u << 20;       // a bundle of 256 records is at most 16.8 MB
constexpr std::uint64_t kRestoredFrame = 4u << 20;  // of records in a frame
constexpr const char* kDestroyedLabel = ".destroyed";
constexpr std::size_t kNoKeySize = 40;  // as a wrapped key has

Result<Buffer> read_all(const env::Filesystem& files, const std::string& path) {
  auto bytes = env::read_whole(files, path, kFileMax);
  if (!bytes) return std::move(bytes).error().during("reading the mirror's " + path);
  return bytes;
}

/// A file of the mirror: entries from `first` on, each a record or the tombstone of an event.
struct Part {
  LeafIndex first;
  Buffer bytes;
  std::vector<Bytes> entries;  // views into bytes
};
using EachPart = std::function<Result<void>(const Part& part)>;

/// The mirror's first `size` entries, in order.
Result<void> for_each_part(const env::Filesystem& mirror, TreeSize size, const EachPart& each) {
  for (Part part; contains(size, part.first);) {
    const std::uint64_t tile = part.first.value / merkle::kTileWidth;
    const merkle::TileId id{0, tile, merkle::tile_width(0, tile, size)};
    const std::string path = "tile/entries/" + merkle::bundle_path(id);
    ASSIGN_OR_RETURN(part.bytes, read_all(mirror, path));
    const auto entries = format::split_bundle(part.bytes, merkle::kTileWidth);
    if (!entries || entries->size() != id.width)
      return corrupt("the mirror's " + path + " does not hold " + std::to_string(id.width) +
                     " records");
    part.entries = *entries;
    RETURN_IF_ERROR(each(part));
    part.first.value += id.width;
  }
  return {};
}

/// Where an entry is from: the same of all that were destroyed together.
Result<std::optional<format::Tombstone>> grave_of(Bytes entry) {
  if (!format::is_tombstone(entry)) return std::optional<format::Tombstone>{};
  ASSIGN_OR_RETURN(format::Tombstone tombstone, format::decode_tombstone(entry));
  tombstone.leaf = {};
  return std::optional(tombstone);
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
    RETURN_IF_ERROR(env::are_of(marks.marks_, log));
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

/// Every size on the way, compared with the marks.
class MarkedTree final : public merkle::NodeSink {
 public:
  explicit MarkedTree(const Marks& marks) : marks_(marks) {}
  void completed(merkle::NodeId id, const Hash& hash) override {
    if (id.height != 0 || !agrees_) return;
    tree_.append(hash);
    agrees_ = marks_.agree_with(tree_);
  }
  [[nodiscard]] const Result<void>& agrees() const { return agrees_; }

 private:
  const Marks& marks_;
  merkle::Frontier tree_;
  Result<void> agrees_;
};

/// Each seal is of the events before it, whole or destroyed together. Who signed it, the tree says.
class SealedWhole final : public recovery::ReplaySink {
 public:
  void frame(const state::FrameFacts&) override {}
  void checkpoint(const store::FrameRef&,
                  std::shared_ptr<const format::SignedCheckpoint>) override {}
  Result<void> seal(const format::Seal& seal, const std::vector<Hash>& events) override {
    if (merkle::root_of(events) == seal.root) return {};
    return corrupt("the batch's root is not that of its events");
  }
};

/// Writes records as a server would have, a few megabytes a frame. What was destroyed gets segments
/// of its own, under keys that nobody has, and its remains.
class StoreWriter {
 public:
  /// `newest_us` is when the log appended last, by what its own records say.
  StoreWriter(const LogOptions& options, const Environment& environment, std::uint64_t newest_us)
      : options_(options),
        env_(environment),
        newest_us_(newest_us),
        data_keys_(environment.files, environment.vault, environment.random, options.kek_prefix) {}

  Result<void> add(Bytes entry) {
    ASSIGN_OR_RETURN(const auto grave, grave_of(entry));
    const bool seals =
        !grave && format::row_of(format::decode_record(entry)->kind).fate == format::Fate::kKept;
    // Seals and control records may lie anywhere.
    if (segment_ && !seals && grave != grave_) RETURN_IF_ERROR(seal());
    if (!segment_) RETURN_IF_ERROR(open_segment(grave));
    if (count_ == 0) body_ = store::encode_requests({});
    format::append_to_bundle(body_, entry);
    ASSIGN_OR_RETURN(const std::vector<Hash> leaf, store::leaves_of({entry}));
    leaves_.push_back(leaf.front());
    ++count_;
    if (grave_) remains_.push_back(grave ? to_buffer(leaf.front().view()) : to_buffer(entry));
    if (body_.size() >= std::min(kRestoredFrame, options_.segment_bytes_max))
      RETURN_IF_ERROR(flush());
    // A batch lies in one segment: its seal is checked against the events before it.
    if (seals && segment_->end().value >= options_.segment_bytes_max) RETURN_IF_ERROR(seal());
    return {};
  }

  /// The last segment is left for recovery to verify and to seal.
  Result<void> finish(TreeSize size, const std::string& note) {
    if (segment_ && grave_) RETURN_IF_ERROR(seal());
    if (!segment_) RETURN_IF_ERROR(open_segment({}));
    RETURN_IF_ERROR(flush());
    ASSIGN_OR_RETURN(const store::FrameRef frame, segment_->write_checkpoint(size, note));
    static_cast<void>(frame);
    RETURN_IF_ERROR(segment_->sync());
    ++next_ordinal_;
    return {};
  }

  [[nodiscard]] std::uint64_t segments() const { return next_ordinal_; }

 private:
  Result<void> open_segment(const std::optional<format::Tombstone>& grave) {
    grave_ = grave;
    store::SegmentHeader header;
    header.ordinal = next_ordinal_;
    header.first = end_of(tree_.size());
    header.created_us = std::max(env_.clock.now_us(), newest_us_);
    header.origin = merkle::sha256(bytes_of(options_.origin));
    header.previous = chain_;
    ASSIGN_OR_RETURN(env::SecretBytes key, key_of(header));
    ASSIGN_OR_RETURN(segment_, store::SegmentWriter::create(env_.files, header, std::move(key)));
    frames_.clear();
    return {};
  }

  /// Of what was destroyed: a key that is nowhere kept, under a label that no token has.
  Result<env::SecretBytes> key_of(store::SegmentHeader& header) {
    if (!grave_) {
      header.month = store::month_of_segment(header.created_us, 0);
      return data_keys_.create(header);
    }
    ASSIGN_OR_RETURN(auto key, env::SecretBytes::of_size(store::kDataKeySize));
    env_.random.fill(key.mutable_view());
    header.month = grave_->month;
    header.label = store::first_label(options_.kek_prefix, header.month) + kDestroyedLabel;
    header.wrapped_key.assign(kNoKeySize, std::byte{0});
    return key;
  }

  /// Durable before the segment is: a segment without its remains says nothing.
  Result<void> write_remains() {
    if (!grave_) return {};
    const store::SegmentHeader& header = segment_->header();
    RETURN_IF_ERROR(env_.files.make_directory(store::kRemainsFolder));
    return env::write_durably(
        env_.files, store::remains_path(header.ordinal),
        store::encode_remains({header.month, header.ordinal, header.first, grave_->destroyed_us,
                               std::exchange(remains_, {})}));
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
    RETURN_IF_ERROR(write_remains());
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
  const std::uint64_t newest_us_;
  store::DataKeys data_keys_;
  merkle::Frontier tree_;     // of what is in frames
  std::vector<Hash> leaves_;  // of what is not yet
  Buffer body_;
  std::uint32_t count_ = 0;
  std::unique_ptr<store::SegmentWriter> segment_;
  std::optional<format::Tombstone> grave_;  // what its events share, if they were destroyed
  std::vector<Buffer> remains_;             // of it, then
  std::vector<store::FrameRef> frames_;
  Hash chain_;
  std::uint64_t next_ordinal_ = 0;
};

/// The key that began a log, as its record 0 says and that key signed; nothing when it is no such
/// record.
std::optional<format::VerifierKey> key_in(Bytes record_0) {
  const auto record = format::decode_record(record_0);
  if (!record) return std::nullopt;
  const auto note = format::parse_note(text_of(record->payload));
  if (!note) return std::nullopt;
  const auto event = format::parse_key_event(note->text);
  if (!event || !format::verify_note(*note, std::span(&event->key, 1))) return std::nullopt;
  return event->key;
}

/// Else every record after it would be refused, with a reason that helps nobody.
Result<void> expect_first_key(const format::VerifierKey& expected, Bytes record_0) {
  const auto first = key_in(record_0);
  if (!first || *first == expected) return {};
  return invalid(
      "the mirror's log begins with another key than `key` of the configuration, which has to be "
      "the log's first one: give its vkey, as it was written down when the log was made");
}

class Restore {
 public:
  Restore(const LogOptions& options, const Environment& environment, const env::Filesystem& mirror,
          const Disposals& disposals)
      : options_(options),
        env_(environment),
        mirror_(mirror),
        tombstones_(disposals, environment.clock.now_us()) {}

  Result<RestoreReport> run() {
    RETURN_IF_ERROR(expect_no_segments());
    ASSIGN_OR_RETURN(const Buffer note, read_all(mirror_, "checkpoint"));
    note_ = text_of(note);
    ASSIGN_OR_RETURN(const TreeSize size, verify());
    StoreWriter writer(options_, env_, newest_us_);
    const auto add = [&writer](const Part& part) -> Result<void> {
      for (const Bytes entry : part.entries) RETURN_IF_ERROR(writer.add(entry));
      return {};
    };
    RETURN_IF_ERROR(for_each_part(mirror_, size, add));
    RETURN_IF_ERROR(writer.finish(size, note_));
    ASSIGN_OR_RETURN(const recovery::Recovered recovered, recovery::recover(options_, env_));
    if (recovered.start.unsigned_tail || recovered.start.tree.size() != size)
      return corrupt(
          "the store that was written is not the mirror's: was the mirror changed meanwhile?");
    return RestoreReport{size, writer.segments(), tombstones_.by_month()};
  }

 private:
  Result<void> expect_no_segments() {
    RETURN_IF_ERROR(env_.files.make_directory("segments"));
    ASSIGN_OR_RETURN(const auto names, env_.files.list("segments"));
    if (names.empty()) return {};
    return worm("the store is not empty: move its directory away, a restore builds a new one");
  }

  /// The whole mirror against its checkpoint and the marks. Returns its size.
  Result<TreeSize> verify() {
    ASSIGN_OR_RETURN(const Marks marks, Marks::of(options_, env_));
    ASSIGN_OR_RETURN(const format::Note note, format::parse_note(note_));
    ASSIGN_OR_RETURN(const format::Checkpoint claimed, format::parse_checkpoint_text(note.text));
    RETURN_IF_ERROR(marks.are_reached_by(claimed.size));
    state::LedgerState state(options_.origin, options_.first_key);
    merkle::Frontier tree;
    MarkedTree marked(marks);
    SealedWhole sink;
    recovery::Replay replay(state, tree, &marked, sink);
    const auto verify_next = [&](const Part& part) -> Result<void> {
      RETURN_IF_ERROR(verify_part(part, replay));
      return marked.agrees();
    };
    RETURN_IF_ERROR(for_each_part(mirror_, claimed.size, verify_next));
    if (ends_destroyed_) return corrupt("the mirror ends within a batch that was destroyed");
    RETURN_IF_ERROR(tombstones_.finish());
    const auto opened = format::open_checkpoint(note_, options_.origin, state.keys().active());
    if (!opened) return corrupt("the mirror's checkpoint: " + opened.error().message);
    if (opened->root != tree.root())
      return corrupt(
          "the mirror's records do not make the tree of its checkpoint: one of them is not what "
          "was signed. varve-audit check names it");
    return claimed.size;
  }

  /// As recovery will.
  Result<void> verify_part(const Part& part, recovery::Replay& replay) {
    if (part.first.value == 0)
      RETURN_IF_ERROR(expect_first_key(options_.first_key, part.entries.front()));
    Buffer body = store::encode_requests({});
    for (std::size_t k = 0; k < part.entries.size(); ++k) {
      RETURN_IF_ERROR(tombstones_.take({part.first.value + k}, part.entries[k]));
      note_time(part.entries[k]);
      format::append_to_bundle(body, part.entries[k]);
    }
    ends_destroyed_ = format::is_tombstone(part.entries.back());
    store::FrameHeader header;
    header.count = static_cast<std::uint32_t>(part.entries.size());
    if (auto held = replay.records({part.first.value, {}}, header, std::move(body)); !held)
      return of_mirror(std::move(held).error());
    replay.expect_no_checkpoint();
    return {};
  }

  /// Whether the records are the signed ones is known behind the last of them only.
  static Error of_mirror(Error why) {
    if (why.code != Code::kNotFound) return corrupt("the mirror's " + why.message);
    return not_found(
        "the mirror's " + why.message +
        ". When the newest says so too, the mirror is damaged: varve-audit check names "
        "the record. Nothing was written");
  }

  /// What the log itself said when it appended. Others' records have the time of their senders.
  void note_time(Bytes entry) {
    const auto record = format::decode_record(entry);
    if (record && record->source == format::kLogItself)
      newest_us_ = std::max(newest_us_, record->time_us);
  }

  const LogOptions& options_;
  Environment env_;
  const env::Filesystem& mirror_;
  std::string note_;
  MirrorTombstones tombstones_;
  bool ends_destroyed_ = false;  // the entry before is a tombstone
  std::uint64_t newest_us_ = 0;  // of the log's own records
};

}  // namespace

Result<RestoreReport> restore_store(const LogOptions& options, const Environment& environment,
                                    const env::Filesystem& mirror, const Disposals& disposals) {
  ASSIGN_OR_RETURN(const auto lock, environment.files.lock("lock"));
  return Restore(options, environment, mirror, disposals).run();
}

}  // namespace varve::upkeep
