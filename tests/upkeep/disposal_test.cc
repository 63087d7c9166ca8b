// A month is disposed of as a whole or can be: whatever kills the process, no key goes before all
// that has to stay is durable, and the next run comes to the same end.
#include "ledger/upkeep/disposal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "ledger/base/month.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/rewrap.h"
#include "soft_custody.h"
#include "tests/log/approvers.h"
#include "tests/log/two_months.h"

namespace varve::upkeep {
namespace {

using testing::kJanuaryKey;
using testing::SoftCustody;

constexpr std::uint32_t kJanuaryMonth = 202'601;
constexpr const char* kFebruaryKey = "varve/test/2026-02";
constexpr const char* kMarchKey = "varve/test/2026-03";
constexpr const char* kSecondKey = "varve/test/2026-01.2";
constexpr std::uint64_t kMarch =
    testing::kFebruary + 32 * format::kDayUs;  // January is 30 days old

class DisposalTest : public testing::TwoMonths {
 protected:
  void SetUp() override {
    world_.options.first_policy.period = 30;
    TwoMonths::SetUp();
    ASSERT_TRUE(world_.open());
    people_.name();
    run_until(kMarch);
    ASSERT_TRUE(people_.give(people_.notice({kJanuaryMonth})));
    run_until(kMarch + 8 * format::kDayUs);
    const auto disposed = people_.send(people_.disposal(), {&people_.ann, &people_.bob});
    ASSERT_TRUE(disposed) << disposed.error().message;
    world_.log.reset();
    take_image();
  }
  void run_until(std::uint64_t until_us) {
    clock_.now = until_us;
    ASSERT_TRUE(world_.append_events(testing::events(1)));
  }

  /// The disk becomes a copy of the log's directory.
  void take_image() {
    namespace fs = std::filesystem;
    image_.clear();
    for (const char* folder : {"segments", "data-keys", "tree"})
      if (fs::exists(fs::path{world_.directory} / folder))
        for (const auto& entry : fs::directory_iterator(fs::path{world_.directory} / folder))
          image_[std::string{folder} + "/" + entry.path().filename().string()] =
              to_buffer(bytes_of(testing::bytes_in(entry.path())));
    disk_.put_back(image_);
    january_segments_ = *store::segments_of_month(disk_, kJanuaryMonth);
    ASSERT_GE(january_segments_.size(), 3U);
  }

  /// Gives the month's data keys a second key, as kek rotate does.
  void rotate() {
    store::DataKeys keys(*world_.files, world_.vault, env::system_random(), "varve/test");
    ASSERT_TRUE(
        store::rewrap_month(*world_.files, {kJanuaryMonth}, keys, world_.vault, kSecondKey));
    take_image();
  }

  Result<std::vector<DestroyedKeys>> dispose(const std::vector<KeyHolder>& tokens,
                                             bool superseded = false) {
    const DisposalOrder order{"the store", "varve/test", month_text(kJanuaryMonth),
                              world_.first_key.key, superseded};
    ASSIGN_OR_RETURN(const auto disposal, Disposal::begin(disk_, order));
    RETURN_IF_ERROR(disposal->plan(tokens, silently));
    plan_ = disposal->planned();
    return disposal->carry_out(silently);
  }
  static void silently(std::uint64_t, std::uint64_t) {}

  /// Nothing is planned for it, and nothing changed.
  void expect_refused(const DisposalOrder& order, Code code, const std::string& why) {
    SoftCustody token{all_months()};
    const auto disposal = Disposal::begin(disk_, order);
    ASSERT_TRUE(disposal);
    const auto planned = (*disposal)->plan({{"token", &token}}, silently);
    ASSERT_FALSE(planned) << why;
    EXPECT_EQ(planned.error().code, code) << planned.error().message;
    EXPECT_NE(planned.error().message.find(why), std::string::npos) << planned.error().message;
    EXPECT_EQ(disk_.image(), image_);
    EXPECT_EQ(token.labels, all_months());
  }
  void expect_january_refused(Code code, const std::string& why) {
    expect_refused({"the store", "varve/test", month_text(kJanuaryMonth), world_.first_key.key},
                   code, why);
  }
  static std::set<std::string> all_months() { return {kJanuaryKey, kFebruaryKey, kMarchKey}; }

  /// Those that are whole, by their paths.
  [[nodiscard]] sim::SimFilesystem::Image remains() const {
    sim::SimFilesystem::Image whole;
    for (const auto& header : january_segments_)
      if (store::read_remains(disk_, header)) {
        const std::string path = store::remains_path(header.ordinal);
        whole[path] = disk_.image().at(path);
      }
    return whole;
  }
  [[nodiscard]] bool all_remains_are_there() const {
    return remains().size() == january_segments_.size();
  }

  /// Nothing is left of January's keys, all that has to stay is there, and nothing else changed.
  void expect_the_end(const std::vector<SoftCustody*>& tokens) {
    EXPECT_TRUE(all_remains_are_there());
    for (const SoftCustody* token : tokens)
      EXPECT_EQ(token->labels, (std::set<std::string>{kFebruaryKey, kMarchKey}));
    for (const auto& [path, bytes] : image_) EXPECT_EQ(disk_.image().at(path), bytes) << path;
    std::uint64_t gone = 0;
    for (const auto& header : january_segments_)
      gone += store::read_remains(disk_, header)->destroyed();
    EXPECT_EQ(gone, testing::kGoneWithJanuary);
  }

  /// Runs until the process dies, or to the end. Returns whether it died.
  bool dies(const std::vector<KeyHolder>& tokens) {
    try {
      const auto done = dispose(tokens);
      EXPECT_TRUE(done) << done.error().message;
      return false;
    } catch (const sim::Crash&) {
      return true;
    }
  }

  /// After a crash: what must hold at once, and what the next run comes to.
  void expect_it_goes_on(SoftCustody& first, SoftCustody& second) {
    const bool key_is_gone =
        !first.labels.contains(kJanuaryKey) || !second.labels.contains(kJanuaryKey);
    EXPECT_TRUE(!key_is_gone || all_remains_are_there());
    const bool nothing_left =
        !first.labels.contains(kJanuaryKey) && !second.labels.contains(kJanuaryKey);
    const auto kept = remains();
    const auto again = dispose({{"first", &first}, {"second", &second}});
    for (const auto& [path, bytes] : kept) EXPECT_EQ(disk_.image().at(path), bytes) << path;
    if (nothing_left) {
      ASSERT_FALSE(again);
      EXPECT_EQ(again.error().code, Code::kNotFound);
    } else {
      ASSERT_TRUE(again) << again.error().message;
    }
    expect_the_end({&first, &second});
  }

  testing::TwoApprovers people_{world_};
  sim::Dice dice_{4'711};
  sim::SimFilesystem disk_{dice_, *world_.files};
  sim::SimFilesystem::Image image_;
  std::vector<store::SegmentHeader> january_segments_;
  DisposalPlan plan_;
};

TEST_F(DisposalTest, KeepsWhatHasToStayAndDestroysTheKeyOnEachToken) {
  SoftCustody first{all_months()};
  SoftCustody second{all_months()};
  const auto done = dispose({{"first", &first}, {"second", &second}});
  ASSERT_TRUE(done) << done.error().message;
  expect_the_end({&first, &second});
  ASSERT_EQ(done->size(), 2U);
  for (const DestroyedKeys& keys : *done) {
    EXPECT_EQ(keys.labels, std::vector<std::string>{kJanuaryKey}) << keys.token;
    EXPECT_FALSE(keys.not_finished) << keys.token;
  }
  EXPECT_EQ(plan_.segments.size(), january_segments_.size());
  EXPECT_EQ(plan_.records, january_.value);
  EXPECT_TRUE(plan_.elsewhere.empty());
}

// Every call on a file, with the power failing or not.
TEST_F(DisposalTest, KilledAtAnyCallOnAFileAndRunAgainEndsTheSame) {
  bool died = true;
  std::uint64_t calls = 0;
  for (std::uint64_t at = 1; died; ++at) {
    for (const bool power_fails : {false, true}) {
      SCOPED_TRACE(std::to_string(at) + (power_fails ? " with the power" : ""));
      SoftCustody first{all_months()};
      SoftCustody second{all_months()};
      disk_.put_back(image_);
      disk_.faults.crash_at_call = disk_.calls() + at;
      died = dies({{"first", &first}, {"second", &second}});
      disk_.faults.crash_at_call = 0;
      if (!died) break;
      calls = at;
      if (power_fails) disk_.lose_power();
      expect_it_goes_on(first, second);
    }
  }
  EXPECT_GE(calls, 4 * january_segments_.size()) << "made, written, synced, named for each segment";
}

// Every call to a token, before it has done what it was asked and after.
TEST_F(DisposalTest, KilledAtAnyCallToATokenAndRunAgainEndsTheSame) {
  for (const bool of_second : {false, true})
    for (const bool is_done : {false, true}) {
      bool died = true;
      std::uint64_t at = 1;
      for (; died; ++at) {
        SCOPED_TRACE(std::to_string(at) + (of_second ? " second" : "") + (is_done ? " done" : ""));
        SoftCustody first{all_months()};
        SoftCustody second{all_months()};
        SoftCustody& mortal = of_second ? second : first;
        mortal.dies_at_call = at;
        mortal.dies_when_it_is_done = is_done;
        disk_.put_back(image_);
        died = dies({{"first", &first}, {"second", &second}});
        if (died) disk_.lose_power();
        if (died) expect_it_goes_on(first, second);
      }
      EXPECT_GE(at, 3U) << "listed, and destroyed";
    }
}

TEST_F(DisposalTest, NamesTheTokenThatIsAwayAndEndsWhenItIsBack) {
  for (const bool first_is_away : {true, false}) {
    SCOPED_TRACE(first_is_away);
    disk_.put_back(image_);
    SoftCustody first{all_months()};
    SoftCustody second{all_months()};
    SoftCustody& away = first_is_away ? first : second;
    away.away = true;
    const std::vector<KeyHolder> tokens{{"first", &first}, {"second", &second}};
    const auto done = dispose(tokens);
    ASSERT_TRUE(done) << done.error().message;
    const DestroyedKeys& left = (*done)[first_is_away ? 0 : 1];
    ASSERT_TRUE(left.not_finished);
    EXPECT_EQ(left.not_finished->code, Code::kBusy);
    EXPECT_EQ(left.not_finished->message,
              std::string{first_is_away ? "first" : "second"} + ": the token is gone");
    EXPECT_TRUE(left.labels.empty());
    const DestroyedKeys& reached = (*done)[first_is_away ? 1 : 0];
    EXPECT_FALSE(reached.not_finished);
    EXPECT_EQ(reached.labels, std::vector<std::string>{kJanuaryKey});
    EXPECT_TRUE(away.labels.contains(kJanuaryKey));

    away.away = false;
    ASSERT_TRUE(dispose(tokens));
    expect_the_end({&first, &second});
  }
}

TEST_F(DisposalTest, SaysOfATokenThatKeepsItsKeyThatItIsNotFinished) {
  SoftCustody first{all_months()};
  SoftCustody second{all_months()};
  first.keeps_keys = true;
  const auto done = dispose({{"first", &first}, {"second", &second}});
  ASSERT_TRUE(done) << done.error().message;
  ASSERT_TRUE((*done)[0].not_finished);
  EXPECT_EQ((*done)[0].not_finished->code, Code::kIo);
  EXPECT_FALSE((*done)[1].not_finished);
  EXPECT_FALSE(second.labels.contains(kJanuaryKey)) << "the other is not kept from it";
}

TEST_F(DisposalTest, DestroysNothingWhenTheOnlyKeyIsOnATokenThatIsAway) {
  SoftCustody first{{kFebruaryKey, kMarchKey}};
  SoftCustody second{all_months()};
  second.away = true;
  const auto done = dispose({{"first", &first}, {"second", &second}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kBusy) << "not: nothing to destroy";
  EXPECT_EQ(done.error().message, "second: the token is gone");
  EXPECT_EQ(disk_.image(), image_);
}

TEST_F(DisposalTest, DestroysNoKeyWhileOneSegmentHasNoRemains) {
  SoftCustody token{all_months()};
  const std::string path = store::segment_path(january_segments_.back().ordinal);
  image_[path][image_[path].size() / 2] ^= std::byte{1};
  disk_.put_back(image_);
  const auto done = dispose({{"token", &token}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kCorrupt);
  EXPECT_EQ(token.labels, all_months());
}

TEST_F(DisposalTest, IsRefusedForAnotherLogsPrefixOrFirstKey) {
  const testing::SoftKey stranger("audit.example.org/test");
  const testing::SoftKey other("audit.example.org/other");
  expect_refused({"the store", "varve/other", month_text(kJanuaryMonth), world_.first_key.key},
                 Code::kInvalid, "varve/other");
  expect_refused({"the store", "varve/test", month_text(kJanuaryMonth), other.key}, Code::kInvalid,
                 "belongs to another log");
  expect_refused({"the store", "varve/test", month_text(kJanuaryMonth), stranger.key},
                 Code::kCorrupt, "record 0");
}

// However long ago the newest month was: the log would have to lock up what comes next under the
// key that is to go.
TEST_F(DisposalTest, OfTheMonthThatTheLogIsInIsRefused) {
  expect_refused({"the store", "varve/test", "2026-03", world_.first_key.key}, Code::kInvalid,
                 "whose own clock is in 2026-03");
}

// Whoever holds the token and the store destroys nothing that approvers did not let go.
TEST_F(DisposalTest, IsRefusedWithoutARecordThatDisposesOfTheMonth) {
  expect_refused({"the store", "varve/test", "2026-02", world_.first_key.key}, Code::kWorm,
                 "no record of the log disposes of 2026-02");
}

TEST_F(DisposalTest, IsRefusedWhereTheLogsRecordsCannotBeVerified) {
  const auto whole = image_;
  const std::string last = std::prev(image_.lower_bound("segments0"))->first;
  image_[last].resize(image_[last].size() - 1);
  disk_.put_back(image_);
  expect_january_refused(Code::kCorrupt, last + ": it is not sealed");
  image_ = whole;
  image_[last][image_[last].size() / 2] ^= std::byte{1};  // of March, which is not the one to go
  disk_.put_back(image_);
  expect_january_refused(Code::kCorrupt, last);
  image_ = whole;
  const std::string first = image_.lower_bound("segments/")->first;
  image_.erase(first);
  disk_.put_back(image_);
  expect_january_refused(Code::kCorrupt, "does not continue the segment before it");
}

// They may be of a history that the log never signed.
TEST_F(DisposalTest, IsRefusedWhileRecordsAtTheEndHaveNoCheckpoint) {
  ASSERT_TRUE(world_.open());
  world_.signer.lose(world_.first_key);
  EXPECT_FALSE(world_.append_events(testing::events(1)));
  ASSERT_TRUE(world_.reopen()) << "which seals the segment";
  world_.log.reset();
  take_image();
  expect_january_refused(Code::kCorrupt, "have no checkpoint: start varved");
}

TEST_F(DisposalTest, OfSupersededKeysLeavesTheOneThatIsInUseOnEachToken) {
  rotate();
  SoftCustody first{{kJanuaryKey, kSecondKey, kFebruaryKey}};
  SoftCustody second{{kJanuaryKey, kFebruaryKey}};
  const auto done = dispose({{"first", &first}, {"second", &second}}, true);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(first.labels, (std::set<std::string>{kSecondKey, kFebruaryKey}));
  EXPECT_EQ(second.labels, std::set<std::string>{kFebruaryKey});
  EXPECT_EQ(disk_.image(), image_) << "nothing gets lost, so nothing is kept apart";
}

TEST_F(DisposalTest, NamesKeysThatWouldStillOpenTheMonthElsewhere) {
  rotate();
  SoftCustody token{{kSecondKey, kFebruaryKey, kMarchKey}};
  const auto done = dispose({{"token", &token}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(plan_.elsewhere, std::set<std::string>{kJanuaryKey});
  expect_the_end({&token});
}

}  // namespace
}  // namespace varve::upkeep
