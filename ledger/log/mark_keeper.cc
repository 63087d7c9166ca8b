// The thread behind a high-water mark.
#include "ledger/log/mark_keeper.h"

#include <chrono>
#include <utility>

namespace varve::log {
namespace {

constexpr std::chrono::seconds kMarkEvery{3};  // so much of the newest can be rolled back unseen

}  // namespace

MarkKeeper::MarkKeeper(const std::string& origin, const Environment& environment,
                       state::Storage& storage)
    : log_(merkle::sha256(bytes_of(origin))),
      marks_(environment.marks),
      notice_(environment.notice),
      storage_(storage) {}

bool MarkKeeper::is_behind() const {
  const auto newest = storage_.latest();
  return newest && written() < newest->checkpoint.size;
}

void MarkKeeper::look() {
  if (marks_ == nullptr || !thread_.ended() || !is_behind()) return;
  const MutexLock lock(mutex_);
  looked_ = true;
  if (!stopping_) thread_.try_start([this] { run(); });
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
  else if (++failures_ == 1 && notice_)
    notice_("mark_not_written", done.error().message);
}

void MarkKeeper::report(LogStatus& status) const {
  const MutexLock lock(mutex_);
  status.mark = written_;
  status.mark_failures = failures_;
}

}  // namespace varve::log
