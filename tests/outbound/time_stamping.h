// A log of which authorities stamp checkpoints, under clocks that a test moves: all alike, or one of them.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/outbound/time_stamps.h"
#include "played_authority.h"
#include "tests/env/temporary_directory.h"
#include "tests/log/approvers.h"
#include "tests/log/world.h"

namespace varve::api {

struct TimeClock : env::Clock {
  std::atomic<std::int64_t> ahead_us = 0;    // the host's clock alone
  std::atomic<std::uint64_t> passed_ms = 0;  // by all clocks
  [[nodiscard]] std::uint64_t now_us() const override {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(env::posix_clock().now_us()) +
                                      ahead_us) +
           passed_ms * 1'000;
  }
  [[nodiscard]] std::uint64_t steady_ms() const override {
    ++looks;
    return env::posix_clock().steady_ms() + passed_ms;
  }
  mutable std::atomic<std::uint64_t> looks = 0;
};

class TimeStamping : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kDay_us = format::kDayUs;
  static constexpr std::uint64_t kHour_s = 3'600;
  static constexpr std::uint64_t kDay_s = 86'400;

  TimeStamping() {
    ::signal(SIGPIPE, SIG_IGN);
    certificates.make("authority", "IP:127.0.0.1");
    for (int i = 0; i < 2; ++i) {
      played.push_back(std::make_unique<PlayedAuthority>(certificates));
      played.back()->passed_ms = &clock.passed_ms;
    }
    files = *env::open_posix(directory.path());
    world.clock = &log_clock;
    options.log = "main";
    options.kept_name = "main+stamped";
    options.clock = &clock;
    options.records_in = files.get();
  }
  ~TimeStamping() override { asker.reset(); }

  /// The log, whose policy names the first authorities of those that are asked, has run for so many days.
  void run_for(std::uint64_t days, std::size_t asked = 1, std::uint32_t quorum = 1,
               std::size_t named = 1) {
    world.options.first_policy.quorum = quorum;
    for (std::size_t i = 0; i < named; ++i)
      world.options.first_policy.sources.push_back(
          played[i]->source("tsa" + std::to_string(i) + ".example.org"));
    const std::uint64_t now_us = env::posix_clock().now_us();
    log_clock.now = now_us - days * kDay_us;
    CHECK(world.open().has_value());
    people.name();
    grow();
    log_clock.now = now_us;
    grow();
    for (std::size_t i = 0; i < asked; ++i) options.authorities.push_back(played[i]->peer());
  }
  /// The log's policy names these from now on, and takes one of them.
  void name_sources(const std::vector<std::size_t>& named) {
    format::Policy next = world.log->view().retention->policy();
    next.number += 1;
    next.previous = world.log->view().retention->policy_place()->leaf;
    next.quorum = 1;
    next.sources.clear();
    for (const std::size_t i : named)
      next.sources.push_back(played[i]->source("tsa" + std::to_string(i) + ".example.org"));
    const std::string text = format::policy_text(next);
    const auto done = world.append_control(
        format::Kind::kPolicy,
        testing::TwoApprovers::signed_by(text, {&world.first_key, &people.ann, &people.bob}));
    ASSERT_TRUE(done) << done.error().message;
  }
  void start() { asker.emplace(options, *world.log, *files, journal); }
  void grow() { CHECK(world.append_events({"{}"}).has_value()); }
  /// Waits for the state itself; the deadline is the test program's.
  template <class Condition>
  void until(const Condition& holds) {
    while (!holds()) {
      asker->look();
      std::this_thread::yield();
    }
  }
  /// The thread has looked at everything, and found that there is nothing to do.
  void until_it_rests() {
    const std::uint64_t before = clock.looks;
    until([&] { return clock.looks > before + 12; });
  }
  /// Time passes for the log, this machine and the authorities.
  void pass(std::uint64_t s) {
    log_clock.now = log_clock.now + s * 1'000'000;
    clock.passed_ms += s * 1'000;
    asker->look();
  }
  void pass_an_hour() { pass(kHour_s); }
  /// The clocks of this machine and of all authorities are set, alike; the log's own steady one is not.
  void set_alike(std::int64_t s) {
    for (const auto& one : played) one->ahead_s = s;
    clock.ahead_us = s * 1'000'000;
  }
  [[nodiscard]] std::string evidence_trouble() const { return asker->status().evidence_trouble; }
  void until_troubled(const std::string& why) {
    until([&] { return evidence_trouble().find(why) != std::string::npos; });
  }
  [[nodiscard]] TimeAuthorityStatus authority(std::size_t i = 0) const {
    return asker->status().authorities[i];
  }
  void until_failed(NoStamp reason, std::uint64_t failures, std::size_t i = 0) {
    until([&] { return authority(i).failures[static_cast<std::size_t>(reason)] >= failures; });
  }
  [[nodiscard]] format::StampedCheckpoint newest() const {
    return *format::parse_stamped_checkpoint(*asker->newest());
  }
  [[nodiscard]] std::vector<format::Kind> kinds_from(TreeSize first) const {
    std::vector<format::Kind> kinds;
    for (std::uint64_t i = first.value; i < world.size().value; ++i)
      kinds.push_back(format::decode_record(world.log->records(LeafIndex{i}, 1)->front())->kind);
    return kinds;
  }
  void expect_sound() {
    asker.reset();
    world.log.reset();
    const auto report = testing::audit_store(world.options, world.environment());
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
  }

  Certificates certificates;
  std::vector<std::unique_ptr<PlayedAuthority>> played;
  testing::SetClock log_clock;
  testing::World world;
  testing::TwoApprovers people{world};
  TimeClock clock;
  env::TemporaryDirectory directory;
  std::unique_ptr<env::Filesystem> files;
  Journal journal{Level::kError};
  TimeStampOptions options;
  std::optional<TimeStamps> asker;
};

}  // namespace varve::api
