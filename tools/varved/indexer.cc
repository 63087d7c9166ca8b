// Record after record, and a commitment now and then.
#include "tools/varved/indexer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ledger/env/thread.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/upkeep/append_and_wait.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kMillisecondsPerMinute = 60'000;
constexpr std::uint64_t kReadAtOnce = 256;

}  // namespace

Indexer::Indexer(IndexerOptions options, Log& log, const env::Clock& clock, api::Journal& journal)
    : options_(std::move(options)), log_(log), clock_(clock), journal_(journal) {}

void Indexer::start() {
  auto started = env::start_thread([this] { run(); });
  if (started)
    thread_ = std::move(*started);
  else
    journal_.write(api::Level::kError, "not_indexed",
                   {{"log", options_.name},
                    {"message", "no index is made until varved is started again: " +
                                    started.error().message}});
}

void Indexer::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Indexer::is_stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

/// Once a second where events wait a minute, once a minute where they wait an hour or longer.
void Indexer::run() {
  const std::chrono::seconds pause(std::min(options_.wait_minutes, 60u));
  for (;;) {
    if (const auto looked = look(); looked) {
      told_.clear();
    } else if (!is_stopping() && std::exchange(told_, looked.error().message) != told_) {
      journal_.write(api::Level::kWarning, "index_waits",
                     {{"log", options_.name}, {"message", looked.error().message}});
    }
    const Deadline deadline(pause);
    const MutexLock lock(mutex_);
    while (!stopping_ && changed_.wait_until(mutex_, deadline)) continue;
    if (stopping_) return;
  }
}

/// What was read and is in no index is read again.
void Indexer::restart() {
  indexed_ = log_.view().indexed;
  first_ = next_ = end_of(indexed_.end);
  month_.reset();
  builder_.reset();
  made_.reset();
  begun_ = true;
}

Result<void> Indexer::look() {
  if (!begun_) restart();
  if (made_) RETURN_IF_ERROR(append());
  const LedgerView view = log_.view();
  const TreeSize size = view.newest->checkpoint.size;
  while (contains(size, next_) && !is_stopping()) {
    ASSIGN_OR_RETURN(const auto entries,
                     log_.records(next_, std::min(kReadAtOnce, size.value - next_.value)));
    for (const Buffer& entry : entries) {
      RETURN_IF_ERROR(read(next_, entry, *view.retention));
      ++next_.value;
      if (is_full()) RETURN_IF_ERROR(commit(next_));
    }
  }
  return is_due() ? commit(next_) : Result<void>();
}

bool Indexer::is_full() const {
  return builder_ && builder_->events() != 0 &&
         (builder_->rows() >= options_.rows_max || builder_->entries() >= options_.entries_max);
}

bool Indexer::is_due() const {
  return builder_ && builder_->events() != 0 &&
         clock_.steady_ms() - oldest_ms_ >= options_.wait_minutes * kMillisecondsPerMinute;
}

/// Records from before the log had a clock are of no month, and in no index.
Result<void> Indexer::read(LeafIndex index, Bytes entry, const rules::Retention& retention) {
  const rules::Month* const month = retention.month_of(index);
  if (month == nullptr) return {};
  if (month_ != month->month) RETURN_IF_ERROR(enter_month(index, *month));
  if (!builder_ || format::is_tombstone(entry)) return {};
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry));
  const bool was_empty = builder_->events() == 0;
  builder_->add(index, record);
  if (was_empty) oldest_ms_ = clock_.steady_ms();
  return {};
}

/// An index is of one month. One that was disposed of, or has no secret, is in none.
Result<void> Indexer::enter_month(LeafIndex index, const rules::Month& month) {
  if (builder_ && builder_->events() != 0) RETURN_IF_ERROR(commit(index));
  month_ = month.month;
  builder_.reset();
  if (month.disposal) return {};
  ASSIGN_OR_RETURN(const auto secret, secret_of(month.month));
  if (secret)
    begin_index(index);
  else
    journal_.write(
        api::Level::kWarning, "month_not_indexed",
        {{"log", options_.name},
         {"record", index.value},
         {"message", "the month that begins there has no secret, so no index is of it"}});
  return {};
}

void Indexer::begin_index(LeafIndex first) {
  first_ = first;
  builder_.emplace(index::Scope{options_.origin, indexed_.count},
                   index::IndexMonth{*month_, log_.view().retention->policy().mode});
}

/// It stands behind the first clock record of its month. Nothing: there is none, or none any more.
Result<std::optional<format::MonthSecret>> Indexer::secret_of(std::uint32_t month) const {
  const LedgerView view = log_.view();
  const auto& points = view.retention->timeline().points();
  const auto begins = std::ranges::find_if(points, [&](const rules::ClockPoint& point) {
    return view.retention->month_of_reading(point.reading_us) == month;
  });
  std::optional<format::MonthSecret> none;
  if (begins == points.end()) return none;
  const LeafIndex at{begins->index.value + 1};
  if (!contains(view.newest->checkpoint.size, at)) return none;
  ASSIGN_OR_RETURN(const auto entries, log_.records(at, 1));
  if (format::is_tombstone(entries.front())) return none;
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entries.front()));
  if (record.kind != format::Kind::kMonthSecret) return none;
  ASSIGN_OR_RETURN(const format::MonthSecret secret, format::decode_month_secret(record.payload));
  return secret.month == month ? std::optional(secret) : none;
}

/// What is of a month whose secret went meanwhile is in no index.
Result<void> Indexer::commit(LeafIndex end) {
  ASSIGN_OR_RETURN(const auto secret, secret_of(*month_));
  if (!secret) {
    builder_.reset();
    return {};
  }
  index::IndexBuilder built = std::move(*builder_);
  builder_.reset();
  auto made =
      index::Index::make(std::move(built), *secret, first_, end, [this] { return !is_stopping(); });
  if (!made) return std::move(made).error();  // the next start reads these records again
  made_ = made->commitment();
  return append();
}

/// What the log refuses for good, it does not take later: what it says of its indexes is asked for again.
Result<void> Indexer::append() {
  const auto appended = upkeep::append_and_wait([this](AppendDone done) {
    log_.append_control(format::Kind::kIndexCommitment, format::index_commitment_text(*made_),
                        std::move(done));
  });
  if (!appended &&
      (appended.error().code == Code::kInvalid || appended.error().code == Code::kWorm))
    begun_ = false;
  RETURN_IF_ERROR(appended);
  journal_.write(api::Level::kInfo, "indexed",
                 {{"log", options_.name},
                  {"number", made_->number},
                  {"first", made_->first.value},
                  {"end", made_->end.value},
                  {"events", made_->events},
                  {"rows", made_->rows}});
  indexed_ = {indexed_.count + 1, size_before(made_->end)};
  begin_index(made_->end);
  made_.reset();
  return {};
}

}  // namespace varve::tools
