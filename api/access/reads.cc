// What waits, log by log, and the thread that hands it over.
#include "api/access/reads.h"

#include <chrono>
#include <utility>

#include "api/access/reads_of_log.h"
#include "ledger/base/check.h"

namespace varve::api {
namespace {

constexpr std::chrono::milliseconds kWait{500};  // so that a record is there within a second
// One append takes all that may wait, with the record that comes last.
constexpr std::uint64_t kWaitingBytesMax = kReportsBytesMax - format::kReportBytesMax;

Error cannot_record(const std::optional<Error>& why) {
  if (!why) return busy("reads are put on record, and too many wait for that: ask again");
  return {why->code, "reads are put on record, and the log takes no record: " + why->message};
}

}  // namespace

Result<void> ReadsOfLog::take(const format::Reader& reader, const ReadAnswer& answer,
                              std::uint64_t now_us) {
  const MutexLock lock(mutex_);
  if (bytes_ > kWaitingBytesMax) {
    ++status_.refused;
    return cannot_record(why_not_);
  }
  const auto [found, is_new] = open_.try_emplace(reader);
  const std::uint64_t before = is_new ? 0 : found->second.bytes();
  if (!found->second.take(answer, now_us)) {
    close(reader, found->second);
    found->second = {};
    CHECK(found->second.take(answer, now_us));
    bytes_ += found->second.bytes();
  } else {
    bytes_ += found->second.bytes();
    bytes_ -= before;
  }
  ++status_.waiting;
  return {};
}

/// Its bytes stay counted.
void ReadsOfLog::close(const format::Reader& reader, const Readings& readings) {
  const format::Access record = readings.record(hosted_.origin, reader);
  closed_.push_back({{format::Kind::kAccess, format::access_text(record)},
                     readings.requests(),
                     readings.bytes()});
}

std::vector<ReadsOfLog::Pending> ReadsOfLog::take_pending() {
  const MutexLock lock(mutex_);
  for (const auto& [reader, readings] : open_) close(reader, readings);
  open_.clear();
  under_way_ += closed_.empty() ? 0u : 1u;
  return std::exchange(closed_, {});
}

bool ReadsOfLog::write() {
  {
    const MutexLock lock(mutex_);
    if (under_way_ != 0) return true;
  }
  append(take_pending());
  return status().waiting != 0;
}

void ReadsOfLog::write_rest() {
  append(take_pending());
}

void ReadsOfLog::append(std::vector<Pending> pending) {
  if (pending.empty()) return;
  std::vector<Report> reports;
  reports.reserve(pending.size());
  for (const Pending& one : pending) reports.push_back(one.report);
  hosted_.log->append_reports(std::move(reports),
                              [self = shared_from_this(), pending = std::move(pending)](
                                  const Result<Appended>& done) { self->settle(done, pending); });
}

/// What the log did not take waits on, in front of what came meanwhile.
void ReadsOfLog::settle(const Result<Appended>& done, std::vector<Pending> pending) {
  MutexLock lock(mutex_);
  --under_way_;
  if (!done) {
    closed_.insert(closed_.begin(), std::make_move_iterator(pending.begin()),
                   std::make_move_iterator(pending.end()));
    const bool is_news = !why_not_;
    why_not_ = done.error();
    lock.unlock();
    if (is_news)
      journal_.write(Level::kWarning, "reads_not_recorded",
                     {{"log", hosted_.name}, {"message", done.error().message}});
    return;
  }
  why_not_.reset();
  for (const Pending& one : pending) {
    bytes_ -= one.bytes;
    status_.waiting -= one.requests;
    status_.recorded += one.requests;
  }
}

ReadsStatus ReadsOfLog::status() const {
  const MutexLock lock(mutex_);
  return status_;
}

Reads::Reads(const std::vector<HostedLog>& logs, env::Clock& clock, Journal& journal)
    : logs_(logs), clock_(clock) {
  for (const HostedLog& hosted : logs)
    of_logs_.push_back(std::make_shared<ReadsOfLog>(hosted, journal));
}

Reads::~Reads() {
  stop();
}

void Reads::start() {
  CHECK(!thread_.joinable());
  thread_ = std::thread([this] { run(); });
}

ReadsOfLog& Reads::of(const HostedLog& log) const {
  const auto index = static_cast<std::size_t>(&log - logs_.data());
  CHECK(index < of_logs_.size());
  return *of_logs_[index];
}

Result<void> Reads::take(const HostedLog& log, const format::Reader& reader,
                         const ReadAnswer& answer) {
  if (log.has_ended) return {};
  RETURN_IF_ERROR(of(log).take(reader, answer, clock_.now_us()));
  const MutexLock lock(mutex_);
  if (!waiting_) changed_.notify_one();
  waiting_ = true;
  return {};
}

void Reads::write_now() {
  for (const auto& of_log : of_logs_) of_log->write_rest();
}

/// Asks each log in turn, and waits for none: one that is slow gets the next ones later.
void Reads::run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    if (!waiting_) {
      changed_.wait(mutex_);
      continue;
    }
    const Deadline deadline{kWait};
    while (!stopping_)
      if (!changed_.wait_until(mutex_, deadline)) break;
    if (stopping_) break;
    waiting_ = false;
    lock.unlock();
    bool left = false;
    for (const auto& of_log : of_logs_) left = of_log->write() || left;
    lock.lock();
    waiting_ = waiting_ || left;
  }
}

void Reads::stop() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  write_now();
}

ReadsStatus Reads::status(const HostedLog& log) const {
  return of(log).status();
}

}  // namespace varve::api
