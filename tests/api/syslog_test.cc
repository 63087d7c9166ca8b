// Syslog over real TCP sockets: what is stored of a stream, and who holds up whom.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "api/ingest/syslog_framing.h"
#include "tests/access/journal_lines.h"
#include "tests/api/listening_site.h"

namespace varve::api {
namespace {

const std::string kNew = "application/vnd.varve.syslog; form=rfc5424";
const std::string kOld = "application/vnd.varve.syslog; form=rfc3164";
const std::string kUnfinished = "; frame=unfinished";

std::string counted(const std::string& message) {
  return std::to_string(message.size()) + " " + message;
}
std::string event(std::size_t number) {
  return "<13>1 2026-11-29T10:00:00Z h a - - - read record " + std::to_string(number);
}

class Syslog : public ListeningSite {
 protected:
  explicit Syslog(const GateLimits& limits = {}, Level least = Level::kError)
      : ListeningSite(limits, least) {}

  /// Sends it over a connection of its own, and waits until the server has closed that.
  void deliver(const std::string& stream, const char* from = "127.0.0.1") const {
    RawClient peer(port(), 120, from);
    peer.send(stream);
    peer.finish();
    EXPECT_TRUE(peer.closed());
  }
};

TEST_F(Syslog, StoresAMessageAsItStandsInItsFrameInBothFramings) {
  start(ListenerKind::kSyslogTcp);
  deliver(counted(event(1)) + counted(event(2) + "\n") + counted("<13>Oct 11 22:14:15 h su: a\nb") +
          counted(std::string("<13>1 - - - - - - \0\xff", 20)));
  deliver(event(3) + "\n\n\r\n<13>Oct 11 22:14:15 h su: x\r\n" + event(4) + "\n");
  EXPECT_EQ(stored(), (std::vector<Stored>{{kNew, event(1)},
                                           {kNew, event(2) + "\n"},
                                           {kOld, "<13>Oct 11 22:14:15 h su: a\nb"},
                                           {kNew, std::string("<13>1 - - - - - - \0\xff", 20)},
                                           {kNew, event(3)},
                                           {kOld, "<13>Oct 11 22:14:15 h su: x\r"},
                                           {kNew, event(4)}}));
  EXPECT_EQ(messages("syslog-tcp", "appended"), 7U);
}

TEST_F(Syslog, TakesManyMessagesOverOneConnectionInTheirOrder) {
  constexpr std::size_t kMany = 20'000;  // more than a batch holds
  start(ListenerKind::kSyslogTcp);
  std::string stream;
  std::vector<std::string> sent;
  for (std::size_t number = 0; number < kMany; ++number) {
    sent.push_back(event(number));
    stream += counted(sent.back());
  }
  deliver(stream);
  EXPECT_EQ(payloads(), sent);
}

TEST_F(Syslog, AMessageWhoseFrameDidNotEndIsKeptAndSaysSo) {
  start(ListenerKind::kSyslogTcp);
  deliver(event(1) + "\n" + event(2));
  deliver(counted(event(3)) + "70 " + event(4));
  deliver(counted(event(5)) + "70 ");
  deliver(counted(event(6)) + "70");
  EXPECT_EQ(stored(), (std::vector<Stored>{{kNew, event(1)},
                                           {kNew + kUnfinished, event(2)},
                                           {kNew, event(3)},
                                           {kNew + kUnfinished, event(4)},
                                           {kNew, event(5)},
                                           {kNew, event(6)}}));
}

TEST_F(Syslog, WhatNoRecordHoldsIsRefusedAndTheNextMessageIsTaken) {
  start(ListenerKind::kSyslogTcp);
  const std::size_t most = format::kRecordMax - format::kRecordFixedSize - kNew.size();
  const std::string head = event(1) + " ";
  const std::string fits = head + std::string(most - head.size(), 'x');
  deliver(counted(fits) + counted(fits + "x") + counted(event(2)));
  EXPECT_EQ(payloads(), (std::vector{fits, event(2)}));
  EXPECT_EQ(messages("syslog-tcp", "refused"), 1U);
}

TEST_F(Syslog, AStreamThatIsNotFramedEndsAndWhatCameBeforeIsKept) {
  start(ListenerKind::kSyslogTcp);
  const std::string endless(kSyslogMessageMax + 1, 'x');
  for (const std::string& wrong :
       {std::string("hello"), std::string("012 <13>"), "1048577 " + endless, std::string("-1 <")}) {
    RawClient peer(port(), 120);
    peer.send(counted(event(1)) + wrong);
    EXPECT_TRUE(peer.closed());
  }
  RawClient peer(port(), 120);
  peer.send(event(2) + "\n<13>" + endless);
  EXPECT_TRUE(peer.closed());
  EXPECT_EQ(payloads(), (std::vector{event(1), event(1), event(1), event(1), event(2)}));
  EXPECT_EQ(messages("syslog-tcp", "refused"), 5U);
}

// Half a frame on more connections than there may be: the address that has them loses one for each
// that comes, and a sender from another address delivers.
TEST_F(Syslog, HalfFramesOnAllConnectionsKeepNobodyElseOut) {
  ListenerOptions few;
  few.kind = ListenerKind::kSyslogTcp;
  few.connections_max = 50;
  start(few);
  std::vector<std::unique_ptr<RawClient>> hostile;
  for (int k = 0; k < 200; ++k) {
    hostile.push_back(std::make_unique<RawClient>(port(), 120, "127.0.0.2"));
    hostile.back()->send("70 <13>1 half");
  }
  deliver(counted(event(1)) + counted(event(2)));
  const auto in_log = payloads();
  EXPECT_EQ(std::ranges::count(in_log, event(1)), 1);
  EXPECT_EQ(std::ranges::count(in_log, event(2)), 1);
}

// Messages without an end, on many connections of one address, fill the share of that address alone.
class SmallShare : public Syslog {
 protected:
  SmallShare() : Syslog({4096, 1024, 4u << 20}) {}
};

TEST_F(SmallShare, OfMemoryIsUsedUpByEndlessMessagesForNobodyElse) {
  start(ListenerKind::kSyslogTcp);
  const std::string half = "1048576 <13>1 " + std::string(900'000, 'x');
  std::vector<std::jthread> hostile;
  std::vector<std::unique_ptr<RawClient>> peers;
  for (int k = 0; k < 16; ++k)
    peers.push_back(std::make_unique<RawClient>(port(), 120, "127.0.0.2"));
  for (auto& peer : peers) hostile.emplace_back([&peer, &half] { peer->send(half); });
  ASSERT_TRUE(becomes([&] {
    return metric("varve_syslog_limited_total{limit=\"client-bytes\"}") +
               metric("varve_syslog_limited_total{limit=\"bytes\"}") >
           0;
  }));
  deliver(counted(event(1)));
  const auto in_log = payloads();
  EXPECT_EQ(std::ranges::count(in_log, event(1)), 1);
  listeners->stop();
}

class TinyShare : public Syslog {
 protected:
  TinyShare() : Syslog({4096, 1024, 1u << 20}) {}
};

// A connection that waits in the middle of a message for room in its share gives that back, and ends,
// when it has to make room for another.
TEST_F(TinyShare, IsGivenBackByAConnectionThatMadeRoom) {
  ListenerOptions one;
  one.kind = ListenerKind::kSyslogTcp;
  one.connections_max = 1;
  start(one);
  RawClient endless(port(), 120);
  std::jthread sends(
      [&] { endless.send(counted(event(1)) + "1048576 <13>1 " + std::string(1'000'000, 'x')); });
  ASSERT_TRUE(becomes([&] {
    return metric("varve_syslog_limited_total{limit=\"client-bytes\"}") +
               metric("varve_syslog_limited_total{limit=\"bytes\"}") >
           0;
  }));
  std::vector<std::unique_ptr<RawClient>> others;
  ASSERT_TRUE(becomes([&] {  // not while its first message is on its way to the log
    others.push_back(std::make_unique<RawClient>(port(), 120));
    return metric("varve_syslog_limited_total{limit=\"room\"}") > 0;
  }));
  others.clear();
  EXPECT_TRUE(becomes([&] { return metric("varve_syslog_connections ") == 0; }));
}

// A sender that is as slow as can be is cut off, and keeps nobody waiting.
TEST_F(Syslog, ASenderThatStopsInTheMiddleOfAMessageIsCutOff) {
  Timeouts timeouts;
  timeouts.header = std::chrono::milliseconds{1};
  ListenerOptions tcp;
  tcp.kind = ListenerKind::kSyslogTcp;
  start(tcp, timeouts);
  RawClient slow(port(), 120);
  slow.send(counted(event(1)) + "70 <13>1 half");
  EXPECT_TRUE(slow.closed());
  EXPECT_EQ(metric("varve_syslog_limited_total{limit=\"time\"}"), 1U);
  const std::vector<std::string> kept = {event(1), "<13>1 half"};
  EXPECT_TRUE(becomes([&] { return payloads() == kept; }));
}

// A log that takes nothing pushes back: the server stops reading, and nothing that it read is lost.
TEST_F(Syslog, ALogThatIsSlowHoldsItsSendersBackAndLosesNothing) {
  HeldLog held(site);
  start(ListenerKind::kSyslogTcp);
  constexpr std::size_t kMany = 300;
  const std::string filler(60'000, 'x');
  RawClient peer(port(), 120);
  std::jthread sends([&] {
    for (std::size_t k = 0; k < kMany; ++k) peer.send(counted(event(k) + " " + filler));
    peer.finish();
  });
  ASSERT_TRUE(becomes([&] { return held.keeps() == 1; }));
  held.release();
  sends.join();
  EXPECT_TRUE(peer.closed());
  std::vector<std::string> expected;
  for (std::size_t k = 0; k < kMany; ++k) expected.push_back(event(k) + " " + filler);
  EXPECT_EQ(payloads(), expected);
}

class JournalOfSyslog : public JournalLines, public Syslog {
 protected:
  JournalOfSyslog() : Syslog({}, Level::kInfo) {}
};

TEST_F(JournalOfSyslog, SaysWhoSentWhatBecameOfItAndNothingOfTheMessages) {
  start(ListenerKind::kSyslogTcp);
  EXPECT_TRUE(
      next().starts_with(R"({"level":"info","event":"listener_started","listener":"syslog-tcp")"));
  const std::string secret = "<13>1 - h a - - - the patient is Meier";
  deliver(counted(secret) + counted(secret + std::string(70'000, 'x')) + "wrong");
  std::string lines;
  for (int k = 0; k < 3; ++k) lines += next() + "\n";
  for (
      const char* expected :
      {R"("event":"request","method":"append","route":"syslog-tcp","log":"open","client":"ward-7",)"
       R"("status":201,"bytes_in":38,"bytes_out":0})",
       R"({"level":"warning","event":"messages_refused","listener":"syslog-tcp","log":"open",)"
       R"("client":"ward-7","peer":"127.0.0.1",)"
       R"("message":"a message is larger than a record can be"})",
       R"("message":"a frame begins with the count of its bytes, without leading zeros"})"})
    EXPECT_NE(lines.find(expected), std::string::npos) << lines;
  EXPECT_EQ(lines.find("Meier"), std::string::npos);
}

}  // namespace
}  // namespace varve::api
