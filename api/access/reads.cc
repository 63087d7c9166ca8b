// What waits, log by log, and the thread that hands it over.
#include "api/access/reads.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/access/reads_of_log.h"
#include "ledger/base/check.h"
#include "ledger/env/thread.h"

namespace varve::api {
namespace {

constexpr std::chrono::milliseconds kNothingWaits{86'400'000};  // as long as anything
constexpr std::chrono::milliseconds kNoWait{0};
constexpr std::chrono::milliseconds kWait{500};  // so that a record is there within a second

}  // namespace

Reads::Reads(const HostedLogs& logs, const env::Clock& clock, Journal& journal,
             ReadAnswered answered)
    : logs_(logs),
      clock_(clock),
      journal_(journal),
      once_recorded_(answered == ReadAnswered::kOnceItIsOnRecord) {
  for (const HostedLog& hosted : logs.all()) of_logs_.push_back(make(hosted));
}

Reads::OfLog Reads::make(const HostedLog& log) {
  const auto answered =
      once_recorded_ ? ReadAnswered::kOnceItIsOnRecord : ReadAnswered::kBeforeItIsOnRecord;
  return std::make_shared<ReadsOfLog>(log, clock_, journal_, answered, [this] { look_soon(); });
}

/// As of now: no log waits for the others.
std::vector<Reads::OfLog> Reads::all() const {
  const MutexLock lock(logs_mutex_);
  return of_logs_;
}

Reads::~Reads() {
  stop();
}

Result<void> Reads::start() {
  CHECK(!thread_.joinable());
  for (const OfLog& of_log : all()) RETURN_IF_ERROR(of_log->begin());
  look_soon();
  auto started = env::start_thread([this] { run(); });
  if (!started) return std::move(started).error().during("starting to put reads on record");
  thread_ = std::move(*started);
  return {};
}

Result<void> Reads::add(std::span<const HostedLog> more) {
  std::vector<OfLog> fresh;
  for (const HostedLog& hosted : more) {
    OfLog of_log = make(hosted);
    if (auto begun = of_log->begin(); !begun) {
      for (const OfLog& begun_before : fresh) begun_before->end();  // nobody has read anything
      return begun;
    }
    fresh.push_back(std::move(of_log));
  }
  {
    const MutexLock lock(logs_mutex_);
    of_logs_.insert(of_logs_.end(), fresh.begin(), fresh.end());
  }
  look_soon();  // the run before may have left some
  return {};
}

Reads::OfLog Reads::of(const HostedLog& log) const {
  const auto index = static_cast<std::size_t>(&log - logs_.all().data());
  const MutexLock lock(logs_mutex_);
  CHECK(index < of_logs_.size());
  return of_logs_[index];
}

Result<void> Reads::take(const HostedLog& log, const format::Reader& reader,
                         const ReadAnswer& answer) {
  if (log.has_ended) return {};
  RETURN_IF_ERROR(of(log)->take(reader, answer));
  look_soon();
  return {};
}

void Reads::take(const HostedLog& log, const format::Reader& reader, const ReadAnswer& answer,
                 ReadBy by, Recorded recorded) {
  if (log.has_ended) return recorded({});
  of(log)->take(reader, answer, by, std::move(recorded));
  look_soon();
}

void Reads::take(const HostedLog& log, const format::Refused& attempt) {
  if (log.has_ended) return;
  of(log)->take(attempt);
  look_soon();
}

void Reads::look_soon() {
  const MutexLock lock(mutex_);
  if (!waiting_) changed_.notify_one();
  waiting_ = true;
}

std::optional<std::uint64_t> Reads::write_due() {
  std::optional<std::uint64_t> next;
  for (const OfLog& of_log : all())
    if (const auto look = of_log->write_due()) next = std::min(next.value_or(UINT64_MAX), *look);
  return next;
}

void Reads::write_rest() {
  for (const OfLog& of_log : all()) of_log->write_rest();
}

/// Asks each log in turn, and waits for none: one that is slow gets the next ones later. What somebody
/// waits for is handed over at once, or when the log has answered what it has.
void Reads::run() {
  Deadline later{kNothingWaits};
  MutexLock lock(mutex_);
  while (!stopping_) {
    if (waiting_) {
      const Deadline soon{once_recorded_ ? kNoWait : kWait};
      while (!stopping_ && changed_.wait_until(mutex_, soon)) continue;
    } else if (changed_.wait_until(mutex_, later)) {
      continue;
    }
    if (stopping_) break;
    waiting_ = false;
    lock.unlock();
    const auto next_ms = write_due();
    later = Deadline(next_ms ? std::chrono::milliseconds(*next_ms) : kNothingWaits);
    lock.lock();
  }
}

void Reads::stop() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (const OfLog& of_log : all()) of_log->stop();
}

void Reads::end() {
  for (const OfLog& of_log : all()) of_log->end();
}

std::uint64_t Reads::waiting(const HostedLog& log, const format::Reader& reader) const {
  return of(log)->waiting_of(reader);
}

ReadsStatus Reads::status(const HostedLog& log) const {
  return of(log)->status();
}

}  // namespace varve::api
