// The law, and what follows from it for a log whose machine tells lies about the time.
#include "tests/sim/sim_auditor.h"

#include <algorithm>
#include <set>

#include "ledger/format/record.h"
#include "ledger/format/retention.h"
#include "ledger/store/month_keys.h"

namespace varve::sim {

std::optional<std::string> SimAuditor::audit(const state::Storage& storage, read::Reader& reader,
                                             std::uint64_t ran_us) {
  fold_.emplace(first_);
  std::uint64_t sent = 0;
  const std::uint64_t size = storage.latest()->checkpoint.size.value;
  for (LeafIndex at; at.value < size;) {
    const auto records = reader.records(at, size - at.value);
    if (!records && records.error().code == Code::kBusy) return std::nullopt;
    if (!records) return "the auditor cannot read: " + records.error().message;
    for (const Buffer& bytes : *records) {
      if (const auto wrong = fold_->apply(at, bytes, merkle::leaf_hash(bytes)))
        return "the auditor finds: " + verify::sentence(*wrong);
      sent += format::decode_record(bytes)->source == format::kLogItself ? 0u : 1u;
      ++at.value;
    }
  }
  if (const auto wrong = fold_->finish()) return "the auditor finds: " + verify::sentence(*wrong);
  sent_ = sent;
  if (auto wrong = check_time(ran_us)) return wrong;
  return check_months(size);
}

/// No clock of the host's makes time: a log's own clock says at most what the machine ran, and seven
/// days more for each 365.
std::optional<std::string> SimAuditor::check_time(std::uint64_t ran_us) const {
  const auto& clocks = fold_->retention().timeline().points();
  if (clocks.empty()) return "the log has no clock record";
  const rules::ClockPoint& newest = clocks.back();
  if (newest.running_us > ran_us) return "the log claims to have run when it did not";
  if (newest.reading_us - clocks.front().reading_us > ran_us + ran_us / 365 * 7 + 7)
    return "the compliance clock is ahead of what the log ran";
  return std::nullopt;
}

/// Each segment is of the month that its first record is of, by the records alone; and there is a
/// clock record where one has to be, and nowhere else.
std::optional<std::string> SimAuditor::check_months(std::uint64_t size) const {
  const auto segments = store::all_segments(disk_);
  if (!segments) return "the segments' headers cannot be read: " + segments.error().message;
  std::set<std::uint64_t> begins;
  for (std::size_t k = 0; k < segments->size(); ++k) {
    const store::SegmentHeader& segment = (*segments)[k];
    const bool is_empty = k + 1 < segments->size() && (*segments)[k + 1].first == segment.first;
    if (is_empty || segment.first.value >= size) continue;  // a crash came before its first record
    begins.insert(segment.first.value);
    const rules::Retention& log = fold_->retention();
    if (log.key_period(log.month_of(segment.first)->month) != segment.period())
      return "segment " + std::to_string(segment.ordinal) + " is of another month than its records";
  }
  const auto& clocks = fold_->retention().timeline().points();
  std::set<std::uint64_t> stood;
  for (std::size_t k = 0; k < clocks.size(); ++k) {
    stood.insert(clocks[k].index.value);
    const bool begins_log = k == 0 && clocks[0].index.value == 2;  // behind the key and the policy
    const std::uint64_t longest_us = format::unit_us(fold_->retention().policy());
    const bool is_due = k > 0 && clocks[k].running_us - clocks[k - 1].running_us >= longest_us;
    if (!begins_log && !is_due && !begins.contains(clocks[k].index.value))
      return "clock record " + std::to_string(k) + " has no reason";
  }
  begins.erase(0);
  if (!std::ranges::includes(stood, begins)) return "a segment begins without a clock record";
  return std::nullopt;
}

}  // namespace varve::sim
