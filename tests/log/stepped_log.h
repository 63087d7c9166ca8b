// A log without its thread: a test takes the steps, and says when the token has signed.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

#include "ledger/log/background_task.h"
#include "ledger/log/sequencer.h"
#include "ledger/recovery/recovery.h"
#include "tests/log/world.h"

namespace varve::testing {

/// A token's thread that gets its turn when the test says so.
class HeldSide final : public log::BackgroundTask {
 public:
  void start(std::function<void()> job) override {
    CHECK(!job_);
    job_ = std::move(job);
  }
  [[nodiscard]] bool ended() override { return !job_; }
  void wait() override {
    if (job_) std::exchange(job_, nullptr)();
  }

 private:
  std::function<void()> job_;
};

template <class Side>
class SteppedLog : public ::testing::Test {
 protected:
  /// As a start does it, from what is on disk.
  void recover() {
    sequencer_.reset();
    storage_.reset();
    auto recovered = recovery::recover(world_.options, world_.environment());
    ASSERT_TRUE(recovered) << recovered.error().message;
    storage_ = std::move(recovered->storage);
    sequencer_ = std::make_unique<log::Sequencer>(world_.options, world_.environment(), *storage_,
                                                  std::move(recovered->start), side_);
    ASSERT_TRUE(sequencer_->start());
  }

  /// Of the newest checkpoint.
  [[nodiscard]] std::uint64_t size() const { return storage_->latest()->checkpoint.size.value; }

  World world_;
  std::unique_ptr<state::Storage> storage_;
  Side side_;
  std::unique_ptr<log::Sequencer> sequencer_;
};

}  // namespace varve::testing
