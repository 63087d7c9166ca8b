// The commit pipeline's table, all pairs of stages: which states there are, what each takes, and
// that the drawing in ARCHITECTURE.md is the table.
#include "ledger/log/commit_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <set>
#include <sstream>

#include "tests/directories.h"

namespace varve::log {
namespace {

constexpr std::array kStages = {Stage::kNone,    Stage::kWriting,  Stage::kDurable, Stage::kSigning,
                                Stage::kPending, Stage::kUnsigned, Stage::kFaulted};
constexpr std::array kSteps = {CommitStep::kWrite, CommitStep::kSync, CommitStep::kAsk,
                               CommitStep::kSign, CommitStep::kRefuse};

bool is_older(Stage stage) {
  return stage == Stage::kNone || stage == Stage::kSigning || stage == Stage::kPending ||
         stage == Stage::kUnsigned;
}
bool is_newer(Stage stage) {
  return stage == Stage::kNone || stage == Stage::kWriting || stage == Stage::kDurable;
}
/// Of all pairs but one: what is unsigned is adopted at once by a group that becomes durable.
bool is_state(CommitState pair) {
  if (pair == at::kFaulted) return true;
  return is_older(pair.older) && is_newer(pair.newer) &&
         pair != CommitState{Stage::kUnsigned, Stage::kDurable};
}
bool has_row(CommitState pair) {
  return std::ranges::count(at::kCommitTable, pair, &CommitRow::at) == 1;
}

const char* name_of(Stage stage) {
  constexpr std::array kNames = {"",        "Writing",  "Durable", "Signing",
                                 "Pending", "Unsigned", "Faulted"};
  return kNames[static_cast<std::size_t>(stage)];
}
std::string name_of(CommitState state) {
  if (state == at::kNever) return ".";
  if (state == at::kIdle) return "Idle";
  if (state == at::kFaulted) return "Faulted";
  const std::string older = name_of(state.older);
  const std::string newer = name_of(state.newer);
  return older.empty() || newer.empty() ? older + newer : older + "+" + newer;
}
const char* name_of(Takes takes) {
  constexpr std::array kNames = {"nothing", "all", "no key events", "removals of keys"};
  return kNames[static_cast<std::size_t>(takes)];
}

/// The table as a text, a row a line.
std::string drawing() {
  std::ostringstream out;
  out << "state             takes             write             sync             ask      sign     "
         " "
         "       refuse\n";
  for (const CommitRow& row : at::kCommitTable) {
    out << std::left << std::setw(18) << name_of(row.at) << std::setw(18) << name_of(row.takes);
    constexpr std::array kWidths = {18, 17, 9, 17, 0};
    for (std::size_t step = 0; step < kCommitSteps; ++step)
      out << std::setw(kWidths[step]) << name_of(row.after[step]);
    out << "\n";
  }
  return out.str();
}

TEST(CommitTable, HasARowForEachPairOfAnOlderAndANewerStageAndForNoOther) {
  for (const Stage older : kStages)
    for (const Stage newer : kStages)
      EXPECT_EQ(has_row({older, newer}), is_state({older, newer}))
          << name_of(older) << " " << name_of(newer);
}

// All pairs of states: no step leads from one to the other unless it changes what its name says.
TEST(CommitTable, LeadsFromEachStateOnlyWhereTheStepCanLead) {
  for (const CommitRow& row : at::kCommitTable)
    for (const CommitStep step : kSteps) {
      SCOPED_TRACE(name_of(row.at) + " " + std::to_string(static_cast<int>(step)));
      if (!may_step(row.at, step)) continue;
      const CommitState from = row.at;
      const CommitState to = after(from, step);
      EXPECT_TRUE(has_row(to)) << "it is no state";
      EXPECT_NE(from, at::kFaulted);
      EXPECT_NE(to, at::kFaulted);
      switch (step) {
        case CommitStep::kWrite:
          EXPECT_EQ(to, (CommitState{from.older, Stage::kWriting}));
          EXPECT_NE(row.takes, Takes::kNothing);
          break;
        case CommitStep::kSync: {
          EXPECT_TRUE(from.older == Stage::kPending || from.newer == Stage::kWriting);
          const bool stays = from.older == Stage::kSigning;
          EXPECT_EQ(to.older, stays ? from.older : Stage::kNone);
          EXPECT_EQ(to.newer, from.newer == Stage::kNone ? Stage::kNone : Stage::kDurable);
          break;
        }
        case CommitStep::kAsk:
          EXPECT_TRUE(from == at::kDurable || from == at::kUnsigned) << "only what is durable: I2";
          EXPECT_EQ(to, at::kSigning) << "never two at the token";
          break;
        case CommitStep::kSign:
          EXPECT_EQ(from.older, Stage::kSigning);
          EXPECT_EQ(to, (CommitState{Stage::kPending, from.newer}));
          break;
        case CommitStep::kRefuse:
          EXPECT_EQ(from.older, Stage::kSigning);
          EXPECT_EQ(to.older, Stage::kUnsigned);
          EXPECT_EQ(to.newer, from.newer == Stage::kWriting ? Stage::kWriting : Stage::kNone);
          break;
      }
    }
}

TEST(CommitTable, ReachesEveryStateFromIdleAndIdleFromEveryStateButFaulted) {
  const auto reached = [](CommitState from) {
    std::vector<CommitState> found{from};
    for (std::size_t k = 0; k < found.size(); ++k)
      for (const CommitStep step : kSteps)
        if (may_step(found[k], step))
          if (const auto to = after(found[k], step); std::ranges::count(found, to) == 0)
            found.push_back(to);
    return found;
  };
  for (const CommitRow& row : at::kCommitTable) {
    if (row.at == at::kFaulted) continue;
    EXPECT_EQ(std::ranges::count(reached(at::kIdle), row.at), 1) << name_of(row.at);
    EXPECT_EQ(std::ranges::count(reached(row.at), at::kIdle), 1) << name_of(row.at);
  }
}

TEST(CommitTable, TakesNoKeyEventWhileTheTokenSignsAndOnlyRemovalsWhileASignatureIsMissing) {
  for (const CommitRow& row : at::kCommitTable) {
    SCOPED_TRACE(name_of(row.at));
    const bool writes = may_step(row.at, CommitStep::kWrite);
    const bool is_unsigned = row.at.older == Stage::kUnsigned;
    EXPECT_EQ(takes(row.at, KeyChange::kNone), writes && !is_unsigned);
    EXPECT_EQ(takes(row.at, KeyChange::kAny),
              writes && !is_unsigned && row.at.older != Stage::kSigning);
    EXPECT_EQ(takes(row.at, KeyChange::kRemovalsOnly), writes && row.at.older != Stage::kSigning);
  }
}

TEST(CommitTable, IsTheDrawingInTheArchitecture) {
  std::ifstream file(source_file("docs/ARCHITECTURE.md"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find("```\n" + drawing() + "```\n"), std::string::npos)
      << "it draws another table than this:\n"
      << drawing();
}

TEST(CommitTableDeathTest, LetsNothingFollowAFault) {  // I5
  for (const CommitStep step : kSteps) {
    EXPECT_FALSE(may_step(at::kFaulted, step));
    EXPECT_DEATH(static_cast<void>(after(at::kFaulted, step)), "invariant broken");
  }
}

}  // namespace
}  // namespace varve::log
