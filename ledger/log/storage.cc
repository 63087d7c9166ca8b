// The shared state of one log.
#include "ledger/log/storage.h"

#include <algorithm>
#include <utility>

namespace varve::log {

Storage::Storage(env::Filesystem& filesystem, std::unique_ptr<store::DataKeys> keys,
                 std::unique_ptr<store::HashFiles> hash_files,
                 std::unique_ptr<store::Catalogue> tables,
                 std::unique_ptr<store::LeafLookups> leaf_lookups)
    : files(filesystem),
      data_keys(std::move(keys)),
      hashes(std::move(hash_files)),
      catalogue(std::move(tables)),
      lookups(std::move(leaf_lookups)) {}

void Storage::open_segment(const store::SegmentRow& row) {
  const std::unique_lock lock(mutex_);
  CHECK(!open_);
  open_.emplace();
  open_->row = row;
}

void Storage::add_frame(FrameFacts facts) {
  const std::unique_lock lock(mutex_);
  open_->frames.push_back(facts.frame);
  open_->row.end = facts.end;
  open_->batches.insert(facts.batches.begin(), facts.batches.end());
  for (const store::Request& r : facts.requests)
    open_->requests.try_emplace(r.key, store::RequestRow{r.content, r.first, r.count});
}

void Storage::add_checkpoint(const store::FrameRef& frame) {
  const std::unique_lock lock(mutex_);
  open_->checkpoints.push_back(frame);
}

void Storage::close_segment() {
  const std::unique_lock lock(mutex_);
  CHECK(open_ && !closed_);
  closed_ = std::exchange(open_, std::nullopt);
}

Result<void> Storage::record_closed(const store::Mark& mark, Bytes state) {
  RETURN_IF_ERROR(catalogue->record_segment(*closed_, mark, state));
  const std::unique_lock lock(mutex_);
  closed_.reset();
  ++recorded_;
  return {};
}

void Storage::show_sources(const std::map<SourceId, SourceState>& sources) {
  const std::unique_lock lock(mutex_);
  sources_ = sources;
}

void Storage::publish(LedgerView view, std::vector<MovedSource> moved) {
  const std::unique_lock lock(mutex_);
  view_ = std::move(view);
  for (MovedSource& source : moved) sources_[source.id] = std::move(source.state);
}

LedgerView Storage::view() const {
  const std::shared_lock lock(mutex_);
  return view_;
}

Result<SourceState> Storage::source(SourceId id) const {
  const std::shared_lock lock(mutex_);
  const auto found = sources_.find(id);
  if (found == sources_.end())
    return not_found("the source is not registered: an operator registers it first");
  return found->second;
}

// Memory first: what leaves it is in the catalogue already.
Result<store::BatchRow> Storage::batch(const store::BatchKey& key) const {
  {
    const std::shared_lock lock(mutex_);
    for (const auto* facts : {&open_, &closed_})
      if (*facts)
        if (const auto found = (*facts)->batches.find(key); found != (*facts)->batches.end())
          return found->second;
  }
  return catalogue->batch(key);
}

Result<store::RequestRow> Storage::request(const Hash& key) const {
  {
    const std::shared_lock lock(mutex_);
    for (const auto* facts : {&open_, &closed_})
      if (*facts)
        if (const auto found = (*facts)->requests.find(key); found != (*facts)->requests.end())
          return found->second;
  }
  return catalogue->request(key);
}

/// The first one of at least that size may be in the catalogue, in the closed or in the open
/// segment: in this order, and again when the closed one has moved meanwhile.
Result<store::CheckpointPlace> Storage::checkpoint_at(TreeSize size) const {
  for (std::uint64_t recorded = 0;;) {
    auto in_catalogue = catalogue->checkpoint_at(size);
    if (in_catalogue || in_catalogue.error().code != Code::kNotFound) return in_catalogue;
    const std::shared_lock lock(mutex_);
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
  const std::shared_lock lock(mutex_);
  for (const auto* facts : {&open_, &closed_}) {
    if (!*facts || i < (*facts)->row.first || (*facts)->row.end <= i) continue;
    const auto& frames = (*facts)->frames;
    const auto after = std::ranges::upper_bound(frames, i.value, {}, &store::FrameRef::first);
    return FramePlace{(*facts)->row.ordinal, *std::prev(after)};
  }
  return std::nullopt;
}

}  // namespace varve::log
