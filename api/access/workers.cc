// The queues behind workers.h.
#include "api/access/workers.h"

#include <algorithm>
#include <utility>

namespace varve::api {

void TaskQueue::push(const std::string& asker, Task task) {
  const auto [place, fresh] = waiting_.try_emplace(asker);
  place->second.push_back(std::move(task));
  if (fresh) turns_.push_back(place);
}

TaskQueue::Task TaskQueue::pop() {
  const Waiting::iterator place = turns_.front();
  turns_.pop_front();
  Task task = std::move(place->second.front());
  place->second.pop_front();
  if (place->second.empty())
    waiting_.erase(place);
  else
    turns_.push_back(place);
  return task;
}

Workers::Workers(unsigned threads) : anonymous_max_(std::max(1u, threads / 2)) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void Workers::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();  // joins
}

void Workers::post(const Asker& asker, TaskQueue::Task task) {
  {
    const MutexLock lock(mutex_);
    (asker.anonymous ? anonymous_ : clients_).push(asker.name, std::move(task));
  }
  changed_.notify_one();
}

bool Workers::may_take_anonymous() const {
  return !anonymous_.empty() && anonymous_running_ < anonymous_max_;
}

// A thread that ends an anonymous task looks for the next itself, so nobody has to be told that
// another may begin.
void Workers::run() {
  MutexLock lock(mutex_);
  for (;;) {
    while (!finished() && !may_take()) changed_.wait(mutex_);
    if (!may_take()) break;
    const bool anonymous = may_take_anonymous() && (anonymous_next_ || clients_.empty());
    anonymous_next_ = !anonymous;
    TaskQueue::Task task = (anonymous ? anonymous_ : clients_).pop();
    anonymous_running_ += anonymous ? 1 : 0;
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes before the next begins
    lock.lock();
    anonymous_running_ -= anonymous ? 1 : 0;
  }
  changed_.notify_all();  // one that waited for the last anonymous task
}

}  // namespace varve::api
