// The shared state of one log.
#include "ledger/state/storage.h"

#include <algorithm>
#include <utility>

namespace varve::state {
namespace {

template <class Kind>
const Kind& the_one(const std::vector<std::unique_ptr<store::DerivedFile>>& all) {
  for (const auto& derived : all)
    if (const auto* const found = dynamic_cast<const Kind*>(derived.get())) return *found;
  CHECK(false);
}

}  // namespace

Storage::Storage(env::Filesystem& filesystem, std::unique_ptr<store::DataKeys> keys,
                 std::unique_ptr<store::HashFiles> hash_files,
                 std::unique_ptr<store::Catalogue> tables, const store::DerivedContext& context)
    : files(filesystem),
      data_keys(std::move(keys)),
      hashes(std::move(hash_files)),
      catalogue(std::move(tables)),
      derived(store::keep_derived_files(context)),
      appends(the_one<store::AppendFiles>(derived)),
      lookups(the_one<store::LeafLookups>(derived)) {}

void Storage::open_segment(const store::SegmentRow& row, bool disposed) {
  const WriterLock lock(mutex_);
  CHECK(!open_);
  open_.emplace();
  open_->row = row;
  open_->disposed = disposed;
}

void add_to(store::SegmentFacts& facts, const FrameFacts& frame) {
  facts.frames.push_back(frame.frame);
  facts.row.end = frame.end;
  facts.appends.insert(frame.appends.begin(), frame.appends.end());
}

void Storage::add_frame(const FrameFacts& facts) {
  const WriterLock lock(mutex_);
  add_to(*open_, facts);
}

void Storage::add_checkpoint(const store::FrameRef& frame) {
  const WriterLock lock(mutex_);
  open_->checkpoints.push_back(frame);
}

void Storage::close_segment() {
  const WriterLock lock(mutex_);
  CHECK(open_ && !closed_);
  closed_ = std::exchange(open_, std::nullopt);
}

const store::SegmentFacts& Storage::open_facts() const {
  const ReaderLock lock(mutex_);
  return *open_;
}

const store::SegmentFacts& Storage::closed_facts() const {
  const ReaderLock lock(mutex_);
  return *closed_;
}

Result<void> Storage::catalogue_closed(const store::CataloguePosition& position, Bytes state) {
  const store::SegmentFacts& closed = closed_facts();
  for (const auto& kind : derived) RETURN_IF_ERROR(kind->add(closed, position.root));
  RETURN_IF_ERROR(catalogue->record_segment(closed, position, state));
  const WriterLock lock(mutex_);
  closed_.reset();
  ++recorded_;
  return {};
}

Result<void> Storage::load_derived() {
  for (const auto& kind : derived) RETURN_IF_ERROR(kind->load(*catalogue));
  return {};
}

Result<void> Storage::update_derived() {
  Result<void> outcome;
  for (const auto& kind : derived) {
    auto updated = kind->update(*catalogue);
    const bool later =
        !updated && (updated.error().code == Code::kFull || updated.error().code == Code::kBusy);
    if (!updated && !later && outcome) outcome = std::move(updated);
  }
  return outcome;
}

void Storage::follow_with_derived(const Notice& notice) {
  const auto updated = update_derived();
  if (updated || !notice) return;
  notice(updated.error().code == Code::kCorrupt ? "derived_damaged" : "derived_not_written",
         updated.error().message);
}

void Storage::stop_derived() {
  for (const auto& kind : derived) kind->stop();
}

void Storage::show(const std::map<SourceId, SourceState>& sources,
                   std::shared_ptr<const rules::Retention> retention,
                   std::shared_ptr<const rules::GrantsAt> grants, rules::Indexed indexed,
                   rules::WitnessedSeen witnessed) {
  const WriterLock lock(mutex_);
  sources_ = sources;
  view_.retention = std::move(retention);
  view_.grants = std::move(grants);
  view_.indexed = indexed;
  view_.witnessed = witnessed;
}

void Storage::publish(LedgerView view, std::vector<MovedSource> moved) {
  const WriterLock lock(mutex_);
  view_ = std::move(view);
  for (MovedSource& source : moved) sources_[source.id] = std::move(source.state);
}

LedgerView Storage::view() const {
  const ReaderLock lock(mutex_);
  return view_;
}

Result<SourceState> Storage::source(SourceId id) const {
  const ReaderLock lock(mutex_);
  const auto found = sources_.find(id);
  if (found == sources_.end())
    return not_found("the source is not registered: an operator registers it first");
  return found->second;
}

std::vector<SourceState> Storage::sources(SourceId after, std::size_t most) const {
  std::vector<SourceState> out;
  const ReaderLock lock(mutex_);
  for (auto at = sources_.upper_bound(after); at != sources_.end() && out.size() < most; ++at)
    out.push_back(at->second);
  return out;
}

// Memory first: what leaves it is in a file already.
Result<store::AppendRow> Storage::append(const store::AppendKey& key) const {
  {
    const ReaderLock lock(mutex_);
    for (const auto* facts : {&open_, &closed_})
      if (*facts)
        if (const auto found = (*facts)->appends.find(key); found != (*facts)->appends.end())
          return found->second;
  }
  return appends.find(key);
}

/// The first one of at least that size may be in the catalogue, in the closed or in the open
/// segment: in this order, and again when the closed one has moved meanwhile.
Result<store::CheckpointPlace> Storage::checkpoint_at(TreeSize size) const {
  for (std::uint64_t recorded = 0;;) {
    const auto last = catalogue->checkpoint_at(size);
    if (last) return places_.first_from(files, *last, size);
    if (last.error().code != Code::kNotFound) return last.error();
    const ReaderLock lock(mutex_);
    if (std::exchange(recorded, recorded_) != recorded_) continue;
    for (const auto* facts : {&closed_, &open_}) {
      if (!*facts) continue;
      const auto& checkpoints = (*facts)->checkpoints;
      const auto found =
          std::ranges::lower_bound(checkpoints, size.value, {}, &store::FrameRef::first);
      if (found != checkpoints.end())
        return store::CheckpointPlace{TreeSize{found->first}, (*facts)->row.ordinal, found->at};
    }
    return not_found("no checkpoint covers that size yet");
  }
}

std::optional<FramePlace> Storage::recent_place(LeafIndex i) const {
  const ReaderLock lock(mutex_);
  for (const auto* facts : {&open_, &closed_}) {
    if (!*facts || i < (*facts)->row.first || (*facts)->row.end <= i) continue;
    const auto& frames = (*facts)->frames;
    const auto after = std::ranges::upper_bound(frames, i.value, {}, &store::FrameRef::first);
    return FramePlace{(*facts)->row.ordinal, *std::prev(after)};
  }
  return std::nullopt;
}

}  // namespace varve::state
