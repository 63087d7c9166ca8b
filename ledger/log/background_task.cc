// One thread, one job.
#include "ledger/log/background_task.h"

#include "ledger/base/check.h"

namespace varve::log {

void BackgroundThread::start(std::function<void()> job) {
  CHECK(thread_.ended());
  if (thread_.try_start(job)) return;
  job();
  on_end_();
}

}  // namespace varve::log
