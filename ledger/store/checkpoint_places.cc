// Reading footers, and searching them.
#include "ledger/store/checkpoint_places.h"

#include <algorithm>
#include <utility>

#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {
namespace {

constexpr std::size_t kFootersKept = 8;  // a segment with a checkpoint for each event: 1 MiB

}  // namespace

Result<CheckpointPlace> CheckpointPlaces::first_from(const env::Filesystem& files,
                                                     const CheckpointPlace& last, TreeSize size) {
  if (last.size == size) return last;
  ASSIGN_OR_RETURN(const auto from, footer(files, last.ordinal));
  const auto found = std::ranges::lower_bound(from->checkpoints, size.value, {}, &FrameRef::first);
  if (found == from->checkpoints.end())
    return corrupt(segment_path(last.ordinal) + ": its footer has no checkpoint of size " +
                   std::to_string(last.size.value) + ", the catalogue has");
  return CheckpointPlace{TreeSize{found->first}, last.ordinal, found->at};
}

Result<std::shared_ptr<const CheckpointPlaces::Footer>> CheckpointPlaces::footer(
    const env::Filesystem& files, std::uint64_t ordinal) {
  {
    const MutexLock lock(mutex_);
    const auto known =
        std::ranges::find(footers_, ordinal, [](const auto& f) { return f->ordinal; });
    if (known != footers_.end()) {
      footers_.splice(footers_.begin(), footers_, known);
      return footers_.front();
    }
  }
  const std::string path = segment_path(ordinal);
  ASSIGN_OR_RETURN(const auto file, open_segment(files, ordinal));
  auto read = read_footer(*file);
  if (!read && (read.error().code == Code::kCorrupt || read.error().code == Code::kNotFound))
    return corrupt(path + ": " + read.error().message);
  if (!read) return std::move(read).error();
  auto loaded =
      std::make_shared<const Footer>(Footer{ordinal, std::move(read->footer.checkpoints)});
  const MutexLock lock(mutex_);
  footers_.push_front(loaded);
  if (footers_.size() > kFootersKept) footers_.pop_back();
  return loaded;
}

}  // namespace varve::store
