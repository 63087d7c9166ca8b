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

}  // namespace
}  // namespace varve::upkeep
