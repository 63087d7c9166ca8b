// Frames of syslog in a stream: the same messages however the stream is cut, and every short stream as
// a naive reader of the RFC reads it.
#include "api/ingest/syslog_framing.h"

#include <gtest/gtest.h>

#include "pieces.h"

namespace varve::api {
namespace {

constexpr std::size_t kMost = 4;  // bytes of a message, where streams are short

Taken syslog(std::string_view stream, const std::vector<std::size_t>& cuts = {},
             SyslogFraming framing = SyslogFraming::kEither,
             std::size_t message_max = kSyslogMessageMax) {
  return feed(SyslogFramer{framing, message_max}, stream, cuts,
              [](std::string_view message) { return std::string{message}; });
}

using Frames = std::vector<std::string>;

TEST(SyslogFraming, GivesCountedMessagesWithTheLineFeedThatWasCounted) {
  EXPECT_EQ(syslog("5 <1>ab6 <1>ab\n1 x"), (Taken{{"<1>ab", "<1>ab\n", "x"}, false, ""}));
  EXPECT_EQ(syslog("5 <1>a"), (Taken{{}, false, "5 <1>a"}));
}

TEST(SyslogFraming, GivesLinesWithoutTheirLineFeedAndAllElseOnThem) {
  EXPECT_EQ(syslog("<1>ab\n<2>c\r\n\n\r\n next\n<3"),
            (Taken{{"<1>ab", "<2>c\r", " next"}, false, "<3"}));
}

TEST(SyslogFraming, FirstByteDecidesForTheWholeConnection) {
  EXPECT_EQ(syslog("<1>a\n5 <1>b\n").frames, (Frames{"<1>a", "5 <1>b"}));
  EXPECT_TRUE(syslog("4 <1>a<1>b\n").fault);
  EXPECT_TRUE(syslog("<1>a\n", {}, SyslogFraming::kCounted).fault) << "over TLS";
  for (const char* other : {"GET / HTTP/1.1\r\n", "\x16\x03\x01", "\n", " 5 <1>ab", "-"})
    EXPECT_TRUE(syslog(other).fault) << other;
}

TEST(SyslogFraming, RefusesCountsThatAreNone) {
  for (const char* wrong :
       {"0 ", "05 <1>ab", "5<1>ab", "5\t<1>ab", "99999999999 x", "12345678901 "}) {
    const Taken taken = syslog(std::string{"3 <1>"} + wrong);
    EXPECT_TRUE(taken.fault) << wrong;
    EXPECT_EQ(taken.frames.at(0), "<1>") << "what came before is whole";
  }
}

TEST(SyslogFraming, RefusesAMessageThatIsTooLargeBeforeItIsThere) {
  EXPECT_EQ(syslog("4 abcd", {}, SyslogFraming::kEither, kMost).frames, Frames{"abcd"});
  EXPECT_TRUE(syslog("5 ", {}, SyslogFraming::kEither, kMost).fault);
  EXPECT_EQ(syslog("<1>a\n", {}, SyslogFraming::kEither, kMost).frames, Frames{"<1>a"});
  EXPECT_TRUE(syslog("<1>ab", {}, SyslogFraming::kEither, kMost).fault);
  EXPECT_TRUE(syslog("<1>ab\n", {}, SyslogFraming::kEither, kMost).fault);
  const std::string most(kSyslogMessageMax, 'x');
  EXPECT_EQ(syslog("1048576 " + most).frames, Frames{most});
  EXPECT_TRUE(syslog("1048577 ").fault);
}

TEST(SyslogFraming, ErrorStaysWhateverFollows) {
  SyslogFramer framer{SyslogFraming::kEither};
  framer.add("x");
  EXPECT_FALSE(framer.next());
  framer.add("5 <1>ab<1>ab\n");
  EXPECT_FALSE(framer.next());
}

// All ways to cut each of these, one packet with several messages among them.
TEST(SyslogFraming, DoesNotDependOnWhereAStreamIsCut) {
  for (const std::string stream :
       {"4 <1>a5 <2>b\n1", "<1>a\n\r\n<2>b\n\nx", "3 <1>0 <2>b\n", "11 <1>abcd1 x"}) {
    ASSERT_LE(stream.size(), 15U);
    const Taken whole = syslog(stream);
    for_every_split(stream.size(), [&](const std::vector<std::size_t>& cuts) {
      ASSERT_EQ(syslog(stream, cuts), whole);
    });
  }
}

TEST(SyslogFraming, CutAnywhereGivesTheFirstMessagesOfTheWhole) {
  for (const std::string stream : {"4 <1>a13 <2>b 34 <3>x\n3 <4>", "<1>a\n<2>bc\r\n\n<3>d\n"}) {
    const Taken whole = syslog(stream);
    for (std::size_t cut = 0; cut < stream.size(); ++cut) {
      const Taken taken = syslog(stream.substr(0, cut));
      EXPECT_FALSE(taken.fault);
      ASSERT_LE(taken.frames.size(), whole.frames.size());
      EXPECT_TRUE(std::equal(taken.frames.begin(), taken.frames.end(), whole.frames.begin()));
    }
  }
}

// The RFC read naively, on a stream that is all there.
Taken naive(const std::string& stream) {
  Taken out;
  std::string rest = stream;
  if (rest.empty()) return out;
  const bool counted = rest[0] >= '0' && rest[0] <= '9';
  if (!counted && rest[0] != '<') return {{}, true, ""};
  while (!rest.empty()) {
    if (counted) {
      const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
      if (digits == 0 || rest[0] == '0') return {out.frames, true, ""};
      if (digits == rest.size()) break;
      const std::size_t count = std::stoul(rest.substr(0, digits));
      if (rest[digits] != ' ' || count > kMost) return {out.frames, true, ""};
      if (rest.size() - digits - 1 < count) break;
      out.frames.push_back(rest.substr(digits + 1, count));
      rest.erase(0, digits + 1 + count);
    } else {
      const std::size_t end = rest.find('\n');
      if (std::min(end, rest.size()) > kMost) return {out.frames, true, ""};
      if (end == std::string::npos) break;
      const std::string line = rest.substr(0, end);
      if (!line.empty() && line != "\r") out.frames.push_back(line);
      rest.erase(0, end + 1);
    }
  }
  out.rest = rest;
  return out;
}

TEST(SyslogFraming, ReadsEveryShortStreamAsTheRfcDoes) {
  for_every_text("012 <\n", 6, [](const std::string& stream) {
    const Taken expected = naive(stream);
    ASSERT_EQ(syslog(stream, {}, SyslogFraming::kEither, kMost), expected) << stream;
    ASSERT_EQ(syslog(stream, each_byte(stream.size()), SyslogFraming::kEither, kMost), expected)
        << stream;
  });
}

}  // namespace
}  // namespace varve::api
