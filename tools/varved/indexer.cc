// Record after record, and a commitment now and then.
#include "tools/varved/indexer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/upkeep/append_and_wait.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kMicrosecondsPerMinute = 60'000'000;
constexpr std::uint64_t kReadAtOnce = 256;
constexpr std::uint64_t kSecretWithin = 8;  // records from a month's first one

}  // namespace

Indexer::Indexer(IndexerOptions options, Log& log, const env::Clock& clock, api::Journal& journal)
    : options_(std::move(options)), log_(log), clock_(clock), journal_(journal) {}

void Indexer::start() {
  thread_ = std::thread([this] { run(); });
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
      if (builder_ && builder_->events() >= options_.events_max) RETURN_IF_ERROR(commit(next_));
    }
  }
  return is_due() ? commit(next_) : Result<void>();
}

bool Indexer::is_due() const {
  if (!builder_ || builder_->events() == 0) return false;
  const std::uint64_t now_us = clock_.now_us();
  return now_us >= oldest_us_ &&
         now_us - oldest_us_ >= options_.wait_minutes * kMicrosecondsPerMinute;
}

/// Records from before the log had a clock are of no month, and in no index.
Result<void> Indexer::read(LeafIndex index, Bytes entry, const rules::Retention& retention) {
  const rules::Month* const month = retention.month_of(index);
  if (month == nullptr) return {};
  if (month_ != month->month) RETURN_IF_ERROR(enter_month(index, *month, retention.policy().mode));
  if (!builder_ || format::is_tombstone(entry)) return {};
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry));
  const std::uint64_t before = builder_->events();
  builder_->add(index, record);
  if (builder_->events() == before) return {};
  const std::uint64_t event_us = std::min(record.time_us, clock_.now_us());
  oldest_us_ = before == 0 ? event_us : std::min(oldest_us_, event_us);
  return {};
}

/// Events of two months are in two indexes. A month without a secret is from before logs had one.
Result<void> Indexer::enter_month(LeafIndex index, const rules::Month& month, format::Mode mode) {
  if (builder_ && builder_->events() != 0) RETURN_IF_ERROR(commit(index));
  month_ = month.month;
  builder_.reset();
  ASSIGN_OR_RETURN(const auto secret, secret_of(month.month));
  if (secret) builder_.emplace(index::Scope{options_.origin, month.month, mode});
  if (!secret && indexed_.count == 0) first_ = LeafIndex{index.value + 1};
  return {};
}

/// Nothing: there is none, or none any more.
Result<std::optional<format::MonthSecret>> Indexer::secret_of(std::uint32_t month) const {
  const LedgerView view = log_.view();
  const rules::Month* const known = view.retention->find_month(month);
  const std::uint64_t size = view.newest->checkpoint.size.value;
  const std::uint64_t end = std::min(size, known->first.value + kSecretWithin);
  for (LeafIndex at = known->first; at.value < end; ++at.value) {
    ASSIGN_OR_RETURN(const auto entries, log_.records(at, 1));
    if (format::is_tombstone(entries.front())) continue;
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entries.front()));
    if (record.kind != format::Kind::kMonthSecret) continue;
    ASSIGN_OR_RETURN(const format::MonthSecret secret,
                     format::decode_month_secret(record.payload));
    if (secret.month == month) return std::optional(secret);
  }
  return std::optional<format::MonthSecret>{};
}

Result<void> Indexer::commit(LeafIndex end) {
  const std::uint32_t month = *month_;
  ASSIGN_OR_RETURN(const auto secret, secret_of(month));
  if (!secret) return not_found("the secret of the month that is indexed is gone");
  index::IndexBuilder built = std::exchange(*builder_, index::IndexBuilder(builder_->scope()));
  made_ = index::Index::make(std::move(built), *secret, indexed_.count, first_, end).commitment();
  return append();
}

/// What the log refuses for good, it does not take later: what it says of its indexes is asked for again.
Result<void> Indexer::append() {
  const auto appended = upkeep::append_and_wait([this](AppendDone done) {
    log_.append_control(format::Kind::kIndexCommitment, format::index_commitment_text(*made_),
                        std::move(done));
  });
  if (!appended && (appended.error().code == Code::kInvalid || appended.error().code == Code::kWorm))
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
  first_ = made_->end;
  made_.reset();
  return {};
}

}  // namespace varve::tools
