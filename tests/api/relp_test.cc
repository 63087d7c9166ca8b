// RELP over real sockets: an answer is a promise.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "tests/api/listening_site.h"

namespace varve::api {
namespace {

const std::string kOpen = "1 open 30 relp_version=0\ncommands=syslog\n";
const std::string kOpened =
    "1 rsp 57 200 OK\nrelp_version=0\nrelp_software=varve\ncommands=syslog\n";
const std::string kGoodbye = "0 serverclose 0\n";

std::string frame(std::size_t number, const std::string& message) {
  return std::to_string(number) + " syslog " + std::to_string(message.size()) + " " + message +
         "\n";
}
std::string ok(std::size_t number) {
  return std::to_string(number) + " rsp 6 200 OK\n";
}
std::string message(std::size_t number) {
  return "<13>1 2026-11-29T10:00:00Z h a - - - read record " + std::to_string(number);
}

class Relp : public ListeningSite {
 protected:
  /// Of what a peer has read, the numbers that were answered with 200.
  static std::set<std::size_t> answered(const std::string& text) {
    std::set<std::size_t> out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      if (text.find(" rsp 6 200 OK", at) < end) out.insert(std::stoul(text.substr(at)));
      at = end == std::string::npos ? text.size() : end + 1;
    }
    return out;
  }
};

TEST_F(Relp, AnswersEachMessageInTheirOrderAndTheyAreInTheLog) {
  start(ListenerKind::kRelp);
  RawClient peer(port());
  std::string all = kOpen;
  std::string answers = kOpened;
  std::vector<Stored> sent;
  for (std::size_t number = 2; number < 500; ++number) {
    const std::string text = message(number) + (number % 3 == 0 ? "\n" : "");
    all += frame(number, text);
    answers += ok(number);
    sent.push_back({"application/vnd.varve.syslog; form=rfc5424", text});
  }
  peer.send(all + "500 close 0\n");
  EXPECT_EQ(peer.read_all(), answers + ok(500) + kGoodbye);
  EXPECT_EQ(stored(), sent);
  EXPECT_EQ(messages("relp", "appended"), sent.size());
}

TEST_F(Relp, AnswersNothingBeforeTheReceipt) {
  HeldLog held(site);
  start(ListenerKind::kRelp);
  RawClient peer(port());
  peer.send(kOpen);
  EXPECT_EQ(peer.read_until("syslog\n"), kOpened);
  peer.send(frame(2, message(2)) + frame(3, message(3)));
  std::jthread later([&] {
    ASSERT_TRUE(becomes([&] { return held.keeps() == 1; }));
    held.release();
  });
  EXPECT_EQ(peer.read_until(ok(3)), ok(2) + ok(3));  // no batch is on its way when `held` ends
  EXPECT_TRUE(held.released());
}

// The peer is gone before the log has taken what it sent, part of which waits behind another batch: it
// is appended all the same.
TEST_F(Relp, WhatWasReadIsAppendedThoughTheConnectionBreaks) {
  HeldLog held(site);
  start(ListenerKind::kRelp);
  {
    RawClient peer(port());
    peer.send(kOpen);
    EXPECT_EQ(peer.read_until("syslog\n"), kOpened);
    peer.send(frame(2, message(2)));
    ASSERT_TRUE(becomes([&] { return held.keeps() == 1; }));
    peer.send(frame(3, message(3)));
  }
  held.release();
  EXPECT_TRUE(becomes([&] { return payloads() == std::vector{message(2), message(3)}; }));
}

// A group may be durable although its sender hears "busy": it is not stored twice.
TEST_F(Relp, ABatchThatTheLogDidNotConfirmIsTriedAgainAndStoredOnce) {
  std::atomic<int> tries{0};
  site.log->take_events = [&](EventRequest request, AppendDone done) {
    if (++tries > 3) return site.world.log->append(std::move(request), std::move(done));
    site.world.log->append(std::move(request), [done](const Result<Appended>&) {
      done(busy("the token does not answer"));
    });
  };
  start(ListenerKind::kRelp);
  RawClient peer(port());
  peer.send(kOpen + frame(2, message(2)) + frame(3, message(3)) + "4 close 0\n");
  EXPECT_EQ(peer.read_all(), kOpened + ok(2) + ok(3) + ok(4) + kGoodbye);
  EXPECT_EQ(payloads(), (std::vector{message(2), message(3)}));
  EXPECT_GE(tries, 4);
}

TEST_F(Relp, WhatTheLogRefusesForEverIsAnsweredWith500) {
  site.log->refusal = worm("the log has ended");
  start(ListenerKind::kRelp);
  RawClient peer(port());
  peer.send(kOpen + frame(2, message(2)) + "3 close 0\n");
  EXPECT_EQ(peer.read_all(),
            kOpened + "2 rsp 30 500 the log does not take this\n" + ok(3) + kGoodbye);
  EXPECT_EQ(messages("relp", "refused"), 1U);
}

TEST_F(Relp, WhatNoRecordHoldsIsRefusedAndTheNextMessageIsTaken) {
  start(ListenerKind::kRelp);
  const std::string type = "application/vnd.varve.syslog; form=unknown";
  const std::size_t most = format::kRecordMax - format::kRecordFixedSize - type.size();
  RawClient peer(port());
  peer.send(kOpen + frame(2, std::string(most, 'x')) + frame(3, std::string(most + 1, 'x')) +
            frame(4, message(4)) + "5 close 0\n");
  const std::string answers = peer.read_all();
  EXPECT_NE(answers.find(ok(2) + "3 rsp 46 500 the message is larger than a record can be\n" +
                         ok(4) + ok(5)),
            std::string::npos)
      << answers;
  EXPECT_EQ(stored(),
            (std::vector<Stored>{{type, std::string(most, 'x')},
                                 {"application/vnd.varve.syslog; form=rfc5424", message(4)}}));
  EXPECT_EQ(messages("relp", "refused"), 1U);
}

TEST_F(Relp, WhoBreaksTheProtocolIsAnsweredForWhatCameBeforeAndTheConnectionEnds) {
  struct Case {
    std::string sent;
    std::string answers;
  };
  const std::string out_of_order = "500 the numbers of commands do not follow each other";
  const Case table[] = {
      {"1 syslog 1 a\n", "1 rsp 30 500 a session begins with open\n"},
      {kOpen + frame(2, message(2)) + frame(4, message(4)),
       kOpened + ok(2) + "4 rsp " + std::to_string(out_of_order.size()) + " " + out_of_order +
           "\n"},
      {kOpen + frame(2, message(2)) + "hello\n", kOpened + ok(2)},
      {kOpen + frame(2, message(2)) + "3 syslog 1048577 ", kOpened + ok(2)},
      {kOpen + frame(2, message(2)) + "0 syslog 1 a\n", kOpened + ok(2)},
  };
  start(ListenerKind::kRelp);
  for (const Case& one : table) {
    RawClient peer(port());
    peer.send(one.sent);
    std::string answers = peer.read_all();
    EXPECT_EQ(answers, one.answers + kGoodbye) << one.sent;
  }
  EXPECT_EQ(payloads(), std::vector(4, message(2)));
  EXPECT_EQ(messages("relp", "refused"), std::size(table));
}

// A frame that is not whole was not answered, and its sender sends it again.
TEST_F(Relp, AFrameThatIsNotWholeIsNotStored) {
  start(ListenerKind::kRelp);
  RawClient peer(port());
  peer.send(kOpen + frame(2, message(2)) + "3 syslog 40 <13>1 half of");
  peer.finish();
  EXPECT_EQ(peer.read_all(), kOpened + ok(2) + kGoodbye);
  EXPECT_EQ(payloads(), std::vector{message(2)});
}

std::string of_sender(std::size_t who, std::size_t number) {
  return std::to_string(who) + "/" + std::to_string(number) + std::string(2'000, 'x');
}

// Several senders in full flow while the server stops: whatever was answered is in the log.
TEST_F(Relp, LosesNothingThatItAnsweredWhenTheServerStops) {
  start(ListenerKind::kRelp);
  constexpr std::size_t kSenders = 4;
  std::array<std::string, kSenders> heard;
  std::atomic<std::size_t> answers{0};
  {
    std::vector<std::jthread> senders;
    for (std::size_t who = 0; who < kSenders; ++who)
      senders.emplace_back([&, who] {
        RawClient peer(port());
        bool alive = peer.send(kOpen);
        std::jthread reads([&] {
          for (std::string more; !(more = peer.read_until("\n")).empty(); ++answers)
            heard.at(who) += more;
        });
        for (std::size_t number = 2; alive; ++number)
          alive = peer.send(frame(number, of_sender(who, number)));
      });
    ASSERT_TRUE(becomes([&] { return answers > 100; }));
    listeners->stop();
  }
  const auto in_log = payloads();
  const std::set<std::string> kept(in_log.begin(), in_log.end());
  EXPECT_EQ(kept.size(), in_log.size());
  for (std::size_t who = 0; who < kSenders; ++who) {
    std::set<std::size_t> promised = answered(heard.at(who));
    for (const std::size_t number : promised) EXPECT_TRUE(kept.contains(of_sender(who, number)));
  }
}

TEST_F(Relp, AnOpenConnectionWithoutWorkEndsWithAGoodbyeWhenTheServerStops) {
  start(ListenerKind::kRelp);
  RawClient peer(port());
  peer.send(kOpen);
  EXPECT_EQ(peer.read_until("syslog\n"), kOpened);
  listeners->stop();
  EXPECT_EQ(peer.read_all(), kGoodbye);
}

// The token is away when the server stops: nothing is answered, so the sender sends it again.
TEST_F(Relp, WhatTheLogDidNotConfirmBeforeTheStopIsNotAnswered) {
  std::atomic<int> tries{0};
  site.log->take_events = [&](const EventRequest&, const AppendDone& done) {
    ++tries;
    done(busy("the token does not answer"));
  };
  start(ListenerKind::kRelp);
  RawClient peer(port());
  peer.send(kOpen);
  EXPECT_EQ(peer.read_until("syslog\n"), kOpened);
  peer.send(frame(2, message(2)));
  ASSERT_TRUE(becomes([&] { return tries > 1; }));
  listeners->stop();
  EXPECT_EQ(peer.read_all(), "");
  EXPECT_EQ(messages("relp", "unconfirmed"), 1U);
}

}  // namespace
}  // namespace varve::api
