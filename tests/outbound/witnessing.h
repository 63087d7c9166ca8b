// A log whose checkpoints three witnesses cosign, under a clock that a test moves.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/outbound/witnesses.h"
#include "ledger/format/cosigned_time.h"
#include "played_witness.h"
#include "tests/env/temporary_directory.h"
#include "tests/log/world.h"

namespace varve::api {

struct WitnessClock : env::Clock {
  std::atomic<std::uint64_t> ms = 1'000'000;
  [[nodiscard]] std::uint64_t now_us() const override { return ms * 1'000; }
  [[nodiscard]] std::uint64_t steady_ms() const override {
    const std::lock_guard lock(mutex);
    readers.insert(std::this_thread::get_id());
    return ms;
  }
  mutable std::mutex mutex;
  mutable std::set<std::thread::id> readers;  // threads that looked since it was emptied
};

class Witnessing : public ::testing::Test {
 protected:
  /// So many of the witnesses are sources of time for the log.
  explicit Witnessing(std::uint32_t sources = 0) {
    ::signal(SIGPIPE, SIG_IGN);
    certificates.make("witness", "IP:127.0.0.1");
    for (int i = 0; i < 3; ++i)
      played.push_back(std::make_unique<PlayedWitness>(
          certificates, "w" + std::to_string(i) + ".example", i + 1));
    world.options.first_policy.quorum = sources;
    for (std::uint32_t i = 0; i < sources; ++i) {
      const format::CosignerKey& key = played[i]->cosigner.key();
      world.options.first_policy.sources.push_back(
          {key.name, format::cosigner_hash(key), format::SourceType::kWitness});
    }
    CHECK(world.open().has_value());
    grow();
    files = *env::open_posix(directory.path());
    ask_for("group g 2 A B C\nquorum g\n");
  }

  void ask_for(const std::string& quorum) {
    std::string policy;
    for (std::size_t i = 0; i < played.size(); ++i)
      policy += played[i]->line(std::string(1, static_cast<char>('A' + i)));
    options.policy = *format::WitnessPolicy::parse(policy + quorum);
    options.log = "main";
    options.ca_file = certificates.pem("witness");
    options.kept_name = "main+witnessed";
    options.alarms_name = "main+alarms";
    options.clock = &clock;
    options.records_in = nullptr;  // the log grows when a test says so
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
  void pass(std::uint64_t s) {
    clock.ms += s * 1'000;
    asker->look();
  }
  /// Every thread has looked at the clock, and found that there is nothing to do.
  void until_all_have_looked() { until_looked(played.size()); }
  /// So many of them.
  void until_looked(std::size_t threads) {
    for (int times = 0; times < 3; ++times) {  // before its task, within it, and behind it
      {
        const std::lock_guard lock(clock.mutex);
        clock.readers.clear();
      }
      until([&] {
        const std::lock_guard lock(clock.mutex);
        return clock.readers.size() >= threads;
      });
    }
  }
  [[nodiscard]] WitnessStatus status(std::size_t i) const { return asker->status().witnesses[i]; }
  void until_failed(std::size_t i, std::uint64_t failures) {
    until([&] { return status(i).failures >= failures; });
  }
  /// All have cosigned the newest tree, and it is kept.
  void until_witnessed() {
    until([&] {
      const WitnessedStatus now = asker->status();
      return now.size == world.size() && cosigners(*asker->newest()) == now.witnesses.size();
    });
  }
  [[nodiscard]] std::size_t cosigners(const std::string& note) const {
    EXPECT_TRUE(format::open_checkpoint(note, world.options.origin, {&world.first_key.key, 1}));
    const auto found = format::cosigners_of(note, options.policy);
    EXPECT_TRUE(found && found->is_quorum);
    return static_cast<std::size_t>(
        std::ranges::count_if(found->by_witness, [](const auto& one) { return one.has_value(); }));
  }

  testing::World world;
  WitnessClock clock;
  Certificates certificates;
  std::vector<std::unique_ptr<PlayedWitness>> played;
  env::TemporaryDirectory directory;
  std::unique_ptr<env::Filesystem> files;
  Journal journal{Level::kError};
  WitnessOptions options;
  std::optional<Witnesses> asker;
};

}  // namespace varve::api
