// Who has to wait for whom at a token that several logs share.
#include "ledger/env/token_turns.h"

#include <chrono>
#include <thread>

#include "tests/log/world.h"

namespace varve {
namespace {

using env::TokenTurns;
using testing::events;
using testing::World;

template <class Ask>
auto beside(Ask ask) {
  return std::async(std::launch::async, ask);
}

TEST(TokenTurns, OfCheckpointsNeverWait) {
  TokenTurns turns;
  const auto receipt = turns.for_receipts();
  ASSERT_TRUE(receipt);
  const auto one = turns.for_checkpoint();
  const auto two = turns.for_checkpoint();
}

// All at once, since each lasts as long as who waits is patient.
TEST(TokenTurns, ThatStrangersAskForAreRefusedWhileAnybodyElseHasOne) {
  TokenTurns checkpoint;
  TokenTurns witnesses;
  TokenTurns receipts;
  const auto first = checkpoint.for_checkpoint();
  const auto second = witnesses.for_witnesses();
  const auto third = receipts.for_receipts();
  std::vector<std::future<Code>> refused;
  for (TokenTurns* turns : {&checkpoint, &witnesses, &receipts})
    refused.push_back(beside([turns] {
      const auto turn = turns->for_receipts();
      return turn ? Code::kIo : turn.error().code;
    }));
  for (auto& one : refused) EXPECT_EQ(one.get(), Code::kBusy);
  EXPECT_TRUE(checkpoint.for_witnesses()) << "appends that never pause keep no log from these";
}

TEST(TokenTurns, OfReceiptsHaveARestBetweenThem) {
  TokenTurns turns;
  ASSERT_TRUE(turns.for_receipts());  // and has ended
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(turns.for_witnesses()) << "which is not for these";
  ASSERT_TRUE(turns.for_receipts());
  EXPECT_GE(std::chrono::steady_clock::now() - begun,
            TokenTurns::kRest - std::chrono::milliseconds(1));
}

TEST(TokenTurns, ThatCanWaitAreOneAtATime) {
  TokenTurns turns;
  std::atomic<int> at_once = 0;
  std::atomic<bool> overlap = false;
  const auto ask = [&] {
    for (int i = 0; i < 50; ++i) {
      const auto turn = turns.for_witnesses();
      ASSERT_TRUE(turn);
      if (++at_once != 1) overlap = true;
      std::this_thread::yield();
      --at_once;
    }
  };
  {
    std::vector<std::jthread> logs;
    for (int i = 0; i < 8; ++i) logs.emplace_back(ask);
  }
  EXPECT_FALSE(overlap);
}

// Else strangers who ask many logs for receipts would keep the token from what appends wait for.
TEST(TokenTurns, AreOfAllLogsOfTheToken) {
  World signs("audit.example.org/one");
  World waits("audit.example.org/two");
  waits.turns = signs.turns;
  ASSERT_TRUE(signs.open());
  ASSERT_TRUE(waits.open());
  ASSERT_TRUE(waits.log->sign_root());
  std::future<Result<Appended>> append;
  {
    const std::lock_guard hangs(signs.signer.pause);
    const int asked = signs.signer.asked;
    append = beside([&] { return signs.append_events(events(1)); });
    while (signs.signer.asked == asked) std::this_thread::yield();
    EXPECT_EQ(waits.log->sign_root().error().code, Code::kBusy);
  }
  EXPECT_TRUE(append.get());
  EXPECT_TRUE(waits.log->sign_root());
}

}  // namespace
}  // namespace varve
