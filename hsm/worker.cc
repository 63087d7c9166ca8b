// A queue of jobs, each with a caller who waits for it with a deadline.
#include "hsm/worker.h"

#include <csignal>
#include <deque>

#include "ledger/base/mutex.h"
#include "ledger/env/thread.h"

namespace varve::hsm {
namespace {

/// Signals are for main; and a remote token's client writes to sockets that may be closed.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

struct Worker::Shared {
  struct Job {
    std::function<void()> work;
    CondVar finished;
    // Guarded by Shared::mutex.
    bool started = false;
    bool done = false;
    bool given_up = false;  // its caller has gone
  };

  Mutex mutex;
  CondVar wake;
  CondVar exited;
  std::deque<std::shared_ptr<Job>> queue GUARDED_BY(mutex);
  bool stuck GUARDED_BY(mutex) = false;  // the running job's caller has given up
  bool stopping GUARDED_BY(mutex) = false;
  bool gone GUARDED_BY(mutex) = false;
};

Worker::Worker(std::chrono::milliseconds timeout)
    : timeout_(timeout), shared_(std::make_shared<Shared>()) {}

Worker::~Worker() {
  const Deadline deadline(timeout_);
  MutexLock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->wake.notify_one();
  if (!thread_.joinable()) return;
  while (!shared_->gone && shared_->exited.wait_until(shared_->mutex, deadline)) {
  }
  const bool ended = shared_->gone;
  lock.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

Result<void> Worker::run(std::function<void()> work) {
  auto job = std::make_shared<Shared::Job>();
  job->work = std::move(work);
  const Deadline deadline(timeout_);
  const MutexLock lock(shared_->mutex);
  if (!thread_.joinable()) {
    ASSIGN_OR_RETURN(thread_, env::start_thread([shared = shared_] { loop(shared); }));
  }
  if (shared_->stuck) return busy("token: an earlier call has not come back");
  shared_->queue.push_back(job);
  shared_->wake.notify_one();
  while (!job->done && job->finished.wait_until(shared_->mutex, deadline)) {
  }
  if (job->done) return {};
  job->given_up = true;
  if (job->started) shared_->stuck = true;
  return busy("token: no answer within " + std::to_string(timeout_.count()) + " ms");
}

void Worker::loop(const std::shared_ptr<Shared>& shared) {
  block_signals();
  MutexLock lock(shared->mutex);
  for (;;) {
    while (!shared->stopping && shared->queue.empty()) shared->wake.wait(shared->mutex);
    if (shared->queue.empty()) break;
    const std::shared_ptr<Shared::Job> job = std::move(shared->queue.front());
    shared->queue.pop_front();
    if (job->given_up) continue;
    job->started = true;
    lock.unlock();
    job->work();
    job->work = nullptr;  // releases what the job owns here, on this thread, while unlocked
    lock.lock();
    job->done = true;
    shared->stuck = false;
    job->finished.notify_one();
  }
  shared->gone = true;
  shared->exited.notify_one();
}

}  // namespace varve::hsm
