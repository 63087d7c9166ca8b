// Files by the first of their records.
#include "tools/varved/kept_rows.h"

#include <algorithm>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"
#include "ledger/events/extract.h"

namespace varve::tools {
namespace {

const std::string kRowsFolder = "search";

std::string rows_path(const index::RowsOf& of) {
  return kRowsFolder + "/" + std::to_string(of.first.value) + "-" + std::to_string(of.end.value);
}

index::RowsFile::Read reads(std::shared_ptr<env::File> file) {
  return [file = std::move(file)](ByteOffset at, MutableBytes out) { return file->read(at, out); };
}

Result<index::RowsFile> open_rows(const env::Filesystem& files, const std::string& path,
                                  const format::MonthSecret& secret) {
  ASSIGN_OR_RETURN(std::unique_ptr<env::File> file, files.open_read(path));
  return index::RowsFile::open(reads(std::move(file)), secret);
}

bool is_damage(const Error& error) {
  return error.code == Code::kCorrupt || error.code == Code::kInvalid ||
         error.code == Code::kNotFound;
}

}  // namespace

void GrowingRows::add(LeafIndex index, const format::Record& record) {
  const MutexLock lock(mutex_);
  builder_.add(index, record);
  end_ = LeafIndex{index.value + 1};
}

void GrowingRows::pass(LeafIndex index) {
  const MutexLock lock(mutex_);
  end_ = LeafIndex{index.value + 1};
}

index::IndexBuilder GrowingRows::take() {
  const MutexLock lock(mutex_);
  taken_ = true;
  return std::move(builder_);
}

LeafIndex GrowingRows::end() const {
  const MutexLock lock(mutex_);
  return end_;
}

Result<std::vector<std::uint64_t>> GrowingRows::find(const index::TermInput& term) const {
  const MutexLock lock(mutex_);
  if (taken_) return busy("these rows are cut now");
  const auto found = builder_.all().find(term);
  return found == builder_.all().end() ? std::vector<std::uint64_t>{} : found->second;
}

/// Opened when the first row is looked up, for one search.
class KeptRows::FileStretch final : public query::Stretch {
 public:
  FileStretch(const KeptRows& rows, Kept kept)
      : Stretch({{rows.origin_, kept.of.number},
                 kept.of.first,
                 kept.of.end,
                 kept.of.earliest_us,
                 kept.of.latest_us}),
        rows_(rows),
        kept_(std::move(kept)) {}

  Result<std::vector<std::uint64_t>> find(const index::TermInput& term) override {
    auto found = look_up(term);
    if (!found && is_damage(found.error())) rows_.drop(kept_.of.first);
    return found;
  }

 private:
  Result<std::vector<std::uint64_t>> look_up(const index::TermInput& term) {
    if (!file_) {
      ASSIGN_OR_RETURN(file_, open_rows(rows_.files_, rows_path(kept_.of), kept_.secret));
      if (file_->of() != kept_.of) return corrupt("the rows are of other records");
    }
    return file_->find(term);
  }

  const KeptRows& rows_;
  const Kept kept_;
  std::optional<index::RowsFile> file_;
};

class KeptRows::GrowingStretch final : public query::Stretch {
 public:
  explicit GrowingStretch(std::shared_ptr<const GrowingRows> rows)
      : Stretch({rows->scope(), rows->first(), rows->end(), 0, UINT64_MAX}),
        rows_(std::move(rows)) {}
  Result<std::vector<std::uint64_t>> find(const index::TermInput& term) override {
    return rows_->find(term);
  }

 private:
  const std::shared_ptr<const GrowingRows> rows_;
};

std::shared_ptr<query::Stretch> KeptRows::around(LeafIndex at) const {
  const MutexLock lock(mutex_);
  const auto behind = kept_.upper_bound(at);
  if (behind != kept_.begin() && at < std::prev(behind)->second.of.end)
    return std::make_shared<FileStretch>(*this, std::prev(behind)->second);
  if (growing_ && growing_->first() <= at && at < growing_->end())
    return std::make_shared<GrowingStretch>(growing_);
  return nullptr;
}

Result<void> KeptRows::load(const SecretOf& secret_of) {
  RETURN_IF_ERROR(files_.make_directory(kRowsFolder));
  ASSIGN_OR_RETURN(const auto names, files_.list(kRowsFolder));
  for (const std::string& name : names) RETURN_IF_ERROR(take_up(name, secret_of));
  return {};
}

/// A name is that of what is in it: a file cannot be put in another's place.
Result<void> KeptRows::take_up(const std::string& name, const SecretOf& secret_of) {
  const std::string path = kRowsFolder + "/" + name;
  const auto take = [&]() -> Result<void> {
    ASSIGN_OR_RETURN(const auto file, files_.open_read(path));
    Buffer head(index::kRowsHeadSize);
    RETURN_IF_ERROR(file->read(ByteOffset{0}, head));
    ASSIGN_OR_RETURN(const index::RowsOf of, index::parse_rows_head(head));
    if (rows_path(of) != path || of.extractor != events::kExtractorVersion)
      return invalid("it is another file, or of other rules");
    ASSIGN_OR_RETURN(const auto secret, secret_of(of.month));
    if (!secret) return not_found("its month has no secret");
    RETURN_IF_ERROR(open_rows(files_, path, *secret));
    const MutexLock lock(mutex_);
    const auto behind = kept_.upper_bound(of.first);
    if (behind != kept_.begin() && of.first < std::prev(behind)->second.of.end)
      return invalid("another file has these records");
    kept_.emplace(of.first, Kept{of, *secret});
    return {};
  };
  auto taken = take();
  if (!taken && is_damage(taken.error())) return files_.remove(path);
  return taken;
}

Result<void> KeptRows::keep(const index::IndexBuilder& rows, const format::MonthSecret& secret,
                            LeafIndex first, LeafIndex end) {
  index::RowsOf of{rows.scope().number,
                   secret.month,
                   events::kExtractorVersion,
                   first,
                   end,
                   rows.earliest_us(),
                   rows.latest_us(),
                   {}};
  random_.fill(of.salt.bytes);
  const Buffer bytes = index::encode_rows(of, secret, rows.all());
  ASSIGN_OR_RETURN(const std::uint64_t free, files_.free_bytes());
  if (free < reserve_bytes_ || free - reserve_bytes_ < bytes.size())
    return full("rows for searches find no room beside the reserve of the log");
  RETURN_IF_ERROR(env::write_durably(files_, rows_path(of), bytes));
  std::vector<std::string> replaced;
  {
    const MutexLock lock(mutex_);
    for (auto at = kept_.begin(); at != kept_.end();) {
      const bool overlaps = at->second.of.first < end && first < at->second.of.end;
      if (overlaps && rows_path(at->second.of) != rows_path(of))
        replaced.push_back(rows_path(at->second.of));
      at = overlaps ? kept_.erase(at) : std::next(at);
    }
    kept_.emplace(first, Kept{of, secret});
  }
  for (const std::string& path : replaced) RETURN_IF_ERROR(files_.remove(path));
  return {};
}

void KeptRows::grow(std::shared_ptr<const GrowingRows> rows) {
  const MutexLock lock(mutex_);
  growing_ = std::move(rows);
}

Result<void> KeptRows::forget(const std::function<bool(std::uint32_t month)>& is_gone) {
  std::vector<std::string> gone;
  {
    const MutexLock lock(mutex_);
    for (auto at = kept_.begin(); at != kept_.end();) {
      const bool goes = is_gone(at->second.of.month);
      if (goes) gone.push_back(rows_path(at->second.of));
      at = goes ? kept_.erase(at) : std::next(at);
    }
  }
  for (const std::string& path : gone) RETURN_IF_ERROR(files_.remove(path));
  return {};
}

std::optional<KeptRows::Hole> KeptRows::hole_below(LeafIndex end) const {
  const MutexLock lock(mutex_);
  auto at = kept_.lower_bound(end);
  while (at != kept_.begin()) {
    const index::RowsOf& before = std::prev(at)->second.of;
    if (before.end < end) return Hole{before.end, end};
    end = before.first;
    --at;
  }
  if (end.value == 0) return std::nullopt;
  return Hole{LeafIndex{0}, end};
}

bool KeptRows::take_damaged() {
  const MutexLock lock(mutex_);
  return std::exchange(damaged_, false);
}

void KeptRows::drop(LeafIndex first) const {
  const MutexLock lock(mutex_);
  damaged_ = kept_.erase(first) != 0 || damaged_;
}

}  // namespace varve::tools
