// Reading records and checkpoints.
#include "ledger/log/reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ledger/merkle/tree.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_reader.h"

namespace varve::log {
namespace {

constexpr std::size_t kSegmentsKept = 64;
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

}  // namespace

bool Reader::is_destroyed(const store::SegmentHeader& header) {
  if (!storage_.files.open_read(store::remains_path(header.ordinal))) return false;
  const auto key = storage_.data_keys->get(header);
  return !key && key.error().code == Code::kNotFound;
}

Result<std::shared_ptr<const Reader::Segment>> Reader::load_segment(std::uint64_t ordinal,
                                                                    bool sealed) {
  auto loaded = std::make_shared<Segment>();
  loaded->ordinal = ordinal;
  ASSIGN_OR_RETURN(loaded->file, storage_.files.open_read(store::segment_path(ordinal)));
  ASSIGN_OR_RETURN(loaded->header, store::read_segment_header(*loaded->file));
  if (sealed) {
    ASSIGN_OR_RETURN(store::FooterPlace footer, store::read_footer(*loaded->file));
    loaded->frames = std::move(footer.footer.frames);
    loaded->destroyed = is_destroyed(loaded->header);
    // Its remains are in one piece: as if it had one frame.
    if (loaded->destroyed) loaded->frames = {{loaded->header.first.value, ByteOffset{0}}};
  }
  return std::shared_ptr<const Segment>(std::move(loaded));
}

Result<std::shared_ptr<const Reader::Segment>> Reader::segment(std::uint64_t ordinal, bool sealed) {
  {
    const std::lock_guard lock(mutex_);
    if (auto recent = find_recent(segments_, [&](const auto& s) {
          return s->ordinal == ordinal && (!sealed || !s->frames.empty());
        }))
      return recent;
  }
  ASSIGN_OR_RETURN(auto loaded, load_segment(ordinal, sealed));
  const std::lock_guard lock(mutex_);
  keep(segments_, loaded, kSegmentsKept);
  return loaded;
}

Result<FramePlace> Reader::place_of(LeafIndex i) {
  if (const auto place = storage_.recent_place(i)) return *place;
  ASSIGN_OR_RETURN(const store::SegmentRow row, storage_.catalogue->segment_of(i));
  ASSIGN_OR_RETURN(const auto sealed, segment(row.ordinal, true));
  const auto after = std::ranges::upper_bound(sealed->frames, i.value, {}, &store::FrameRef::first);
  if (after == sealed->frames.begin())
    return corrupt(store::segment_path(row.ordinal) + " has no frame for record " +
                   std::to_string(i.value));
  return FramePlace{row.ordinal, *std::prev(after)};
}

Result<std::shared_ptr<const Reader::Frame>> Reader::load_frame(const FramePlace& place) {
  ASSIGN_OR_RETURN(const auto in, segment(place.ordinal, false));
  if (in->destroyed) return load_remains(place, in->header);
  ASSIGN_OR_RETURN(const auto key, storage_.data_keys->get(in->header));
  const ByteOffset no_limit{std::numeric_limits<std::uint64_t>::max()};
  ASSIGN_OR_RETURN(const store::RawFrame raw, store::read_frame(*in->file, place.frame.at, no_limit));
  auto loaded = std::make_shared<Frame>();
  loaded->place = place;
  ASSIGN_OR_RETURN(loaded->body, store::open_records(raw.header, raw.header_bytes, raw.stored, *key,
                                                     place.frame.at));
  ASSIGN_OR_RETURN(loaded->parts, store::decode_frame_body(loaded->body, raw.header.count));
  return std::shared_ptr<const Frame>(std::move(loaded));
}

Result<std::shared_ptr<const Reader::Frame>> Reader::load_remains(
    const FramePlace& place, const store::SegmentHeader& header) {
  ASSIGN_OR_RETURN(const store::Remains remains, store::read_remains(storage_.files, header));
  const std::size_t count = remains.entries.size();
  auto loaded = std::make_shared<Frame>();
  loaded->place = place;
  ASSIGN_OR_RETURN(loaded->body, remains.frame_body(remains.first, count));
  ASSIGN_OR_RETURN(loaded->parts, store::decode_frame_body(loaded->body,
                                                           static_cast<std::uint32_t>(count)));
  return std::shared_ptr<const Frame>(std::move(loaded));
}

Result<std::shared_ptr<const Reader::Frame>> Reader::frame(const FramePlace& place) {
  {
    const std::lock_guard lock(mutex_);
    if (auto recent = find_recent(frames_, [&](const auto& f) {
          return f->place.ordinal == place.ordinal && f->place.frame == place.frame;
        }))
      return recent;
  }
  auto found = load_frame(place);
  if (!found && found.error().code == Code::kCorrupt)
    return corrupt(store::segment_path(place.ordinal) + ": " + found.error().message);
  ASSIGN_OR_RETURN(auto loaded, std::move(found));
  const std::lock_guard lock(mutex_);
  keep(frames_, loaded, kFramesKept);
  return loaded;
}

Result<std::vector<Buffer>> Reader::records(LeafIndex first, std::uint64_t count) {
  ASSIGN_OR_RETURN(const FramePlace place, place_of(first));
  ASSIGN_OR_RETURN(const auto in, frame(place));
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

Result<std::shared_ptr<const Published>> Reader::checkpoint_at(TreeSize size,
                                                               const format::KeyHistory& keys) {
  const auto latest = storage_.latest();
  if (latest->checkpoint.size < size) return not_found("no checkpoint covers that size yet");
  ASSIGN_OR_RETURN(const store::CheckpointPlace place, storage_.checkpoint_at(size));
  if (latest->checkpoint.size <= place.size) return latest;  // that one may not be visible yet
  ASSIGN_OR_RETURN(const auto in, segment(place.ordinal, false));
  auto found = std::make_shared<Published>();
  ASSIGN_OR_RETURN(found->note, store::read_checkpoint(*in->file, place.at));
  auto opened = format::open_checkpoint(found->note, keys.origin(), keys.all());
  if (!opened || opened->size != place.size)
    return corrupt(store::segment_path(place.ordinal) + ": its checkpoint of " +
                   std::to_string(place.size.value) + " records: " +
                   (opened ? "it is of another size" : opened.error().message));
  found->checkpoint = std::move(*opened);
  return std::shared_ptr<const Published>(std::move(found));
}

Result<LeafIndex> Reader::find_leaf(const Hash& leaf, TreeSize published) {
  const TreeSize in_files = storage_.lookups->end();
  if (in_files < published) {
    ASSIGN_OR_RETURN(const auto recent, recent_leaves_.find(leaf, in_files, published));
    if (recent) return *recent;
  }
  ASSIGN_OR_RETURN(const auto found, storage_.lookups->find(leaf, published));
  if (found) return *found;
  return not_found("no record has this leaf hash");
}

}  // namespace varve::log
