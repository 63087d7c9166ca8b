// Committing, acknowledging and removing spooled batches. Recovery is in spool_recovery.cc.
//
//   commit        tmp: write, fdatasync | rename, fsync dir      batch and positions durable
//   acknowledged  (the receipt is durable already)               never sent again
//   tidy          state: tmp, fdatasync, rename, fsync dir | remove batches it covers
#include "tools/collect/spool.h"

#include <chrono>

#include "ledger/env/durable.h"
#include "tools/collect/layout.h"

namespace varve::collect {
namespace {

constexpr std::size_t kRetiredMax = 64;  // so that the state is written once for many batches

Result<Buffer> read_batch(const env::Filesystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer file, env::read_whole(files, path, kSpooledMax));
  Result<SpooledBatch> spooled = decode_spooled(file);
  if (!spooled) return std::move(spooled).error().during("reading " + path);
  return std::move(spooled->batch);
}

}  // namespace

Chain Spool::chain() const {
  const MutexLock lock(mutex_);
  return chain_;
}

std::uint64_t Spool::refused() const {
  const MutexLock lock(mutex_);
  return refused_;
}

std::vector<Position> Spool::positions_of(const std::string& path) const {
  const MutexLock lock(mutex_);
  return positions_.of(path);
}

Result<void> Spool::check_space(std::uint64_t bytes) {
  if (bytes_ + bytes > options_.bytes_max && !retired_.empty()) RETURN_IF_ERROR(tidy_locked());
  if (bytes_ + bytes > options_.bytes_max)
    return full("the spool holds " + std::to_string(bytes_) + " bytes of batches and may hold " +
                std::to_string(options_.bytes_max) + ": send them, or allow more");
  ASSIGN_OR_RETURN(const std::uint64_t free, files_.free_bytes());
  if (free < bytes + options_.reserve_bytes)
    return full("the disk of the spool has " + std::to_string(free) + " bytes left, and " +
                std::to_string(options_.reserve_bytes) + " are kept for receipts: make space");
  return {};
}

Result<void> Spool::commit(const Sealed& sealed, std::vector<Position> positions) {
  const MutexLock lock(mutex_);
  if (failed_) return *failed_;
  if (lock_ != nullptr) RETURN_IF_ERROR(lock_->check());
  CHECK(sealed.sequence == chain_.next_batch);
  SpooledBatch spooled{std::move(positions), sealed.bytes};
  const Buffer file = encode_spooled(spooled);
  RETURN_IF_ERROR(check_space(file.size()));
  RETURN_IF_ERROR(env::write_temporary(files_, spool_path(sealed.sequence), file));
  if (Result<void> done = env::publish_temporary(files_, spool_path(sealed.sequence)); !done) {
    failed_ = done.error();
    return done;
  }
  chain_ = sealed.after;
  refused_ += sealed.refused;
  positions_.apply(spooled.positions);
  pending_.push_back({sealed.sequence, file.size()});
  bytes_ += file.size();
  ++changes_;
  changed_.notify_all();
  return {};
}

Buffer Spool::state_with(const Positions& positions) const {
  return encode_state({chain_, next_to_send_, refused_, positions.all()});
}

Result<void> Spool::remember(std::span<const Position> positions) {
  const MutexLock lock(mutex_);
  if (failed_) return *failed_;
  Positions all = positions_;
  all.apply(positions);
  RETURN_IF_ERROR(env::write_durably(files_, kStatePath, state_with(all)));
  positions_ = std::move(all);
  return {};
}

std::optional<Spool::Pending> Spool::first_pending() const {
  const MutexLock lock(mutex_);
  return pending_.empty() ? std::nullopt : std::optional(pending_.front());
}

std::size_t Spool::pending_batches() const {
  const MutexLock lock(mutex_);
  return pending_.size();
}

std::uint64_t Spool::pending_bytes() const {
  const MutexLock lock(mutex_);
  std::uint64_t bytes = 0;
  for (const Pending& pending : pending_) bytes += pending.bytes;
  return bytes;
}

Result<Buffer> Spool::batch(std::uint64_t sequence) const {
  return read_batch(files_, spool_path(sequence));
}

Result<Buffer> Spool::sent_batch(std::uint64_t sequence) const {
  Result<Buffer> bytes = read_batch(files_, spool_path(sequence));
  if (!bytes && bytes.error().code == Code::kNotFound)
    return env::read_whole(files_, sent_path(sequence), format::kBatchBytesMax);
  return bytes;
}

Result<void> Spool::acknowledged(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  CHECK(!pending_.empty() && pending_.front().sequence == sequence);
  retired_.push_back(pending_.front());
  pending_.pop_front();
  next_to_send_ = sequence + 1;
  ++changes_;
  changed_.notify_all();
  if (retired_.size() < kRetiredMax) return {};
  return tidy_locked();
}

Result<void> Spool::tidy() {
  const MutexLock lock(mutex_);
  return tidy_locked();
}

Result<void> Spool::tidy_locked() {
  if (retired_.empty()) return {};
  RETURN_IF_ERROR(env::write_durably(files_, kStatePath, state_with(positions_)));
  while (!retired_.empty()) {
    RETURN_IF_ERROR(retire(retired_.front().sequence));
    bytes_ -= retired_.front().bytes;
    retired_.pop_front();
  }
  ++changes_;
  changed_.notify_all();
  return {};
}

// The removal is not synced: a file that comes back after a crash is retired again.
Result<void> Spool::retire(std::uint64_t sequence) {
  if (options_.keep) {
    ASSIGN_OR_RETURN(const Buffer batch, read_batch(files_, spool_path(sequence)));
    RETURN_IF_ERROR(env::write_durably(files_, sent_path(sequence), batch));
  }
  return files_.remove(spool_path(sequence));
}

void Spool::wait_for_change(std::uint64_t most_ms) {
  const Deadline deadline{std::chrono::milliseconds(most_ms)};
  const MutexLock lock(mutex_);
  const std::uint64_t before = changes_;
  while (changes_ == before && changed_.wait_until(mutex_, deadline)) continue;
}

void Spool::wake() {
  const MutexLock lock(mutex_);
  ++changes_;
  changed_.notify_all();
}

}  // namespace varve::collect
