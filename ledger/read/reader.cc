// Reading records and checkpoints.
#include "ledger/read/reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ledger/env/durable.h"
#include "ledger/merkle/tree.h"
#include "ledger/state/remains_check.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/open_files.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"

namespace varve::read {
namespace {

constexpr std::size_t kFramesKept = 8;

/// The entry that `is_it` accepts, moved to the front; null when there is none.
template <class T, class Predicate>
std::shared_ptr<const T> find_recent(std::list<std::shared_ptr<const T>>& list, Predicate is_it) {
  const auto found = std::ranges::find_if(list, is_it);
  if (found == list.end()) return nullptr;
  list.splice(list.begin(), list, found);
  return list.front();
}

template <class T>
void keep(std::list<std::shared_ptr<const T>>& list, std::shared_ptr<const T> entry,
          std::size_t most) {
  list.push_front(std::move(entry));
  if (list.size() > most) list.pop_back();
}

/// Of what a checkpoint covers nothing may be missing.
Error as_damage(Error error) {
  if (error.code == Code::kNotFound) error.code = Code::kCorrupt;
  return error;
}

}  // namespace

/// Errors: what the token answered while it is not settled whether the key is gone.
Result<bool> Reader::is_destroyed(const store::SegmentHeader& header) {
  ASSIGN_OR_RETURN(const bool has_remains,
                   env::exists(storage_.files, store::remains_path(header.ordinal)));
  if (!has_remains) return false;
  ASSIGN_OR_RETURN(const bool has_file, store::has_segment_file(storage_.files, header.ordinal));
  if (!has_file) {
    ASSIGN_OR_RETURN(const store::RemainsHead head,
                     store::read_remains_head(storage_.files, header.ordinal));
    RETURN_IF_ERROR(check_remains(head));
    return true;
  }
  const auto key = storage_.data_keys->get(header);
  if (key) return false;
  RETURN_IF_ERROR(store::expect_gone(storage_.files, header, key.error()));
  return true;
}

/// Without a file, and without a record that disposes of what was in it, nothing is served in its place: it is
/// no answer that the log gives.
Result<void> Reader::check_remains(const store::RemainsHead& remains) const {
  const auto log = storage_.view().retention;
  auto lawful = log ? state::check_remains(remains, *log) : Result<void>();
  if (lawful) return lawful;
  return corrupt(store::remains_path(remains.ordinal) + ": " + lawful.error().message);
}

Result<std::shared_ptr<const Reader::Segment>> Reader::load_segment(std::uint64_t ordinal,
                                                                    bool sealed) {
  auto loaded = std::make_shared<Segment>();
  loaded->ordinal = ordinal;
  ASSIGN_OR_RETURN(loaded->file, store::open_segment(storage_.files, ordinal));
  ASSIGN_OR_RETURN(loaded->header, store::read_segment_header(*loaded->file));
  if (sealed) {
    ASSIGN_OR_RETURN(store::FooterPlace footer, store::read_footer(*loaded->file));
    loaded->frames = std::move(footer.footer.frames);
    ASSIGN_OR_RETURN(loaded->destroyed, is_destroyed(loaded->header));
    // Its remains are in one piece: as if it had one frame.
    if (loaded->destroyed) loaded->frames = {{loaded->header.first.value, ByteOffset{0}}};
  }
  return std::shared_ptr<const Segment>(std::move(loaded));
}

Result<std::shared_ptr<const Reader::Segment>> Reader::segment(std::uint64_t ordinal, bool sealed) {
  {
    const MutexLock lock(mutex_);
    if (auto recent = find_recent(segments_, [&](const auto& s) {
          return s->ordinal == ordinal && (!sealed || !s->frames.empty());
        }))
      return recent;
  }
  ASSIGN_OR_RETURN(auto loaded, load_segment(ordinal, sealed));
  const MutexLock lock(mutex_);
  keep(segments_, loaded, store::kSegmentsKept);
  return loaded;
}

void Reader::drop(std::uint64_t ordinal) {
  const MutexLock lock(mutex_);
  segments_.remove_if([ordinal](const auto& s) { return s->ordinal == ordinal; });
}

void Reader::forget(const std::set<std::uint64_t>& ordinals) {
  const MutexLock lock(mutex_);
  segments_.remove_if([&](const auto& s) { return ordinals.contains(s->ordinal); });
  frames_.remove_if([&](const auto& f) { return ordinals.contains(f->place.ordinal); });
  forgotten_.insert(ordinals.begin(), ordinals.end());
}

Result<Reader::Found> Reader::place_of(LeafIndex i) {
  if (const auto place = storage_.recent_place(i)) return Found{*place, nullptr};
  ASSIGN_OR_RETURN(const store::SegmentRow row, storage_.catalogue->segment_of(i));
  ASSIGN_OR_RETURN(auto sealed, segment(row.ordinal, true));
  const auto after = std::ranges::upper_bound(sealed->frames, i.value, {}, &store::FrameRef::first);
  if (after == sealed->frames.begin())
    return corrupt(store::segment_path(row.ordinal) + " has no frame for record " +
                   std::to_string(i.value));
  return Found{{row.ordinal, *std::prev(after)}, std::move(sealed)};
}

Result<std::shared_ptr<const Reader::Frame>> Reader::load_frame(const Found& found) {
  const state::FramePlace& place = found.place;
  std::shared_ptr<const Segment> in = found.in;
  if (!in) {
    ASSIGN_OR_RETURN(in, segment(place.ordinal, false));
  }
  if (in->destroyed) return load_remains(place, in->header);
  const auto key = storage_.data_keys->get(in->header);
  if (!key) return without_key(*in, key.error());
  const ByteOffset no_limit{std::numeric_limits<std::uint64_t>::max()};
  ASSIGN_OR_RETURN(const store::RawFrame raw,
                   store::read_frame(*in->file, place.frame.at, no_limit));
  auto loaded = std::make_shared<Frame>();
  loaded->place = place;
  ASSIGN_OR_RETURN(loaded->body, store::open_records(raw.header, raw.header_bytes, raw.stored, *key,
                                                     place.frame.at));
  ASSIGN_OR_RETURN(loaded->parts, store::decode_frame_body(loaded->body, raw.header.count));
  return std::shared_ptr<const Frame>(std::move(loaded));
}

/// When the key has gone since the segment was loaded, the next one who reads looks for remains.
Error Reader::without_key(const Segment& in, Error why) {
  if (!store::is_gone(why)) return why;
  drop(in.ordinal);
  const auto has_remains = env::exists(storage_.files, store::remains_path(in.ordinal));
  if (!has_remains) return has_remains.error();
  if (*has_remains) return busy("the key of a segment has just gone: read it again");
  if (why.code != Code::kNotFound) return why;
  return io_error(
      store::segment_path(in.ordinal) + " cannot be read: " + why.message +
      ", and no remains of it are kept. Does varved.toml name every token of this log?");
}

Result<std::shared_ptr<const Reader::Frame>> Reader::load_remains(
    const state::FramePlace& place, const store::SegmentHeader& header) {
  ASSIGN_OR_RETURN(const store::Remains remains, store::read_remains(storage_.files, header));
  ASSIGN_OR_RETURN(const bool has_file, store::has_segment_file(storage_.files, header.ordinal));
  if (!has_file) RETURN_IF_ERROR(check_remains(store::head_of(remains)));
  const std::size_t count = remains.entries.size();
  auto loaded = std::make_shared<Frame>();
  loaded->place = place;
  loaded->of_remains = true;
  ASSIGN_OR_RETURN(loaded->body, remains.frame_body(remains.first, count));
  ASSIGN_OR_RETURN(loaded->parts,
                   store::decode_frame_body(loaded->body, static_cast<std::uint32_t>(count)));
  return std::shared_ptr<const Frame>(std::move(loaded));
}

Result<std::shared_ptr<const Reader::Frame>> Reader::frame(const Found& found) {
  const state::FramePlace& place = found.place;
  {
    const MutexLock lock(mutex_);
    if (auto recent = find_recent(frames_, [&](const auto& f) {
          return f->place.ordinal == place.ordinal && f->place.frame == place.frame;
        }))
      return recent;
  }
  auto read = load_frame(found);
  if (!read && read.error().code == Code::kCorrupt)
    return corrupt(store::segment_path(place.ordinal) + ": " + read.error().message);
  ASSIGN_OR_RETURN(auto loaded, std::move(read));
  const MutexLock lock(mutex_);
  if (loaded->of_remains || !forgotten_.contains(place.ordinal)) keep(frames_, loaded, kFramesKept);
  return loaded;
}

Result<std::vector<Buffer>> Reader::records(LeafIndex first, std::uint64_t count) {
  auto found = find_records(first, count);
  if (!found) return as_damage(std::move(found).error());
  return found;
}

Result<std::vector<Buffer>> Reader::find_records(LeafIndex first, std::uint64_t count) {
  ASSIGN_OR_RETURN(const Found found, place_of(first));
  const state::FramePlace& place = found.place;
  ASSIGN_OR_RETURN(const auto in, frame(found));
  const std::vector<Bytes>& all = in->parts.records;
  const std::uint64_t skip = first.value - place.frame.first;
  if (skip >= all.size())
    return corrupt(store::segment_path(place.ordinal) + " does not hold record " +
                   std::to_string(first.value));
  std::vector<Buffer> out;
  for (std::uint64_t k = skip; k < all.size() && out.size() < count; ++k)
    out.push_back(to_buffer(all[k]));
  return out;
}

Result<std::shared_ptr<const format::SignedCheckpoint>> Reader::checkpoint_at(
    TreeSize size, const rules::KeyHistory& keys) {
  const auto latest = storage_.latest();
  if (latest->checkpoint.size < size) return not_found("no checkpoint covers that size yet");
  const auto place = storage_.checkpoint_at(size);
  if (!place) return as_damage(place.error());
  if (latest->checkpoint.size <= place->size) return latest;  // that one may not be visible yet
  auto found = read_checkpoint(*place, keys);
  if (!found) return as_damage(std::move(found).error());
  return found;
}

Result<std::shared_ptr<const format::SignedCheckpoint>> Reader::read_checkpoint(
    const store::CheckpointPlace& place, const rules::KeyHistory& keys) {
  ASSIGN_OR_RETURN(const auto in, segment(place.ordinal, false));
  auto found = std::make_shared<format::SignedCheckpoint>();
  ASSIGN_OR_RETURN(found->note, store::read_checkpoint(*in->file, place.at));
  auto opened = format::open_checkpoint(found->note, keys.origin(), keys.all());
  if (!opened || opened->size != place.size)
    return corrupt(store::segment_path(place.ordinal) + ": its checkpoint of " +
                   std::to_string(place.size.value) +
                   " records: " + (opened ? "it is of another size" : opened.error().message));
  found->checkpoint = std::move(*opened);
  return std::shared_ptr<const format::SignedCheckpoint>(std::move(found));
}

Result<LeafIndex> Reader::find_leaf(const Hash& leaf, TreeSize published) {
  const TreeSize in_files = storage_.lookups.end();
  Result<std::optional<LeafIndex>> recent = std::optional<LeafIndex>{};
  if (in_files < published) recent = recent_leaves_.find(leaf, in_files, published);
  if (recent && *recent) return **recent;
  ASSIGN_OR_RETURN(const auto found, storage_.lookups.find(leaf, published));
  if (found) return *found;
  if (!recent) return std::move(recent).error();  // it may be among those that cannot be read
  return not_found("no record has this leaf hash");
}

}  // namespace varve::read
