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

Workers::Workers(unsigned threads) {
  const unsigned half = std::max(1u, threads / 2);
  lanes_[kOfClients].most = threads;
  lanes_[kOfAnonymous].most = half;
  lanes_[kSearches].most = half;
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

bool Workers::is_stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

void Workers::post(const Asker& asker, TaskQueue::Task task, TaskKind kind) {
  {
    const MutexLock lock(mutex_);
    const LaneId lane = kind == TaskKind::kSearch ? kSearches
                        : asker.anonymous         ? kOfAnonymous
                                                  : kOfClients;
    lanes_[lane].waiting.push(asker.name, std::move(task));
  }
  changed_.notify_one();
}

Workers::Lane* Workers::next_lane() {
  for (std::size_t k = 1; k <= kLanes; ++k) {
    Lane& lane = lanes_[(last_ + k) % kLanes];
    if (!lane.waiting.empty() && lane.running < lane.most) return &lane;
  }
  return nullptr;
}

bool Workers::finished() const {
  return stopping_ &&
         std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.waiting.empty(); });
}

// A thread that ends a task of a lane that was full looks for the next itself, so nobody has to be told that
// another may begin.
void Workers::run() {
  MutexLock lock(mutex_);
  for (;;) {
    Lane* lane = next_lane();
    while (lane == nullptr && !finished()) {
      changed_.wait(mutex_);
      lane = next_lane();
    }
    if (lane == nullptr) break;
    last_ = static_cast<std::size_t>(lane - lanes_.data());
    TaskQueue::Task task = lane->waiting.pop();
    ++lane->running;
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes before the next begins
    lock.lock();
    --lane->running;
  }
  changed_.notify_all();  // one that waited for the last task of a full lane
}

}  // namespace varve::api
