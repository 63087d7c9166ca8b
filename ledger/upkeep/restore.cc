// Two passes over a mirror: verify, then write.
#include "ledger/upkeep/restore.h"

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"
#include "ledger/format/tombstone.h"
#include "ledger/recovery/recovery.h"
#include "ledger/recovery/replay.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/segment_files.h"
#include "ledger/upkeep/restored_store.h"

namespace varve::upkeep {
namespace {

constexpr std::uint64_t kFileMax = 64u << 20;  // a bundle of 256 records is at most 16.8 MB

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
    RestoredStore writer(options_, env_, retention_, newest_us_);
    const auto add = [&writer](const Part& part) -> Result<void> {
      for (std::size_t k = 0; k < part.entries.size(); ++k)
        RETURN_IF_ERROR(writer.add({part.first.value + k}, part.entries[k]));
      return {};
    };
    RETURN_IF_ERROR(for_each_part(mirror_, size, add));
    RETURN_IF_ERROR(writer.finish(size, note_));
    ASSIGN_OR_RETURN(const recovery::Recovered recovered, recovery::recover(options_, env_));
    if (recovered.start.unsigned_tail || recovered.start.tree.size() != size)
      return corrupt(
          "the store that was written is not the mirror's: was the mirror changed meanwhile?");
    const bool is_draft = retention_.policy().mode == format::Mode::kDraft;
    return RestoreReport{size, is_draft, writer.segments(), tombstones_.by_month()};
  }

 private:
  Result<void> expect_no_segments() {
    RETURN_IF_ERROR(env_.files.make_directory("segments"));
    ASSIGN_OR_RETURN(const auto names, env_.files.list("segments"));
    ASSIGN_OR_RETURN(const auto remains, store::list_remains(env_.files));
    if (names.empty() && remains.empty()) return {};
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
    const auto opened = format::open_checkpoint(note_, options_.origin, state.keys().active());
    if (!opened) return corrupt("the mirror's checkpoint: " + opened.error().message);
    if (opened->root != tree.root())
      return corrupt(
          "the mirror's records do not make the tree of its checkpoint: one of them is not what "
          "was signed. varve-audit check names it");
    retention_ = state.retention();
    RETURN_IF_ERROR(tombstones_.finish(retention_));
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
  rules::Retention retention_;   // of the whole mirror, once it is verified
  std::uint64_t newest_us_ = 0;  // of the log's own records
};

}  // namespace

Result<RestoreReport> restore_store(const LogOptions& options, const Environment& environment,
                                    const env::Filesystem& mirror, const Disposals& disposals) {
  ASSIGN_OR_RETURN(const auto lock, environment.files.lock("lock"));
  return Restore(options, environment, mirror, disposals).run();
}

}  // namespace varve::upkeep
