// What waits of one log: open while more may join it, closed once it is the text of a record.
#include "api/access/reads_of_log.h"

#include <algorithm>
#include <utility>

#include "api/access/left_reports.h"
#include "ledger/base/check.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kLookMs = 500;  // so that a record is there within a second
constexpr std::uint64_t kSumMs = 3'600'000;
constexpr std::size_t kGivenReadersMax = 1'000;  // more, and all that they read is due at once
constexpr std::size_t kGivenRangesMax = 1'000;
constexpr int kGiven = 200;                   // of HTTP
constexpr std::uint64_t kRefusedMs = 60'000;  // from one record of refusals to the next
// One append takes all that may wait, with the records that come last.
constexpr std::uint64_t kWaitingBytesMax = kReportsBytesMax - 2 * format::kReportBytesMax;
constexpr std::uint64_t kWaitingBytesOfOneMax =
    kWaitingBytesMax / 2;  // one reader leaves room for others
// From here on sums are due at once: readers are not refused for what could be on record.
constexpr std::uint64_t kSumsMakeRoom = kWaitingBytesMax / 2;

Error cannot_record(const std::optional<Error>& why) {
  if (!why) return busy("reads are put on record, and too many wait for that: ask again");
  return {why->code, "reads are put on record, and the log takes no record: " + why->message};
}

}  // namespace

Result<void> ReadsOfLog::take(const format::Reader& reader, const ReadAnswer& answer) {
  const MutexLock lock(mutex_);
  if (is_full(reader)) {
    ++status_.refused;
    return cannot_record(why_not_);
  }
  const bool at_once = is_due_at_once(reader, answer);
  if (!at_once && summed_.empty()) summed_since_ms_ = clock_.steady_ms();
  take_into(at_once ? open_ : summed_, reader, answer);
  remember(reader, answer);
  if (at_once)
    add_waiting(reader, 1);
  else
    ++status_.summed;
  return {};
}

void ReadsOfLog::take(const format::Reader& reader, const ReadAnswer& answer, Recorded recorded) {
  {
    const MutexLock lock(mutex_);
    if (!is_full(reader) && answer.tells_of_events) {
      take_into(awaited_, reader, answer);
      add_waiting(reader, 1);
      waiting_.push_back({std::move(recorded), reader, answer});
      return;
    }
  }
  recorded(take(reader, answer));
}

bool ReadsOfLog::is_due_at_once(const format::Reader& reader, const ReadAnswer& answer) const {
  if (!answer.tells_of_events) return false;
  if (!answer.last_event_of_bundle && !answer.is_search) return true;
  if (clock_.steady_ms() - given_since_ms_ >= kSumMs) return true;
  if (answer.status == kNothingFound) return !told_nothing_.contains(reader);
  const auto given = given_.find(reader);
  if (given == given_.end()) return true;
  const auto was_given = [&given](const format::IndexRange& asked) {
    return std::ranges::any_of(given->second, [&asked](const format::IndexRange& range) {
      return range.first <= asked.first && asked.last <= range.last;
    });
  };
  const LeafIndex last = answer.last_event_of_bundle.value_or(answer.records.last);
  return !was_given({answer.records.first, last}) ||
         !std::ranges::all_of(answer.further, was_given);
}

/// That the reader was given a bundle or what a search found, or was told that one found nothing: it is on record,
/// or will be whatever happens. Whoever asked without getting it (HEAD, another status) was given nothing.
void ReadsOfLog::remember(const format::Reader& reader, const ReadAnswer& answer) {
  if ((!answer.last_event_of_bundle && !answer.is_search) || answer.method == "HEAD") return;
  if (answer.status != kGiven && answer.status != kNothingFound) return;
  const std::uint64_t now_ms = clock_.steady_ms();
  if ((given_.empty() && told_nothing_.empty()) || now_ms - given_since_ms_ >= kSumMs) {
    given_.clear();
    told_nothing_.clear();
    given_since_ms_ = now_ms;
  }
  if (answer.status == kNothingFound) {
    if (told_nothing_.size() < kGivenReadersMax) told_nothing_.insert(reader);
    return;
  }
  if (given_.size() >= kGivenReadersMax && !given_.contains(reader)) return;
  std::vector<format::IndexRange>& given = given_[reader];
  if (given.size() < kGivenRangesMax) add_range(given, answer.records);
  for (const format::IndexRange& range : answer.further)
    if (given.size() < kGivenRangesMax) add_range(given, range);
}

bool ReadsOfLog::is_full(const format::Reader& reader) const {
  const auto of_reader = bytes_of_.find(reader);
  return bytes_ > kWaitingBytesMax ||
         (of_reader != bytes_of_.end() && of_reader->second > kWaitingBytesOfOneMax);
}

/// What is closed stays counted.
void ReadsOfLog::take_into(Open& open, const format::Reader& reader, const ReadAnswer& answer) {
  const std::uint64_t now_us = clock_.now_us();
  const auto [found, is_new] = open.try_emplace(reader);
  Readings& readings = found->second;
  std::uint64_t before = is_new ? 0 : readings.bytes();
  if (!readings.take(answer, now_us)) {
    close(open, reader, readings);
    before = 0;
    readings = {};
    CHECK(readings.take(answer, now_us));
  }
  bytes_ += readings.bytes();
  bytes_ -= before;
  bytes_of_[reader] += readings.bytes() - before;
}

void ReadsOfLog::take(const format::Refused& attempt) {
  const MutexLock lock(mutex_);
  refused_.take(attempt, clock_.now_us());
}

void ReadsOfLog::add_waiting(const format::Reader& reader, std::uint64_t requests) {
  status_.waiting += requests;
  waiting_of_[reader] += requests;
}

/// It waits no more.
void ReadsOfLog::take_off(const Pending& pending) {
  bytes_ -= pending.bytes;
  status_.waiting -= pending.requests;
  if (!pending.reader) return;
  if (const auto bytes = bytes_of_.find(*pending.reader); bytes != bytes_of_.end())
    if ((bytes->second -= pending.bytes) == 0) bytes_of_.erase(bytes);
  const auto found = waiting_of_.find(*pending.reader);
  CHECK(found != waiting_of_.end());
  found->second -= pending.requests;
  if (found->second == 0) waiting_of_.erase(found);
}

void ReadsOfLog::close(const Open& open, const format::Reader& reader, const Readings& readings) {
  if (&open == &summed_) {
    status_.summed -= readings.requests();
    add_waiting(reader, readings.requests());
  }
  const format::Access record = readings.record(hosted_.origin, reader);
  closed_.push_back({{format::Kind::kAccess, format::access_text(record)},
                     readings.requests(),
                     readings.bytes(),
                     readings.first_us(),
                     &open != &awaited_,
                     reader});
}

void ReadsOfLog::close_all(Open& open) {
  for (const auto& [reader, readings] : open) close(open, reader, readings);
  open.clear();
}

/// One that is not of what is open here. Until it is on record the file says that nothing since `first_us` is.
void ReadsOfLog::add(Report report, std::uint64_t requests, std::uint64_t first_us) {
  const std::uint64_t bytes = report.text.size();
  bytes_ += bytes;
  status_.waiting += requests;
  closed_.push_back({std::move(report), requests, bytes, first_us});
}

void ReadsOfLog::close_refused() {
  add({format::Kind::kRefusal, format::refusals_text(refused_.record(hosted_.origin))}, 0,
      clock_.now_us());
  refused_ = {};
  refused_ms_ = clock_.steady_ms();
  refused_waits_ = true;
}

/// In how many milliseconds.
std::uint64_t ReadsOfLog::sum_due_ms() const {
  if (bytes_ > kSumsMakeRoom) return 0;
  const std::uint64_t passed = clock_.steady_ms() - summed_since_ms_;
  return kSumMs - std::min(kSumMs, passed);
}

std::uint64_t ReadsOfLog::refused_due_ms() const {
  if (!refused_ms_) return 0;
  const std::uint64_t passed = clock_.steady_ms() - *refused_ms_;
  return kRefusedMs - std::min(kRefusedMs, passed);
}

/// Refusals of which the last record waits still join the next one: nobody fills the memory with them.
ReadsOfLog::Batch ReadsOfLog::take_part(Part part) {
  const MutexLock lock(mutex_);
  close_all(open_);
  close_all(awaited_);
  const bool sums = part == Part::kAll || (part == Part::kDue && sum_due_ms() == 0);
  if (!summed_.empty() && sums) close_all(summed_);
  const bool refusals = part != Part::kDue || refused_due_ms() == 0;
  if (!refused_.empty() && !refused_waits_ && refusals) close_refused();
  if (closed_.empty()) return {};
  const std::uint64_t first_us =
      std::ranges::min_element(closed_, {}, &Pending::first_us)->first_us;
  handed_since_us_ = under_way_ == 0 ? first_us : std::min(handed_since_us_, first_us);
  ++under_way_;
  return {std::exchange(closed_, {}), std::exchange(waiting_, {})};
}

std::optional<std::uint64_t> ReadsOfLog::next_look() const {
  const MutexLock lock(mutex_);
  if (under_way_ != 0 || !closed_.empty() || !open_.empty() || !awaited_.empty()) return kLookMs;
  std::optional<std::uint64_t> next;
  if (!summed_.empty()) next = sum_due_ms();
  if (!refused_.empty()) next = std::min(next.value_or(UINT64_MAX), refused_due_ms());
  return next;
}

std::optional<std::uint64_t> ReadsOfLog::write_due() {
  {
    const MutexLock lock(mutex_);
    if (under_way_ != 0) return kLookMs;
  }
  append(take_part(Part::kDue));
  advance_file();
  return next_look();
}

void ReadsOfLog::write_rest() {
  append(take_part(Part::kAll));
}

void ReadsOfLog::append(Batch batch) {
  if (batch.pending.empty()) return;
  std::vector<Report> reports;
  reports.reserve(batch.pending.size());
  for (const Pending& one : batch.pending) reports.push_back(one.report);
  auto kept = std::make_shared<Batch>(std::move(batch));
  hosted_.log->append_reports(std::move(reports),
                              [self = shared_from_this(), kept](const Result<Appended>& done) {
                                self->settle(done, std::move(*kept));
                              });
}

void ReadsOfLog::settle(const Result<Appended>& done, Batch batch) {
  bool is_news = false;
  {
    const MutexLock lock(mutex_);
    --under_way_;
    is_news = !done && !why_not_;
    if (done)
      settle_recorded(batch);
    else
      settle_refused(done.error(), batch);
  }
  if (is_news)
    journal_.write(Level::kWarning, "reads_not_recorded",
                   {{"log", hosted_.name}, {"message", done.error().message}});
  for (const Waiting& one : batch.waiting)
    one.recorded(done ? Result<void>() : cannot_record(done.error()));
  if (!batch.waiting.empty()) look_again_();
}

void ReadsOfLog::settle_recorded(const Batch& batch) {
  why_not_.reset();
  for (const Waiting& one : batch.waiting) remember(one.reader, one.answer);
  for (const Pending& one : batch.pending) {
    take_off(one);
    status_.recorded += one.requests;
    if (one.report.kind == format::Kind::kRefusal) refused_waits_ = false;
  }
}

/// What was answered waits on, in front of what came meanwhile. What was not is refused, and no record
/// says that it was read.
void ReadsOfLog::settle_refused(const Error& why, Batch& batch) {
  why_not_ = why;
  for (Pending& one : batch.pending) {
    if (one.is_answered) continue;
    take_off(one);
    status_.refused += one.requests;
  }
  std::erase_if(batch.pending, [](const Pending& one) { return !one.is_answered; });
  closed_.insert(closed_.begin(), std::make_move_iterator(batch.pending.begin()),
                 std::make_move_iterator(batch.pending.end()));
}

ReadsStatus ReadsOfLog::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

std::uint64_t ReadsOfLog::waiting_of(const format::Reader& reader) const {
  const MutexLock lock(mutex_);
  const auto found = waiting_of_.find(reader);
  return found == waiting_of_.end() ? 0 : found->second;
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

void ReadsOfLog::advance_file() {
  if (file_) static_cast<void>(file_->advance(all_before_us()));  // an earlier time is true too
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
  if (left) {
    take_up(*left);
  } else if (left.error().code == Code::kBusy) {
    begun = left.error();
  } else if (left.error().code != Code::kNotFound) {
    take_up(LeftReads{0});  // nobody knows
    begun = keep_file_aside(left.error());
  }
  if (begun) begun = file_->begin(all_before_us());
  if (begun) return {};
  file_.reset();
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
  for (const Report& report : left.reports) {
    const auto first_us = first_us_of(report, hosted_.origin);
    bytes += report.text.size();
    if (!first_us || bytes > kWaitingBytesMax) left.lost_since_us = 0;
  }
  if (left.lost_since_us == std::uint64_t{0}) left.reports.clear();
  for (Report& report : left.reports) {
    const std::uint64_t first_us = std::min(*first_us_of(report, hosted_.origin), now_us);
    const std::uint64_t requests = requests_of(report);
    refused_waits_ = refused_waits_ || report.kind == format::Kind::kRefusal;
    add(std::move(report), requests, first_us);
  }
  if (!left.lost_since_us) return;
  const format::Loss loss{hosted_.origin, std::min(*left.lost_since_us, now_us), now_us};
  add({format::Kind::kLoss, format::loss_text(loss)}, 0, loss.since_us);
}

void ReadsOfLog::stop() {
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
