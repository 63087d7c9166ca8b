// What witnesses answered, on the disk and in the log.
#include <algorithm>

#include "api/outbound/witnesses.h"
#include "ledger/env/durable.h"

namespace varve::api {

void Witnesses::keep() {
  {
    const MutexLock one_writer(file_mutex_);
    keep_alarms();
    keep_newest();
  }
}

bool Witnesses::is_end_of_round(std::size_t address) {
  const MutexLock lock(mutex_);
  standings_[address].is_asked = false;
  const std::uint64_t now_ms = options_.clock->steady_ms();
  const TreeSize size = rounds_.current()->checkpoint.size;
  return std::ranges::all_of(standings_, [&](const Standing& one) {
    return !one.is_asked && (one.turn == turn_ || now_ms < one.not_before_ms || one.old > size);
  });
}

void Witnesses::record_newest() {
  if (cancelled_) return;
  const auto kept = newest();
  if (kept == nullptr) return;
  record_.offer(*kept);
  std::vector<HeardCosignature> heard;
  {
    const MutexLock lock(mutex_);
    heard = heard_;
  }
  evidence_.offer(*kept, heard);
}

void Witnesses::keep_alarms() {
  std::string text;
  {
    const MutexLock lock(mutex_);
    if (!alarms_to_keep_ || !alarms_trouble_.empty()) return;
    alarms_to_keep_ = false;
    text = format::alarms_text(alarms_);
  }
  const auto kept = env::write_durably(files_, options_.alarms_name, bytes_of(text));
  if (kept) return;
  say(Level::kError, "witness_alarms_not_kept", "",
      files_.system_path(options_.alarms_name) + ": " + kept.error().message);
  const MutexLock lock(mutex_);
  alarms_to_keep_ = true;  // with the next answer of a witness
}

void Witnesses::keep_newest() {
  std::optional<Witnessed> witnessed;
  {
    const MutexLock lock(mutex_);
    if (!kept_trouble_.empty()) return;
    std::swap(witnessed, to_keep_);
  }
  if (!witnessed) return;
  const auto kept = env::write_durably(files_, options_.kept_name, bytes_of(witnessed->note));
  if (!kept)
    say(Level::kError, "witnessed_checkpoint_not_kept", "",
        files_.system_path(options_.kept_name) + ": " + kept.error().message);
  const MutexLock lock(mutex_);
  if (!kept && !to_keep_) to_keep_ = std::move(witnessed);  // with the next answer of a witness
  if (!kept) return;
  newest_ = std::make_shared<const std::string>(std::move(witnessed->note));
  newest_size_ = witnessed->size;
}

}  // namespace varve::api
