// A follower over a crash disk, started and looked through by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/collect/follower.h"
#include "workbench.h"

namespace varve::collect {

inline constexpr BatchLimits kFollowed{3, 1u << 20, 200};

class FollowerTest : public testing::Test {
 protected:
  void SetUp() override { make_collector(disk_); }

  /// Whatever ran before is gone.
  void start(const std::vector<std::string>& names = {"a.log"}, FollowOptions options = {}) {
    follower_.reset();
    process_.emplace(disk_, clock_, kFollowed);
    ASSERT_TRUE(process_->started()) << process_->why_not().message;
    std::vector<std::string> paths;
    for (const std::string& name : names) paths.push_back(inputs_.path(name));
    follower_.emplace(paths, process_->intake(), process_->spool(), clock_, options,
                      [this](const std::string& line) {
                        said_.push_back(line);
                        if (when_said_) std::exchange(when_said_, nullptr)();
                      });
  }

  [[nodiscard]] bool was_said(const std::string& part) const {
    return std::ranges::any_of(
        said_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }

  /// Looks until nothing new is there, then spools and sends.
  void look() {
    while (*follower_->poll()) {
    }
    ASSERT_TRUE(follower_->flush());
    ASSERT_TRUE(process_->send_to(log_));
  }

  Inputs inputs_;
  CrashDisk disk_;
  HandClock clock_;
  ChainLog log_;
  std::optional<Process> process_;
  std::optional<Follower> follower_;
  std::vector<std::string> said_;
  std::function<void()> when_said_;  // once
};

}  // namespace varve::collect
