// A queue of jobs, each with a caller who waits for it with a deadline.
#include "hsm/worker.h"

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>

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
    std::condition_variable finished;
    bool started = false;
    bool done = false;
    bool given_up = false;  // its caller has gone
  };

  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable exited;
  std::deque<std::shared_ptr<Job>> queue;
  bool stuck = false;  // the running job's caller has given up
  bool stopping = false;
  bool gone = false;
};

Worker::Worker(std::chrono::milliseconds timeout)
    : timeout_(timeout), shared_(std::make_shared<Shared>()) {
  thread_ = std::thread([shared = shared_] { loop(shared); });
}

Worker::~Worker() {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->wake.notify_one();
  const bool ended = shared_->exited.wait_for(lock, timeout_, [&] { return shared_->gone; });
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
  std::unique_lock lock(shared_->mutex);
  if (shared_->stuck) return busy("token: an earlier call has not come back");
  shared_->queue.push_back(job);
  shared_->wake.notify_one();
  if (job->finished.wait_for(lock, timeout_, [&] { return job->done; })) return {};
  job->given_up = true;
  if (job->started) shared_->stuck = true;
  return busy("token: no answer within " + std::to_string(timeout_.count()) + " ms");
}

void Worker::loop(const std::shared_ptr<Shared>& shared) {
  block_signals();
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->wake.wait(lock, [&] { return shared->stopping || !shared->queue.empty(); });
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
