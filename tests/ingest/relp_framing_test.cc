// RelpFrames of RELP: the same however the stream is cut, and every short stream as a naive reader reads it.
#include "api/ingest/relp_framing.h"

#include <gtest/gtest.h>

#include "pieces.h"

namespace varve::api {
namespace {

constexpr std::size_t kDataMost = 2;  // bytes of data, where streams are short

Taken relp(std::string_view stream, const std::vector<std::size_t>& cuts = {},
           std::size_t data_max = kRelpDataMax) {
  return feed(RelpFramer{data_max}, stream, cuts, [](const RelpFrame& frame) {
    return std::to_string(frame.number) + "|" + std::string{frame.command} + "|" +
           std::string{frame.data};
  });
}

using RelpFrames = std::vector<std::string>;

TEST(RelpFraming, TakesFramesApart) {
  const Taken taken =
      relp("1 open 10 relp_ver\n0\n2 syslog 5 a\nb\nc\n3 close 0\n4 close 0 \n5 sys");
  EXPECT_EQ(taken.frames,
            (RelpFrames{"1|open|relp_ver\n0", "2|syslog|a\nb\nc", "3|close|", "4|close|"}));
  EXPECT_EQ(taken.rest, "5 sys");
  EXPECT_FALSE(taken.fault);
}

TEST(RelpFraming, RefusesWhatIsNoFrame) {
  for (const char* wrong :
       {"x", " 1 open 0\n", "-1 open 0\n", "1234567890 open 0\n", "1  open 0\n", "1 op3n 0\n",
        "1 \n", "1 open \n", "1 open x\n", "1 open 1\n", "1 open 1x\n", "1 open 1 ab\n",
        "1 open 0 x\n", "1 open 1048577 ", "1 open 1234567890 ", "\n"})
    EXPECT_TRUE(relp(wrong).fault) << wrong;
  EXPECT_TRUE(relp("1 " + std::string(33, 'a')).fault);
  EXPECT_EQ(relp("999999999 " + std::string(32, 'a') + " 0\n").frames.size(), 1U);
  EXPECT_EQ(relp("1 syslog 1048576 " + std::string(kRelpDataMax, 'x') + "\n").frames.size(), 1U);
}

// All ways to cut short streams, and each pair of cuts of a longer one.
TEST(RelpFraming, DoesNotDependOnWhereAStreamIsCut) {
  for (const std::string stream : {"1 a 0\n2 b 2 x\n\n", "1 a 0 \n2 b 1 x", "1 a 1 x2 b 0\n"}) {
    ASSERT_LE(stream.size(), 15U);
    const Taken whole = relp(stream);
    for_every_split(stream.size(), [&](const std::vector<std::size_t>& cuts) {
      ASSERT_EQ(relp(stream, cuts), whole);
    });
  }
  const std::string stream = "1 open 7 offers=\n2 syslog 4 <1>a\n3 syslog 6 <2>b\n\n\n4 close 0\n";
  const Taken whole = relp(stream);
  for (std::size_t first = 1; first < stream.size(); ++first)
    for (std::size_t second = first; second < stream.size(); ++second)
      ASSERT_EQ(relp(stream, {first, second}), whole);
}

TEST(RelpFraming, CutAnywhereGivesTheFirstFramesOfTheWhole) {
  const std::string stream = "1 open 8 offers=a\n2 syslog 4 <1>a\n3 close 0\n";
  const Taken whole = relp(stream);
  ASSERT_EQ(whole.frames.size(), 3U);
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    const Taken taken = relp(stream.substr(0, cut));
    EXPECT_FALSE(taken.fault) << cut;
    ASSERT_LT(taken.frames.size(), 3U);
    EXPECT_TRUE(std::equal(taken.frames.begin(), taken.frames.end(), whole.frames.begin()));
    EXPECT_EQ(
        taken.rest.size() +
            [&] {
              std::size_t taken_bytes = 0;
              for (std::size_t k = 0; k < taken.frames.size(); ++k)
                taken_bytes = stream.find('\n', taken_bytes) + 1;
              return taken_bytes;
            }(),
        cut);
  }
}

TEST(RelpFraming, ReadsEveryShortStreamAsItsPartsSay) {
  // In each place what is right, what is wrong, and nothing.
  const RelpFrames numbers = {"", "1", "x"}, spaces = {"", " "}, commands = {"", "a", "1"};
  const RelpFrames lengths = {"", "0", "1", "2", "3", "x"},
                   ends = {"", "\n", " \n", " x\n", " xy\n", "x\n"};
  for (const auto& number : numbers)
    for (const auto& space : spaces)
      for (const auto& command : commands)
        for (const auto& second : spaces)
          for (const auto& length : lengths)
            for (const auto& end : ends) {
              const std::string stream = number + space + command + second + length + end;
              const Taken taken = relp(stream, {}, kDataMost);
              ASSERT_EQ(relp(stream, each_byte(stream.size()), kDataMost), taken) << stream;
              const bool head = number == "1" && space == " " && command == "a" && second == " ";
              const bool fits = (length == "0" && (end == "\n" || end == " \n")) ||
                                (length == "1" && end == " x\n") ||
                                (length == "2" && end == " xy\n");
              ASSERT_EQ(taken.frames.size() == 1, head && fits) << stream;
              if (head && fits) {
                ASSERT_TRUE(taken.rest.empty() && !taken.fault);
              }
            }
}

TEST(RelpFraming, AnswerIsAFrameItself) {
  EXPECT_EQ(relp_answer(7, 200, "OK"), "7 rsp 6 200 OK\n");
  EXPECT_EQ(relp_answer(8, 500, ""), "8 rsp 3 500\n");
  EXPECT_EQ(relp(relp_answer(9, 500, "not now")).frames, RelpFrames{"9|rsp|500 not now"});
}

}  // namespace
}  // namespace varve::api
