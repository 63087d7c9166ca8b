// The shared state of one log.
#include "ledger/log/storage.h"

#include <algorithm>
#include <utility>

namespace varve::log {

Storage::Storage(env::Filesystem& filesystem, std::unique_ptr<store::DataKeys> keys,
                 std::unique_ptr<store::HashFiles> hash_files,
                 std::unique_ptr<store::Catalogue> tables)
    : files(filesystem),
      data_keys(std::move(keys)),
      hashes(std::move(hash_files)),
      catalogue(std::move(tables)) {}

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

Result<void> Storage::close_segment(const store::Mark& mark, Bytes state) {
  RETURN_IF_ERROR(catalogue->record_segment(*open_, mark, state));
  const std::unique_lock lock(mutex_);
  open_.reset();
  return {};
}

void Storage::publish(std::shared_ptr<const Published> published) {
  const std::unique_lock lock(mutex_);
  latest_ = std::move(published);
}

std::shared_ptr<const Published> Storage::latest() const {
  const std::shared_lock lock(mutex_);
  return latest_;
}

Result<store::BatchRow> Storage::batch(const store::BatchKey& key) const {
  {
    const std::shared_lock lock(mutex_);
    if (open_)
      if (const auto found = open_->batches.find(key); found != open_->batches.end())
        return found->second;
  }
  return catalogue->batch(key);
}

Result<store::RequestRow> Storage::request(const Hash& key) const {
  {
    const std::shared_lock lock(mutex_);
    if (open_)
      if (const auto found = open_->requests.find(key); found != open_->requests.end())
        return found->second;
  }
  return catalogue->request(key);
}

Result<store::CheckpointPlace> Storage::checkpoint_at(TreeSize size) const {
  auto sealed = catalogue->checkpoint_at(size);
  if (sealed || sealed.error().code != Code::kNotFound) return sealed;
  const std::shared_lock lock(mutex_);
  if (!open_) return not_found("no checkpoint covers that size yet");
  const auto found = std::ranges::lower_bound(open_->checkpoints, size.value, {},
                                              &store::FrameRef::first);
  if (found == open_->checkpoints.end()) return not_found("no checkpoint covers that size yet");
  return store::CheckpointPlace{TreeSize{found->first}, open_->row.ordinal, found->at};
}

std::optional<store::SegmentRow> Storage::open_row() const {
  const std::shared_lock lock(mutex_);
  if (!open_) return std::nullopt;
  return open_->row;
}

std::optional<FramePlace> Storage::open_place(LeafIndex i) const {
  const std::shared_lock lock(mutex_);
  if (!open_ || i < open_->row.first || open_->row.end <= i) return std::nullopt;
  const auto after = std::ranges::upper_bound(open_->frames, i.value, {}, &store::FrameRef::first);
  return FramePlace{open_->row.ordinal, *std::prev(after)};
}

}  // namespace varve::log
