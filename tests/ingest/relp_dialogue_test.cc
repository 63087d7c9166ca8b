// What a sender of RELP may ask in which order, and what it is answered.
#include "api/ingest/relp_dialogue.h"

#include <gtest/gtest.h>

#include "pieces.h"

namespace varve::api {
namespace {

using Steps = std::vector<std::string>;

const std::string kOpen = "1 open 30 relp_version=0\ncommands=syslog\n";

std::string open_with(const std::string& offers) {
  return "1 open " + std::to_string(offers.size()) + " " + offers + "\n";
}

std::string text_of_step(const RelpStep& step) {
  constexpr const char* kKinds[] = {"more", "message", "answer", "end"};
  return std::string{kKinds[static_cast<std::size_t>(step.kind)]} + " " +
         std::to_string(step.number) + " " + std::string{step.message} +
         (step.status == 0 ? "" : std::to_string(step.status));
}

/// All steps of a stream that comes in pieces; "fault" where it is not framed.
Steps steps_of(std::string_view stream, const std::vector<std::size_t>& cuts = {}) {
  RelpDialogue dialogue;
  Steps out;
  std::size_t from = 0;
  for (std::size_t k = 0; k <= cuts.size(); ++k) {
    const std::size_t to = k == cuts.size() ? stream.size() : cuts[k];
    dialogue.add(stream.substr(from, to - from));
    from = to;
    for (;;) {
      const auto step = dialogue.next();
      if (!step) {
        out.emplace_back("fault");
        return out;
      }
      if (step->kind == RelpStep::Kind::kMore) break;
      out.push_back(text_of_step(*step));
      if (step->kind == RelpStep::Kind::kEnd) return out;
    }
  }
  return out;
}

TEST(RelpDialogue, OpensTakesMessagesAndCloses) {
  EXPECT_EQ(steps_of(kOpen + "2 syslog 6 <13>a\n\n3 syslog 5 <13>b\n4 close 0\n"),
            (Steps{"answer 1 200", "message 2 <13>a\n", "message 3 <13>b", "end 4 200"}));
}

TEST(RelpDialogue, AnswersAnOpenWithItsOffers) {
  RelpDialogue dialogue;
  dialogue.add(kOpen);
  const auto step = dialogue.next();
  ASSERT_TRUE(step);
  EXPECT_EQ(relp_answer(step->number, step->status, step->text),
            "1 rsp 57 200 OK\nrelp_version=0\nrelp_software=varve\ncommands=syslog\n");
}

TEST(RelpDialogue, RefusesEveryOtherOrder) {
  struct Case {
    std::string stream;
    Steps steps;
  };
  const Case table[] = {
      {"1 syslog 1 a\n", {"end 1 500"}},
      {"1 close 0\n", {"end 1 500"}},
      {kOpen + "2 open 0\n", {"answer 1 200", "end 2 500"}},
      {open_with("commands=eventlo"), {"end 1 500"}},
      {open_with("commands=eventlog,syslo"), {"end 1 500"}},
      {open_with("commands=eventlog,syslog\nrelp_version=0"), {"answer 1 200"}},
      {"1 open 0\n", {"answer 1 200"}},  // it has not said what it sends
      {kOpen + "2 rsp 3 200\n", {"answer 1 200", "end 0 500"}},
      {kOpen + "0 syslog 1 a\n", {"answer 1 200", "end 0 500"}},
      {"0 open 0\n", {"end 0 500"}},
      {kOpen + "0 close 0\n", {"answer 1 200", "end 0 500"}},
      {kOpen + "2 starttls 0\n3 syslog 1 a\n", {"answer 1 200", "answer 2 500", "message 3 a"}},
      {kOpen + "2 syslog 0\n3 syslog 1 a\n", {"answer 1 200", "answer 2 200", "message 3 a"}},
      {kOpen + "hello\n", {"answer 1 200", "fault"}},
  };
  for (const Case& one : table) EXPECT_EQ(steps_of(one.stream), one.steps) << one.stream;
}

TEST(RelpDialogue, HintsAreNotAnswered) {
  EXPECT_EQ(steps_of("0 hello 0\n" + kOpen + "0 abort 2 xy\n2 syslog 1 a\n0 x 0 \n"),
            (Steps{"answer 1 200", "message 2 a"}));
}

// Whatever number the first command has, each next one is the one after it, and 1 follows the greatest.
TEST(RelpDialogue, NumbersFollowEachOther) {
  constexpr std::uint64_t kGreatest = 999'999'999;
  for (const std::uint64_t first :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{4711}, kGreatest - 1, kGreatest}) {
    for (const std::uint64_t second :
         {first, first + 1, first + 2, first - 1, std::uint64_t{1}, kGreatest}) {
      if (second == 0 || second > kGreatest) continue;
      const bool follows = second == first + 1 || (first == kGreatest && second == 1);
      const Steps steps =
          steps_of(std::to_string(first) + " open 0\n" + std::to_string(second) + " syslog 1 a\n");
      EXPECT_EQ(steps.back(), (follows ? "message " : "end ") + std::to_string(second) +
                                  (follows ? " a" : " 500"))
          << first << " " << second;
    }
  }
}

TEST(RelpDialogue, DoesNotDependOnWhereAStreamIsCut) {
  const std::string stream =
      kOpen + "2 syslog 4 <1>a\n0 hint 0\n3 what 1 x\n4 syslog 0\n5 close 0\n";
  const Steps whole = steps_of(stream);
  EXPECT_EQ(whole.size(), 5U);
  EXPECT_EQ(steps_of(stream, each_byte(stream.size())), whole);
  for (std::size_t first = 1; first < stream.size(); ++first)
    for (std::size_t second = first + 1; second < stream.size(); ++second)
      ASSERT_EQ(steps_of(stream, {first, second}), whole) << first << " " << second;
}

}  // namespace
}  // namespace varve::api
