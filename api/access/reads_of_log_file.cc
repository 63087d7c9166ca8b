// What the file `reads` has of one log: since when it is behind, and what must outlive this run.
#include <algorithm>
#include <utility>

#include "api/access/left_reports.h"
#include "api/access/reads_of_log.h"
#include "ledger/base/check.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kLeftBytesMax = kReportsBytesMax - format::kReportBytesMax;
constexpr std::uint64_t kSpooledOverhead = 32;  // of a report: its line in the file, and its seal

}  // namespace

Error ReadsOfLog::cannot_keep(Error why) const {
  Error log = why_not_.value_or(busy("it has not answered yet"));
  log.message = "reads are put on record, the log takes no record (" + log.message +
                "), and neither does the file reads in its store: " + why.message;
  return log;
}

/// Whoever breaks the glass and waits for the log too long. It may have the record: then there are two.
void ReadsOfLog::take_overdue(std::vector<Waiting>& from) {
  const std::uint64_t now_ms = clock_.steady_ms();
  std::vector<Waiting> rest;
  for (Waiting& one : from) {
    const bool is_overdue =
        one.by == ReadBy::kBreakGlass && now_ms - one.since_ms >= kBreakGlassWaitsMs;
    (is_overdue ? to_spool_ : rest).push_back(std::move(one));
  }
  from = std::move(rest);
}

/// What the log did not take is open to more again, so that a reader has few reports however long that lasts.
void ReadsOfLog::gather_glass() {
  std::vector<Pending> rest;
  for (Pending& one : std::exchange(closed_, {})) {
    if (!one.readings) {
      rest.push_back(std::move(one));
      continue;
    }
    const format::Reader reader = *one.reader;
    const auto [found, is_new] = glass_.try_emplace(reader, one);
    if (is_new) continue;
    Pending& newer = found->second;
    Readings both = *one.readings;
    if (!both.join(*newer.readings)) {
      one.readings.reset();
      rest.push_back(std::move(one));
      continue;
    }
    take_off(one);
    spooled_.erase(newer.spooled);
    Breaking joined;
    joined.joined.push_back(spooled_of(reader, both, one.spooled));
    keep(reader, joined);
    file_is_behind_ = true;
  }
  closed_ = std::move(rest);
}

ReadsOfLog::Pending ReadsOfLog::spooled_of(const format::Reader& reader, const Readings& readings,
                                           std::uint64_t number) const {
  Pending out = pending_of(reader, readings);
  out.bytes = out.report.text.size() + kSpooledOverhead;
  out.spooled = number;
  out.readings = readings;
  return out;
}

ReadsOfLog::AllBreaking ReadsOfLog::take_breaking() {
  const MutexLock lock(mutex_);
  if (!stopped_ && file_) {
    for (auto& [number, waiting] : handed_) take_overdue(waiting);
    take_overdue(waiting_);
  }
  AllBreaking all;
  for (Waiting& one : std::exchange(to_spool_, {})) {
    const format::Reader reader = one.reader;
    all[reader].waiting.push_back(std::move(one));
  }
  if (!all.empty()) gather_glass();
  return all;
}

/// In the report that the file has of the reader, as long as that has room.
void ReadsOfLog::join(const format::Reader& reader, Breaking& one) {
  const std::uint64_t now_us = clock_.now_us();
  const auto open = glass_.find(reader);
  Readings readings = open == glass_.end() ? Readings() : *open->second.readings;
  std::uint64_t number = open == glass_.end() ? ++last_number_ : open->second.spooled;
  for (const Waiting& asked : one.waiting) {
    if (readings.take(asked.answer, now_us)) continue;
    one.joined.push_back(spooled_of(reader, readings, number));
    readings = {};
    number = ++last_number_;
    CHECK(readings.take(asked.answer, now_us));
  }
  one.joined.push_back(spooled_of(reader, readings, number));
}

/// What the file is to have. A reader whose share is full is told so, and nobody else.
ReadsOfLog::SpooledReports ReadsOfLog::find_room(AllBreaking& all) {
  SpooledReports spooled = to_write();
  std::uint64_t bytes = bytes_;
  for (auto& [reader, one] : all) {
    join(reader, one);
    std::uint64_t own = 0;
    for (const auto& [number, has] : spooled_)
      if (has.reader == reader) own += has.report.text.size() + kSpooledOverhead;
    std::uint64_t more = 0;
    for (const Pending& joined : one.joined) more += joined.bytes;
    if (const auto open = glass_.find(reader); open != glass_.end()) more -= open->second.bytes;
    if (own + more > kSpooledBytesOfOneMax)
      one.kept = cannot_keep(full("it is full of this client's reads"));
    else if (bytes + more > kWaitingBytesMax)
      one.kept = cannot_keep(full("it is full"));
    if (!one.kept) continue;
    bytes += more;
    for (const Pending& joined : one.joined) spooled[joined.spooled] = {joined.report, reader};
  }
  return spooled;
}

/// They wait in front of all that is read from now on.
void ReadsOfLog::keep(const format::Reader& reader, const Breaking& one) {
  if (const auto open = glass_.find(reader); open != glass_.end()) {
    take_off(open->second);
    glass_.erase(open);
  }
  for (const Pending& joined : one.joined) {
    bytes_ += joined.bytes;
    bytes_of_[reader] += joined.bytes;
    add_waiting(reader, joined.requests);
    spooled_[joined.spooled] = {joined.report, reader};
    if (&joined == &one.joined.back()) {
      glass_.emplace(reader, joined);
      continue;
    }
    closed_.push_back(joined);
    closed_.back().readings.reset();
  }
  status_.by_break_glass += one.waiting.size();
  asks_again_ = true;
}

/// Answers break-glass once the file has what was asked for.
void ReadsOfLog::spool() {
  AllBreaking all = take_breaking();
  if (all.empty()) return;
  write_spool(all);
  for (auto& [reader, one] : all) {
    if (one.kept)
      journal_.write(Level::kError, "read_by_break_glass",
                     {{"log", hosted_.name},
                      {"client", reader.client},
                      {"address", reader.address},
                      {"requests", one.waiting.size()}});
    const bool as_anybody = !one.kept && !once_recorded_;  // in memory, where there is room
    for (const Waiting& asked : one.waiting)
      asked.recorded(as_anybody ? take(reader, asked.answer) : one.kept);
  }
}

void ReadsOfLog::write_spool(AllBreaking& all) {
  SpooledReports spooled;
  {
    const MutexLock lock(mutex_);
    spooled = find_room(all);
  }
  const Result<void> written =
      file_ ? write_file(all_before_us(), spooled)
            : io_error("the server does not keep one, as it said at its start");
  const MutexLock lock(mutex_);
  for (auto& [reader, one] : all) {
    if (one.kept && !written) one.kept = cannot_keep(written.error());
    if (one.kept)
      keep(reader, one);
    else if (once_recorded_)
      status_.refused += one.waiting.size();
  }
}

/// Who fails to make a directory's entry durable does not know what the file has: it is written again.
Result<void> ReadsOfLog::write_file(std::uint64_t us, const SpooledReports& spooled) {
  std::vector<Report> reports;
  for (const auto& [number, has] : spooled) reports.push_back(has.report);
  Result<void> written = file_->run(us, reports);
  if (written) return written;
  const MutexLock lock(mutex_);
  file_is_behind_ = true;
  return written;
}

/// Everything that was answered before then is in the log. Refusals, which hold no answer, count not.
std::uint64_t ReadsOfLog::all_before_us() const {
  const MutexLock lock(mutex_);
  std::uint64_t first = clock_.now_us();
  if (under_way_ != 0) first = std::min(first, handed_since_us_);
  for (const Pending& one : closed_) first = std::min(first, one.first_us);
  for (const auto& [reader, one] : glass_) first = std::min(first, one.first_us);
  for (const Open* open : {&open_, &awaited_, &summed_})
    for (const auto& [reader, readings] : *open) first = std::min(first, readings.first_us());
  return first;
}

/// An earlier time is true too, and what the file has is at most on record twice.
void ReadsOfLog::advance_file() {
  if (!file_) return;
  SpooledReports left;
  bool is_behind = !file_->runs();
  {
    const MutexLock lock(mutex_);
    is_behind = is_behind || file_is_behind_;
    if (!is_behind && !spooled_.empty()) return;
    left = to_write();
  }
  if (is_behind)
    static_cast<void>(write_file(all_before_us(), left));
  else
    static_cast<void>(file_->advance(all_before_us()));
}

/// What changes from now on is not in it.
ReadsOfLog::SpooledReports ReadsOfLog::to_write() {
  file_is_behind_ = false;
  return spooled_;
}

Result<void> ReadsOfLog::keep_file_aside(const Error& why) {
  ASSIGN_OR_RETURN(const std::string kept, file_->keep_aside(clock_.now_us()));
  journal_.write(Level::kWarning, "reads_file_kept",
                 {{"log", hosted_.name}, {"message", why.message + ": it is kept as " + kept}});
  return {};
}

/// Where the file cannot be written, reads go on, and what this run leaves unwritten is lost. But a token that
/// does not answer has no say in whether reads are missing: then the file stays, and the server does not start.
Result<void> ReadsOfLog::begin() {
  if (hosted_.files == nullptr || hosted_.has_ended) return {};
  file_.emplace(*hosted_.files, *hosted_.log);
  const auto left = file_->read();
  Result<void> begun;
  const Result<void> taken = left ? take_up(*left) : Result<void>(left.error());
  if (!taken && taken.error().code == Code::kBusy) {
    begun = taken;
  } else if (!taken && taken.error().code != Code::kNotFound) {
    CHECK(take_up(LeftReads{0}).has_value());  // nobody knows
    begun = keep_file_aside(taken.error());
  }
  const bool is_ours = begun.has_value();
  if (is_ours) begun = write_taken_up();
  if (taken && left->lost_since_us && !left->reports.empty())
    journal_.write(Level::kError, "spooled_reads_found",
                   {{"log", hosted_.name}, {"requests", status().waiting}});
  if (begun) return {};
  const bool tries_again = is_ours && begun.error().code != Code::kNotFound;
  if (!tries_again || begun.error().code == Code::kBusy) file_.reset();
  if (begun.error().code == Code::kBusy)
    return std::move(begun).error().during("reading what the run before left of log " +
                                           hosted_.name);
  journal_.write(Level::kWarning, "reads_file_not_written",
                 {{"log", hosted_.name}, {"message", begun.error().message}});
  return {};
}

Result<void> ReadsOfLog::write_taken_up() {
  SpooledReports left;
  {
    const MutexLock lock(mutex_);
    left = to_write();
  }
  return write_file(all_before_us(), left);
}

/// Errors: kCorrupt  no server wrote it, or it is more than one append takes.
Result<void> ReadsOfLog::take_up(LeftReads left) {
  const MutexLock lock(mutex_);
  const std::uint64_t now_us = clock_.now_us();
  std::uint64_t bytes = 0;
  const bool is_whole = std::ranges::all_of(left.reports, [&](const Report& report) {
    bytes += report.text.size();
    return first_us_of(report, hosted_.origin) && bytes <= kLeftBytesMax;
  });
  if (!is_whole) return corrupt("the file reads in the store has what no server leaves there");
  for (Report& report : left.reports) {
    const std::uint64_t first_us = std::min(*first_us_of(report, hosted_.origin), now_us);
    refused_waits_ = refused_waits_ || report.kind == format::Kind::kRefusal;
    add(report, requests_of(report), first_us);
    closed_.back().spooled = ++last_number_;
    spooled_[last_number_].report = std::move(report);
  }
  if (!left.lost_since_us) return {};
  const format::Loss loss{hosted_.origin, std::min(*left.lost_since_us, now_us), now_us};
  add({format::Kind::kLoss, format::loss_text(loss)}, 0, loss.since_us);
  return {};
}

void ReadsOfLog::stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
  }
  spool();
  append(take_part(file_ ? Part::kNotSummed : Part::kAll));
}

void ReadsOfLog::end() {
  if (!file_) return;
  std::vector<Report> reports;
  {
    const MutexLock lock(mutex_);
    CHECK(under_way_ == 0);  // the log was stopped: it has answered
    close_all(summed_);
    for (Pending& one : std::exchange(closed_, {})) reports.push_back(std::move(one.report));
  }
  if (const auto ended = file_->end(reports); !ended)
    journal_.write(Level::kWarning, "reads_file_not_written",
                   {{"log", hosted_.name}, {"message", ended.error().message}});
  file_.reset();
}

}  // namespace varve::api
