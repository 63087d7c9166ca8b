// The server's disposal of a month, wherever it is killed: in each call on a file, with the power failing or
// not, and in each call of the token. Nothing is lost that has to stay, and the next start ends what the
// log's record began.
#include "ledger/upkeep/disposer.h"

#include <gtest/gtest.h>

#include "disposer_life.h"

namespace varve::upkeep {
namespace {

TEST_F(DisposerTest, KilledAtAnyCallOnAFileEndsTheSameWithTheNextStart) {
  std::uint64_t calls = 0;
  for (bool died = true; died && !HasFailure();) {
    ++calls;
    for (const bool power_fails : {false, true}) {
      SCOPED_TRACE(std::to_string(calls) + (power_fails ? " with the power" : ""));
      SoftCustody custody{all_};
      put_back();
      disk_.faults.crash_at_call = disk_.calls() + calls;
      died = dies(custody);
      disk_.faults = {};
      if (died && power_fails) disk_.lose_power();
      expect_it_goes_on(custody);
    }
  }
  EXPECT_GE(calls, 6 * segments_.size()) << "written, synced, named, removed for each segment";
}

TEST_F(DisposerTest, KilledInAnyCallOfTheTokenEndsTheSameWithTheNextStart) {
  for (const bool when_done : {false, true}) {
    std::uint64_t calls = 0;
    for (bool died = true; died && !HasFailure();) {
      ++calls;
      SCOPED_TRACE(std::to_string(calls) + (when_done ? " done" : ""));
      SoftCustody custody{all_};
      put_back();
      custody.dies_at_call = calls;
      custody.dies_when_it_is_done = when_done;
      died = dies(custody);
      custody.dies_at_call = 0;
      expect_it_goes_on(custody);
    }
    EXPECT_GT(calls, 3U);
  }
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
  EXPECT_FALSE(life.january().is_finished);
}

}  // namespace
}  // namespace varve::upkeep
