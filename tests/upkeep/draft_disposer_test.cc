// The same crashes beside a log of minutes: its disposal, and its restore from a mirror.
#include <gtest/gtest.h>

#include "disposer_life.h"
#include "ledger/store/mark_file.h"
#include "ledger/upkeep/restore.h"
#include "tests/log/restoring.h"

namespace varve::upkeep {
namespace {

constexpr std::uint64_t kSecondUs = 1'000'000;
constexpr std::uint64_t kDraftBeginsUs =
    29'920'320 * format::kMinuteUs + 10 * kSecondUs;  // 2026-11-21T00:00:10Z

class DraftDisposer : public DisposerTest {
 protected:
  /// Two segments of the first key period, which is to go.
  void SetUp() override {
    world_.clock = &clock_;
    world_.other_vault = &token_;
    world_.notice = [this](std::string_view event, const std::string&) {
      const std::lock_guard lock(mutex_);
      told_.insert(std::string{event});
    };
    format::Policy& policy = world_.options.first_policy;
    policy.mode = format::Mode::kDraft;
    policy.period = 5;
    policy.notice = policy.wait = policy.key_period_minutes = 1;
    clock_.now = kDraftBeginsUs;
    ASSERT_TRUE(world_.open());
    people_.name();
    append("first", 3);
    ASSERT_TRUE(world_.reopen());
    append("second", 2);
    for (int k = 0; k < 5; ++k) seconds_pass(100);
    const std::uint32_t first = world_.log->view().retention->months().front().month;
    ASSERT_TRUE(people_.give(people_.notice({first})));
    seconds_pass(70);
    const auto disposed = people_.send(people_.disposal(), {&people_.ann, &people_.bob});
    ASSERT_TRUE(disposed) << disposed.error().message;
    const auto labels = *token_.kek_labels();
    all_ = {labels.begin(), labels.end()};
    take_image();
    ASSERT_GE(segments_.size(), 2U);
    EXPECT_EQ(segments_.front().key_minutes, 1U);
  }
  /// As an operator empties the directory for a restore.
  void wipe_all() {
    disk_.put_back({});
    std::filesystem::remove_all(world_.directory + "/catalogue");
  }
  void seconds_pass(std::uint64_t seconds) {
    clock_.now = clock_.now + seconds * kSecondUs;
    append("at " + std::to_string(clock_.now), 1);
  }
};

TEST_F(DraftDisposer, KilledAtAnyCallOnAFileEndsTheSameWithTheNextStart) {
  is_killed_at_any_call_on_a_file();
}

TEST_F(DraftDisposer, KilledInAnyCallOfTheTokenEndsTheSameWithTheNextStart) {
  is_killed_in_any_call_of_the_token();
}

// A restore that was cut off is no store: it is begun again in an empty directory, and comes to the same end.
TEST_F(DraftDisposer, ARestoreThatWasKilledIsNoStoreAndIsRepeated) {
  const std::string directory = world_.directory + "-mirror";
  std::filesystem::create_directories(directory);
  const auto mirror = std::move(*env::open_posix(directory));
  const auto mark = store::mark_file(*mirror, "log.mark");
  world_.marks = mark.get();
  world_.holders = {{"pkcs11:token=one", &token_}};
  ASSERT_TRUE(world_.open());
  wait_until_told("keys_destroyed");
  testing::mirror_to(directory + "/copy", *world_.log);
  world_.log.reset();
  const auto copy = std::move(*env::open_posix(directory + "/copy"));
  std::uint64_t calls = 0;
  for (bool died = true; died && !HasFailure();) {
    ++calls;
    SCOPED_TRACE(calls);
    testing::SoftVault vault;
    const Environment there{clock_, env::system_random(), disk_,        world_.signer,
                            vault,  mark.get(),           world_.notice};
    const Disposals known{
        {}, [](KeyPeriod) { return Result<std::vector<std::string>>(std::vector<std::string>()); }};
    const auto restore = [&] { return restore_store(world_.options, there, *copy, known); };
    wipe_all();
    disk_.faults.crash_at_call = disk_.calls() + calls;
    try {
      died = false;
      ASSERT_TRUE(restore());
    } catch (const sim::Crash&) {
      died = true;
    }
    disk_.faults = {};
    if (died) {
      disk_.lose_power();
      const bool is_empty =
          disk_.list("segments")->empty() && disk_.list(store::kRemainsFolder)->empty();
      if (!is_empty) {
        const auto again = restore();
        ASSERT_FALSE(again) << "into a store that is half there";
        EXPECT_EQ(again.error().code, Code::kWorm) << again.error().message;
      }
      wipe_all();
      const auto restored = restore();
      ASSERT_TRUE(restored) << restored.error().message;
      EXPECT_TRUE(restored->is_draft);
    }
    const auto report = audit_files(
        world_.options, there, [](std::uint64_t, std::uint64_t) {}, 1);
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings)
      ADD_FAILURE() << finding.where << ": " << finding.what;
  }
  EXPECT_GT(calls, 10U);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace varve::upkeep
