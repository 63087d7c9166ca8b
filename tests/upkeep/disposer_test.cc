// The server's disposal of a month, wherever it is killed: in each call on a file, with the power failing or
// not, and in each call of the token. Nothing is lost that has to stay, and the next start ends what the
// log's record began.
#include "ledger/upkeep/disposer.h"

#include <gtest/gtest.h>

#include "disposer_life.h"

namespace varve::upkeep {
namespace {

TEST_F(DisposerTest, KilledAtAnyCallOnAFileEndsTheSameWithTheNextStart) {
  is_killed_at_any_call_on_a_file();
}

TEST_F(DisposerTest, KilledInAnyCallOfTheTokenEndsTheSameWithTheNextStart) {
  is_killed_in_any_call_of_the_token();
}

// The files go all the same: what the token keeps decrypts nothing any more. And somebody is told.
TEST_F(DisposerTest, SaysThatATokenKeepsTheKey) {
  SoftCustody custody{all_};
  put_back();
  custody.keeps_keys = true;
  CustodyVault vault(custody);
  Life life(world_.options, environment(custody, vault));
  life.dispose();
  ASSERT_EQ(life.said.size(), 1U);
  EXPECT_NE(life.said.front().find("files removed\ntoken failed pkcs11:token=one\ncomplete no\n"),
            std::string::npos)
      << life.said.front();
  EXPECT_TRUE(was_told("disposal_waits"));
  EXPECT_FALSE(life.month().is_finished);
}

// On a busy machine it takes hours, and nobody should take it for one that hangs.
TEST_F(DisposerTest, TellsEachHourThatItIsUnderWay) {
  SoftCustody custody{all_};
  CustodyVault vault(custody);
  std::vector<std::string> told;
  Environment there = environment(custody, vault);
  there.notice = [&told](std::string_view event, const std::string& sentence) {
    if (event == "disposal_under_way") told.push_back(sentence);
  };
  const auto pass = [this](std::uint64_t minutes) {
    clock_.now = clock_.now + minutes * format::kMinuteUs;
  };
  for (const std::uint64_t minutes : {20, 70}) {
    put_back();
    custody.labels = all_;
    custody.when_destroyed = [&] { pass(minutes); };
    Life life(world_.options, there);
    life.when_forgotten = [&] { pass(minutes); };
    life.dispose();
    EXPECT_TRUE(life.month().is_finished);
    EXPECT_EQ(told.size(), minutes == 20 ? 0U : 2U);
  }
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told.front().find("taken 1 hour so far, and is at 2026-01"), std::string::npos);
  EXPECT_NE(told.back().find("taken 2 hours so far, and is at 2026-01"), std::string::npos);
}

}  // namespace
}  // namespace varve::upkeep
