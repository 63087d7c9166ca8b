// What waits of one log: open while more may join it, closed once it is the text of a record.
#include "api/access/reads_of_log.h"

#include <algorithm>
#include <utility>

#include "ledger/base/check.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kLookMs = 500;  // so that a record is there within a second
constexpr std::uint64_t kSumMs = 3'600'000;
constexpr std::size_t kGivenReadersMax = 1'000;  // more, and all that they read is due at once
constexpr std::size_t kGivenRangesMax = 1'000;
constexpr int kGiven = 200;                   // of HTTP
constexpr std::uint64_t kRefusedMs = 60'000;  // from one record of refusals to the next
// Nobody but break-glass is answered beyond this. The second half of what is left is for the file.
constexpr std::uint64_t kAnybodysBytesMax = kWaitingBytesMax - (1u << 20);
constexpr std::uint64_t kBreakGlassBytesMax = kWaitingBytesMax - (1u << 19);
constexpr std::uint64_t kWaitingBytesOfOneMax =
    kWaitingBytesMax / 2;  // one reader leaves room for others
// From here on sums are due at once: readers are not refused for what could be on record.
constexpr std::uint64_t kSumsMakeRoom = kWaitingBytesMax / 2;

}  // namespace

Error cannot_record(const std::optional<Error>& why) {
  if (!why) return busy("reads are put on record, and too many wait for that: ask again");
  return {why->code, "reads are put on record, and the log takes no record: " + why->message};
}

Result<void> ReadsOfLog::take(const format::Reader& reader, const ReadAnswer& answer) {
  const MutexLock lock(mutex_);
  return take_answered(reader, answer, ReadBy::kAnybody);
}

Result<void> ReadsOfLog::take_answered(const format::Reader& reader, const ReadAnswer& answer,
                                       ReadBy by) {
  if (is_full(reader, by)) {
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

void ReadsOfLog::take(const format::Reader& reader, const ReadAnswer& answer, ReadBy by,
                      Recorded recorded) {
  Result<void> taken;
  {
    const MutexLock lock(mutex_);
    if (goes_to_spool(reader, answer, by)) {
      to_spool_.push_back({std::move(recorded), reader, answer, by});
      return;
    }
    if (once_recorded_ && !is_full(reader, by) && answer.tells_of_events) {
      take_into(awaited_, reader, answer);
      add_waiting(reader, 1);
      waiting_.push_back({std::move(recorded), reader, answer, by, clock_.steady_ms()});
      return;
    }
    taken = take_answered(reader, answer, by);
  }
  recorded(std::move(taken));
}

/// Nobody waits for a log that takes no record. One that nobody asks again is asked first: it may take records by now.
bool ReadsOfLog::goes_to_spool(const format::Reader& reader, const ReadAnswer& answer,
                               ReadBy by) const {
  if (by != ReadBy::kBreakGlass || stopped_ || !takes_none()) return false;
  return answer.tells_of_events || is_full(reader, by);
}

bool ReadsOfLog::takes_none() const {
  return asks_again_ || (under_way_ != 0 && clock_.steady_ms() - handed_ms_ >= kBreakGlassWaitsMs);
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

bool ReadsOfLog::is_full(const format::Reader& reader, ReadBy by) const {
  const auto of_reader = bytes_of_.find(reader);
  return bytes_ > (by == ReadBy::kBreakGlass ? kBreakGlassBytesMax : kAnybodysBytesMax) ||
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
  closed_.push_back(pending_of(reader, readings));
  closed_.back().is_answered = &open != &awaited_;
}

ReadsOfLog::Pending ReadsOfLog::pending_of(const format::Reader& reader,
                                           const Readings& readings) const {
  Pending out;
  const format::Access record = readings.record(hosted_.origin, reader);
  out.report = {format::Kind::kAccess, format::access_text(record)};
  out.requests = readings.requests();
  out.bytes = readings.bytes();
  out.first_us = readings.first_us();
  out.reader = reader;
  return out;
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
  gather_glass();
  for (auto& [reader, pending] : std::exchange(glass_, {})) closed_.push_back(std::move(pending));
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
  if (under_way_ == 0) handed_ms_ = clock_.steady_ms();
  ++under_way_;
  handed_.emplace(++last_number_, std::exchange(waiting_, {}));
  return {std::exchange(closed_, {}), last_number_};
}

std::optional<std::uint64_t> ReadsOfLog::next_look() const {
  const MutexLock lock(mutex_);
  if (under_way_ != 0 || !closed_.empty() || !open_.empty() || !awaited_.empty() ||
      !glass_.empty() || (file_ && file_is_behind_))
    return kLookMs;
  std::optional<std::uint64_t> next;
  if (!summed_.empty()) next = sum_due_ms();
  if (!refused_.empty()) next = std::min(next.value_or(UINT64_MAX), refused_due_ms());
  return next;
}

std::optional<std::uint64_t> ReadsOfLog::write_due() {
  spool();
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
  bool somebody_waits = false;
  std::uint64_t spooled = 0;
  std::vector<Waiting> waiting;
  {
    const MutexLock lock(mutex_);
    waiting = std::move(handed_.extract(batch.number).mapped());
    somebody_waits = !waiting.empty();
    --under_way_;
    is_news = !done && !why_not_;
    if (done)
      spooled = settle_recorded(batch, waiting);
    else
      settle_refused(done.error(), batch, waiting);
  }
  if (is_news)
    journal_.write(Level::kWarning, "reads_not_recorded",
                   {{"log", hosted_.name}, {"message", done.error().message}});
  if (spooled != 0)
    journal_.write(Level::kWarning, "spooled_reads_recorded",
                   {{"log", hosted_.name}, {"requests", spooled}});
  for (const Waiting& one : waiting)
    one.recorded(done ? Result<void>() : cannot_record(done.error()));
  if (somebody_waits) look_again_();
}

std::uint64_t ReadsOfLog::settle_recorded(const Batch& batch, const std::vector<Waiting>& waiting) {
  std::uint64_t spooled = 0;
  why_not_.reset();
  asks_again_ = false;
  for (const Waiting& one : waiting) remember(one.reader, one.answer);
  for (const Pending& one : batch.pending) {
    take_off(one);
    status_.recorded += one.requests;
    if (one.report.kind == format::Kind::kRefusal) refused_waits_ = false;
    if (spooled_.erase(one.spooled) == 0) continue;
    file_is_behind_ = true;
    spooled += one.requests;
  }
  return spooled;
}

/// What was answered waits on, in front of what came meanwhile. What was not is refused, and no record
/// says that it was read.
void ReadsOfLog::settle_refused(const Error& why, Batch& batch, std::vector<Waiting>& waiting) {
  why_not_ = why;
  for (Pending& one : batch.pending) {
    if (!one.is_answered) take_off(one);
  }
  settle_waiting(waiting);
  std::erase_if(batch.pending, [](const Pending& one) { return !one.is_answered; });
  closed_.insert(closed_.begin(), std::make_move_iterator(batch.pending.begin()),
                 std::make_move_iterator(batch.pending.end()));
  asks_again_ = !closed_.empty() || !glass_.empty();
}

/// Break-glass waits on, for the file.
void ReadsOfLog::settle_waiting(std::vector<Waiting>& waiting) {
  std::vector<Waiting> refused;
  for (Waiting& one : waiting) {
    const bool spools = one.by == ReadBy::kBreakGlass && !stopped_;
    (spools ? to_spool_ : refused).push_back(std::move(one));
  }
  waiting = std::move(refused);
  status_.refused += waiting.size();
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

}  // namespace varve::api
