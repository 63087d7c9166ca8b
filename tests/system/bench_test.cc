// varve-bench starts a server, appends, and prints what it measured. Speed is not tested here.
#include <gtest/gtest.h>

#include "installation.h"

namespace varve::system {
namespace {

TEST(Bench, PrintsTheCeilingsOfTheMachineAndARowForEachScenario) {
  std::vector<std::string> words = {Installation::program("varve-bench"), "--seconds", "0.3"};
  for (const char* word : {"--leaves", "10000", "--days", "6", "--logs", "3", "--only"})
    words.emplace_back(word);
  for (const char* scenario :
       {"batch-10", "single-64", "offered-1000", "slow-token-single", "big-log", "growth",
        "retention", "disposal", "years", "rotation", "witness", "kill", "many-logs"})
    words.emplace_back(scenario);
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  for (const char* row : {"append 4 KiB + fdatasync",
                          "SoftHSM Ed25519",
                          "batch-10 ",
                          "single-64 ",
                          "offered-1000 ",
                          "slow-token-single ",
                          "proof-by-index ",
                          "hash-tile ",
                          "load ",
                          "memory ",
                          "audit ",
                          "start ",
                          "start-after-kill ",
                          "growth: 10000 leaves",
                          "no-holds ",
                          "retention ",
                          "6 months and 72 holds: ",
                          "no-disposal ",
                          "disposal ",
                          "disposed-of ",
                          " of ciphertext gone after ",
                          "years: 6 segments a log, 1 log,",
                          "years: 6 segments a log, 8 logs,",
                          "look-up of a leaf, p50",
                          "look-up of none, p99",
                          "oldest records",
                          "memory maps",
                          "varved audit, s",
                          "varve-audit check, s",
                          "no-rotation ",
                          "rotation ",
                          "witness ",
                          "many-logs: 3 logs, made and ready after ",
                          " of rest: ",
                          " rotations; p50 "})
    EXPECT_NE(outcome.output.find(row), std::string::npos) << row << "\n" << outcome.output;
  EXPECT_EQ(outcome.output.find("refused"), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace varve::system
