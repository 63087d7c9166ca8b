// The commit's state machine, all pairs: the table is the drawing in commit_state.h and nothing else.
#include "ledger/log/commit_state.h"

#include <gtest/gtest.h>

#include <set>

namespace varve::log {
namespace {

using enum CommitState;

TEST(CommitStates, FollowEachOtherExactlyAsDrawn) {
  const std::set<std::pair<CommitState, CommitState>> drawn = {
      {kIdle, kBatching},    {kBatching, kWritten}, {kBatching, kIdle},  {kBatching, kSigned},
      {kWritten, kSynced},   {kSynced, kSigned},    {kSynced, kUnsigned}, {kUnsigned, kSigned},
      {kSigned, kBatching},  {kSigned, kPublished}, {kPublished, kIdle},
      {kUnsigned, kBatching}, {kBatching, kUnsigned},  // a key that is lost leaves the log
  };
  for (std::size_t from = 0; from < kCommitStates; ++from)
    for (std::size_t to = 0; to < kCommitStates; ++to) {
      const auto a = static_cast<CommitState>(from);
      const auto b = static_cast<CommitState>(to);
      EXPECT_EQ(may_move(a, b), b == kFaulted || drawn.contains({a, b})) << from << " to " << to;
    }
}

}  // namespace
}  // namespace varve::log
