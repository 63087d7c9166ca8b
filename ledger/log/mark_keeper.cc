// The thread behind a high-water mark.
#include "ledger/log/mark_keeper.h"

#include <chrono>
#include <utility>

namespace varve::log {
namespace {

constexpr std::chrono::seconds kMarkEvery{3};  // so much of the newest can be rolled back unseen
constexpr std::uint64_t kTryAgainMs = 1'000;   // for a thread, where the system gave none

}  // namespace

MarkKeeper::MarkKeeper(const std::string& origin, const Environment& environment,
                       state::Storage& storage)
    : log_(merkle::sha256(bytes_of(origin))),
      marks_(environment.marks),
      notice_(environment.notice),
      clock_(environment.clock),
      storage_(storage) {}

bool MarkKeeper::is_behind() const {
  const auto newest = storage_.latest();
  return newest && written() < newest->checkpoint.size;
}

void MarkKeeper::look() {
  if (marks_ == nullptr || !is_behind()) return;
  const std::uint64_t now_ms = clock_.steady_ms();
  const MutexLock lock(mutex_);
  if (!thread_.ended()) return;  // it is started under the lock only
  looked_ = true;
  if (stopping_ || now_ms < next_try_ms_) return;
  if (thread_.try_start([this] { run(); })) {
    next_try_ms_ = 0;
    return;
  }
  next_try_ms_ = now_ms + kTryAgainMs;
  note_failure("the system gives no thread for it: raise TasksMax of the service");
}

std::uint64_t MarkKeeper::due_in_ms() const {
  const std::uint64_t now_ms = clock_.steady_ms();
  const MutexLock lock(mutex_);
  if (next_try_ms_ == 0) return UINT64_MAX;
  return now_ms < next_try_ms_ ? next_try_ms_ - now_ms : 0;
}

/// Of a log that has ended, or did not open, no mark is written.
void MarkKeeper::stop() {
  bool looked = false;
  {
    const MutexLock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    looked = looked_;
    stopped_.notify_all();
  }
  thread_.wait();
  if (looked && is_behind()) write_mark(*storage_.latest());
}

/// One that could not be written is tried again, or the one after it.
void MarkKeeper::run() {
  do write_mark(*storage_.latest());
  while (pause() && is_behind());
}

/// False: the log stops.
bool MarkKeeper::pause() {
  const Deadline deadline(kMarkEvery);
  const MutexLock lock(mutex_);
  while (!stopping_ && stopped_.wait_until(mutex_, deadline)) continue;
  return !stopping_;
}

TreeSize MarkKeeper::written() const {
  const MutexLock lock(mutex_);
  return written_;
}

void MarkKeeper::write_mark(const format::SignedCheckpoint& newest) {
  const auto done = marks_->write({log_, newest.checkpoint.size, newest.checkpoint.root});
  const bool is_another = !done && (done.error().code == Code::kWorm ||    // writer, or
                                    done.error().code == Code::kInvalid);  // log
  if (is_another) storage_.writer.contradict(done.error());
  const MutexLock lock(mutex_);
  if (done)
    written_ = newest.checkpoint.size;
  else
    note_failure(done.error().message);
}

void MarkKeeper::note_failure(const std::string& why) {
  if (++failures_ == 1 && notice_) notice_("mark_not_written", why);
}

void MarkKeeper::report(LogStatus& status) const {
  const MutexLock lock(mutex_);
  status.mark = written_;
  status.mark_failures = failures_;
}

}  // namespace varve::log
