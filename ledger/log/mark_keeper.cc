// The thread behind a high-water mark.
#include "ledger/log/mark_keeper.h"

#include <chrono>

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

void MarkKeeper::start() {
  if (marks_ == nullptr) return;
  thread_ = std::thread([this] { run(); });
}

void MarkKeeper::stop() {
  storage_.published.stop();
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    stopped_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  const auto newest = storage_.published.newest();
  if (newest && written() < newest->checkpoint.size) write_mark(*newest);
}

/// One that could not be written is tried again, or the one after it.
void MarkKeeper::run() {
  while (const auto newest = storage_.published.wait_beyond(written())) {
    write_mark(*newest);
    const Deadline deadline(kMarkEvery);
    const MutexLock lock(mutex_);
    while (!stopping_ && stopped_.wait_until(mutex_, deadline)) continue;
  }
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
