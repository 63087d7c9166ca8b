// A spool, a log that a test can make lie, and a sender between the two.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fake_log.h"
#include "ledger/env/posix.h"
#include "tools/client/url.h"
#include "tools/collect/layout.h"
#include "tools/collect/receipts.h"
#include "tools/collect/sender.h"

namespace varve::collect {

class SenderTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env::initialize());
    make_collector(disk_);
    start();
    log_.register_source(SourceKey::load(files_, kKeyPath, "test/source")->verifier());
  }

  void start(SpoolOptions options = {}) {
    process_.emplace(disk_, clock_, BatchLimits{2, 1u << 20, 200}, options);
    ASSERT_TRUE(process_->started());
  }

  void spool_events(int from, int to) {
    for (const std::string& event : event_texts(from, to)) {
      process_->intake().add("text/plain", bytes_of(event), "test");
      if (process_->intake().full()) {
        EXPECT_TRUE(process_->intake().flush({}));
      }
    }
    EXPECT_TRUE(process_->intake().flush({}));
  }

  Result<void> send(std::uint64_t patience_ms = 600'000) {
    auto keys = LogKeys::load(files_, log_.first_key());
    if (!keys) return keys.error();
    const auto connect = [this] {
      return client::HttpClient::open(*client::parse_url(log_.url()), http_);
    };
    const auto say = [this](const std::string& line) {
      said_.push_back(line);
      if (when_said_) std::exchange(when_said_, nullptr)();
    };
    Sender sender({files_, process_->spool(), connect, *keys, env::posix_clock(),
                   env::system_random(), say, patience_ms, waits_to_be_mended_});
    sender.no_more();
    Result<void> sent = sender.run();
    count_ = sender.sent();
    return sent;
  }

  [[nodiscard]] bool was_said(const std::string& part) const {
    return std::ranges::any_of(
        said_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }

  Result<ReceiptsChecked> verify_offline() { return verify_offline(files_); }
  Result<ReceiptsChecked> verify_offline(env::Filesystem& files) {
    auto keys = LogKeys::load(files, log_.first_key());
    if (!keys) return keys.error();
    return verify_receipts(files, *keys, {});
  }

  void expect_sent(int events) {
    EXPECT_EQ(log_.payloads(), event_texts(0, events));
    EXPECT_EQ(process_->spool().pending_batches(), 0u);
    const auto checked = verify_offline();
    ASSERT_TRUE(checked) << checked.error().message;
    EXPECT_TRUE(checked->unproven.empty());
    EXPECT_EQ(checked->receipts, static_cast<std::uint64_t>((events + 1) / 2));
  }

  void expect_stopped(const Result<void>& sent, Code code) {
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, code) << sent.error().message;
    EXPECT_GT(process_->spool().pending_batches(), 0u) << "something was dropped";
  }

  CrashDisk disk_;
  CrashFilesystem files_{disk_};
  HandClock clock_;
  FakeLog log_;
  std::optional<Process> process_;
  client::HttpOptions http_;
  bool waits_to_be_mended_ = false;
  std::vector<std::string> said_;
  std::function<void()> when_said_;  // once
  SendCount count_;
};

}  // namespace varve::collect
