// A signing key that is lost for good, with records that are durable but unsigned: the log opens, says
// so, serves what it has, and signs again once another of its keys let the lost one leave.
#include <gtest/gtest.h>

#include "ledger/upkeep/audit.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::Source;
using testing::World;

class LostKey : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.notice = [this](std::string_view event, const std::string&) { notice_ = event; };
    ASSERT_TRUE(world_.open());
    source_.emplace(world_.registered("ward-3"));
    world_.signer.add(second_);
    ASSERT_TRUE(world_.append_control(format::Kind::kKeyEvent, world_.rotation_to(second_)));
    signed_ = world_.log->latest()->note;
  }

  [[nodiscard]] std::string leaving(format::KeyAction action, const testing::SoftKey& key,
                                    const testing::SoftKey& signer) const {
    const std::string text =
        format::key_event_text({action, world_.options.origin, key.key, TreeSize{2}});
    return format::format_note({text, {signer.note_signature(text)}});
  }

  void expect_no_help() {
    const testing::SoftKey stranger(world_.options.origin);
    for (const std::string& note :
         {leaving(format::KeyAction::kRetire, world_.first_key, stranger), std::string("no note"),
          leaving(format::KeyAction::kRetire, stranger, second_)}) {
      EXPECT_FALSE(world_.append_control(format::Kind::kKeyEvent, note));
      EXPECT_EQ(world_.append_events(events(1)).error().code, Code::kBusy);
      EXPECT_EQ(world_.log->status().state, LogState::kSignerDown);
      EXPECT_EQ(world_.log->latest()->note, signed_);
    }
  }

  World world_;
  testing::SoftKey second_{world_.options.origin};
  std::optional<Source> source_;
  std::string signed_;  // the last checkpoint that both keys signed
  std::string notice_;
};

TEST_F(LostKey, LeavesByTheOtherKeyAndTheUnsignedTailIsSignedByThatOne) {
  world_.signer.lose(world_.first_key);
  const Buffer tail = source_->seal(events(3));
  EXPECT_EQ(world_.append(tail).error().code, Code::kBusy);
  const auto opened = world_.reopen();
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(notice_, "tail_not_signed");
  EXPECT_EQ(world_.log->latest()->note, signed_) << "nothing unsigned is visible";
  EXPECT_TRUE(world_.log->records(LeafIndex{1}, 1));
  EXPECT_EQ(world_.log->status().state, LogState::kSignerDown);
  EXPECT_EQ(world_.append_events(events(1)).error().code, Code::kBusy);
  const auto left = world_.append_control(
      format::Kind::kKeyEvent, leaving(format::KeyAction::kRetire, world_.first_key, second_));
  ASSERT_TRUE(left) << left.error().message;
  const auto again = world_.append(tail);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->repeated) << "it was durable, and is now under the other key's checkpoint";
  EXPECT_EQ(world_.log->status().state, LogState::kServing);
  EXPECT_EQ(format::parse_note(world_.log->latest()->note)->signatures.size(), 1u);
  ASSERT_TRUE(world_.reopen());
  EXPECT_TRUE(world_.append(source_->seal(events(3))));
  world_.log.reset();
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report);
  for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
}

// Also where a clock record would come first: nothing is written in front of what is refused.
TEST_F(LostKey, IsNotHelpedByARecordThatItsOwnRulesRefuse) {
  world_.signer.lose(world_.first_key);
  EXPECT_FALSE(world_.append_events(events(1)));
  expect_no_help();
  ASSERT_TRUE(world_.reopen()) << "the next record begins a segment";
  expect_no_help();
  ASSERT_TRUE(world_.append_control(
      format::Kind::kKeyEvent, leaving(format::KeyAction::kRevoke, world_.first_key, second_)));
  EXPECT_TRUE(world_.append_events(events(1)));
  EXPECT_EQ(world_.log->status().state, LogState::kServing);
}

TEST_F(LostKey, ThatIsTheOnlyOneLeavesAReadableLogThatTakesNothing) {
  ASSERT_TRUE(world_.append_control(
      format::Kind::kKeyEvent, leaving(format::KeyAction::kRetire, world_.first_key, second_)));
  world_.signer.lose(second_);
  EXPECT_FALSE(world_.append_events(events(1)));
  for (int start = 0; start < 3; ++start) {
    ASSERT_TRUE(world_.reopen());
    EXPECT_EQ(world_.log->status().state, LogState::kSignerDown);
    EXPECT_EQ(world_.append_events(events(1)).error().code, Code::kBusy);
    EXPECT_TRUE(world_.log->records(LeafIndex{0}, 1));
  }
  world_.signer.add(second_);
  ASSERT_TRUE(world_.reopen()) << "a backup of the token was put back";
  EXPECT_TRUE(world_.append_events(events(1)));
}

TEST(NewLog, NeedsItsKeyToBegin) {
  World world;
  world.signer.down = true;
  EXPECT_EQ(world.open().error().code, Code::kBusy);
}

}  // namespace
}  // namespace varve
