// What the file `reads` has of one log: since when it is behind, and what must outlive this run.
#include <algorithm>
#include <utility>

#include "api/access/left_reports.h"
#include "api/access/reads_of_log.h"
#include "ledger/base/check.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kLeftBytesMax = kReportsBytesMax - format::kReportBytesMax;

Error cannot_keep(Error why) {
  why.message =
      "reads are put on record, the log takes no record, and neither does the file reads in its "
      "store: " +
      why.message;
  return why;
}

}  // namespace

/// What each of these was answered, in as few records as it takes.
std::vector<ReadsOfLog::Pending> ReadsOfLog::records_of(const std::vector<Waiting>& asked) const {
  const std::uint64_t now_us = clock_.now_us();
  std::vector<Pending> out;
  Open open;
  for (const Waiting& one : asked) {
    Readings& readings = open[one.reader];
    if (readings.take(one.answer, now_us)) continue;
    out.push_back(pending_of(one.reader, readings));
    readings = {};
    CHECK(readings.take(one.answer, now_us));
  }
  for (const auto& [reader, readings] : open) out.push_back(pending_of(reader, readings));
  return out;
}

/// Answers break-glass once the file has what was asked for.
void ReadsOfLog::spool() {
  std::vector<Waiting> asked;
  {
    const MutexLock lock(mutex_);
    asked = std::exchange(to_spool_, {});
  }
  if (asked.empty()) return;
  const Result<void> done = write_spool(records_of(asked));
  if (!done && !once_recorded_) {  // as anybody's: it waits in memory, where there is room
    for (const Waiting& one : asked) one.recorded(take(one.reader, one.answer));
    return;
  }
  {
    const MutexLock lock(mutex_);
    (done ? status_.by_break_glass : status_.refused) += asked.size();
  }
  for (const Waiting& one : asked) one.recorded(done);
}

Result<void> ReadsOfLog::write_spool(std::vector<Pending> fresh) {
  if (!file_) return cannot_keep(io_error("the server does not keep one, as it said at its start"));
  std::vector<Report> spooled = left_over();
  std::uint64_t since_us = all_before_us();
  {
    const MutexLock lock(mutex_);
    std::uint64_t bytes = bytes_;
    for (const Pending& one : fresh) {
      bytes += one.bytes;
      since_us = std::min(since_us, one.first_us);
      spooled.push_back(one.report);
    }
    if (bytes > kWaitingBytesMax) return cannot_keep(full("it is full"));
  }
  if (auto kept = file_->run(since_us, spooled); !kept) return cannot_keep(std::move(kept).error());
  for (const Pending& one : fresh)
    journal_.write(Level::kWarning, "read_by_break_glass",
                   {{"log", hosted_.name},
                    {"client", one.reader->client},
                    {"address", one.reader->address},
                    {"requests", one.requests}});
  keep_spooled(std::move(fresh), std::move(spooled));
  return {};
}

/// They wait in front of all that is read from now on.
void ReadsOfLog::keep_spooled(std::vector<Pending> fresh, std::vector<Report> spooled) {
  const MutexLock lock(mutex_);
  spooled_ = std::move(spooled);
  spooled_waiting_ += fresh.size();
  for (Pending& one : fresh) {
    bytes_ += one.bytes;
    bytes_of_[*one.reader] += one.bytes;
    add_waiting(*one.reader, one.requests);
    one.is_spooled = true;
    closed_.push_back(std::move(one));
  }
}

/// Everything that was answered before then is in the log. Refusals, which hold no answer, count not.
std::uint64_t ReadsOfLog::all_before_us() const {
  const MutexLock lock(mutex_);
  std::uint64_t first = clock_.now_us();
  if (under_way_ != 0) first = std::min(first, handed_since_us_);
  for (const Pending& one : closed_) first = std::min(first, one.first_us);
  for (const Open* open : {&open_, &awaited_, &summed_})
    for (const auto& [reader, readings] : *open) first = std::min(first, readings.first_us());
  return first;
}

/// An earlier time is true too, and what the file has is at most on record twice.
void ReadsOfLog::advance_file() {
  if (!file_) return;
  bool as_it_is = false;
  const std::vector<Report> left = left_over();
  {
    const MutexLock lock(mutex_);
    as_it_is = file_->runs() && left.size() == spooled_.size();
  }
  if (as_it_is && !left.empty()) return;
  if (as_it_is) return static_cast<void>(file_->advance(all_before_us()));
  if (!file_->run(all_before_us(), left)) return;
  const MutexLock lock(mutex_);
  if (left.empty()) spooled_.clear();
}

Result<void> ReadsOfLog::keep_file_aside(const Error& why) {
  ASSIGN_OR_RETURN(const std::string kept, file_->keep_aside(clock_.now_us()));
  journal_.write(Level::kWarning, "reads_file_kept",
                 {{"log", hosted_.name}, {"message", why.message + ": it is kept as " + kept}});
  return {};
}

/// All that the file has, as long as the log does not have all of it.
std::vector<Report> ReadsOfLog::left_over() const {
  const MutexLock lock(mutex_);
  return spooled_waiting_ == 0 ? std::vector<Report>() : spooled_;
}

/// Where the file cannot be written, reads go on, and what this run leaves unwritten is lost. But a token that
/// does not answer has no say in whether reads are missing: then the file stays, and the server does not start.
Result<void> ReadsOfLog::begin() {
  if (hosted_.files == nullptr || hosted_.has_ended) return {};
  file_.emplace(*hosted_.files, *hosted_.log);
  const auto left = file_->read();
  Result<void> begun;
  if (left) {
    take_up(*left);
  } else if (left.error().code == Code::kBusy) {
    begun = left.error();
  } else if (left.error().code != Code::kNotFound) {
    take_up(LeftReads{0});  // nobody knows
    begun = keep_file_aside(left.error());
  }
  const bool is_ours = begun.has_value();
  if (is_ours) begun = file_->run(all_before_us(), left_over());
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

/// What a file says that no server wrote, or more than one append takes, is a loss since nobody knows when.
void ReadsOfLog::take_up(LeftReads left) {
  const MutexLock lock(mutex_);
  const std::uint64_t now_us = clock_.now_us();
  std::uint64_t bytes = 0;
  const bool is_whole = std::ranges::all_of(left.reports, [&](const Report& report) {
    bytes += report.text.size();
    return first_us_of(report, hosted_.origin) && bytes <= kLeftBytesMax;
  });
  if (!is_whole) left = LeftReads{0};
  for (const Report& report : left.reports) {
    const std::uint64_t first_us = std::min(*first_us_of(report, hosted_.origin), now_us);
    refused_waits_ = refused_waits_ || report.kind == format::Kind::kRefusal;
    add(report, requests_of(report), first_us);
    closed_.back().is_spooled = true;
  }
  spooled_waiting_ = left.reports.size();
  spooled_ = std::move(left.reports);
  if (!left.lost_since_us) return;
  const format::Loss loss{hosted_.origin, std::min(*left.lost_since_us, now_us), now_us};
  add({format::Kind::kLoss, format::loss_text(loss)}, 0, loss.since_us);
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
