// Admission without HTTP, none of which is linked into this program: who somebody is, what he may
// do, whether there is room, and what is written down of it.
#include <gtest/gtest.h>

#include "journal_lines.h"
#include "other_way.h"
#include "replace_tokens.h"
#include "tests/log/world.h"

namespace varve::api {
namespace {

const std::string kEvent = "the door of ward 3 was opened";

AccessOptions options_of(testing::World& world, const GateLimits& limits) {
  CHECK(world.open().has_value());
  return {{{"closed", world.options.origin, false, world.log.get()}}, limits, 1};
}

Tokens some_tokens() {
  const std::string text = *token_line("a-token", "ward-3", "append", "closed") + "\n" +
                           *token_line("r-token", "auditor", "read", "*") + "\n" +
                           *token_line("o-token", "ward-3", "operate", "closed") + "\n";
  return *Tokens::parse(text);
}

class Admission : public ::testing::Test {
 protected:
  explicit Admission(const GateLimits& limits = {})
      : access{options_of(world, limits), some_tokens(), journal}, way{access} {}
  ~Admission() override {
    world.log->stop();
    access.stop();
  }

  [[nodiscard]] const HostedLog& log() const { return access.logs().front(); }
  [[nodiscard]] bool counts(const std::string& line) {
    return access.metrics().text().find("\n" + line + "\n") != std::string::npos;
  }

  testing::World world;
  JournalLines lines;
  Journal journal{Level::kInfo};
  Access access;
  OtherWay way;
};

TEST_F(Admission, OfWhoeverHasTheRoleAppendsAndIsWrittenDown) {
  EXPECT_EQ(way.append(log(), "a-token", kEvent), 201);
  EXPECT_EQ(lines.next(),
            R"({"level":"info","event":"request","method":"POST","route":"/logs/{log}/events",)"
            R"("log":"closed","client":"ward-3","status":201,"bytes_in":29,"bytes_out":0})");
  EXPECT_TRUE(
      counts("varve_other_requests_total{method=\"POST\",route=\"/logs/{log}/events\","
             "status=\"201\"} 1"));
  EXPECT_TRUE(counts("varve_other_body_bytes_received_total 29"));
  const LeafIndex event{world.size().value - 2};  // its seal is behind it
  const auto record = world.log->records(event, 1);
  ASSERT_TRUE(record);
  EXPECT_NE(text_of(record->front()).find(kEvent), std::string_view::npos);
}

TEST_F(Admission, IsRefusedForAReasonThatIsAValue) {
  const auto why = [&](std::optional<std::string_view> credential) {
    Caller caller = way.caller();
    return way.admit(caller, log(), credential, 1);
  };
  ASSERT_TRUE(why(std::nullopt));
  EXPECT_TRUE(std::holds_alternative<NoCredential>(*why(std::nullopt)));
  for (const char* unknown : {"", "another", "a-toke", "a-token "}) {
    ASSERT_TRUE(why(unknown)) << unknown;
    EXPECT_TRUE(std::holds_alternative<UnknownCredential>(*why(unknown))) << unknown;
  }
  for (const char* other : {"r-token", "o-token"}) {
    const auto refusal = why(other);
    ASSERT_TRUE(refusal) << other;
    EXPECT_TRUE(std::holds_alternative<NotAllowed>(*refusal)) << other;
  }
  EXPECT_EQ(why("a-token"), std::nullopt);
}

TEST_F(Admission, ThatIsRefusedIsWrittenDownToo) {
  const TreeSize before = world.size();
  EXPECT_EQ(way.append(log(), std::nullopt, kEvent), 401);
  EXPECT_EQ(way.append(log(), "another", kEvent), 401);
  EXPECT_EQ(way.append(log(), "r-token", kEvent), 403);
  for (const char* client : {R"("client":"","status":401)", R"("event":"credential_refused")",
                             R"("client":"","status":401)",
                             R"("event":"request_denied","log":"closed","client":"auditor")",
                             R"("client":"auditor","status":403)"}) {
    const std::string line = lines.next();
    EXPECT_NE(line.find(client), std::string::npos) << line;
    EXPECT_EQ(line.find("r-token"), std::string::npos) << line;
    EXPECT_EQ(line.find("another"), std::string::npos) << line;
    EXPECT_EQ(line.find("ward 3"), std::string::npos) << line;
  }
  EXPECT_EQ(world.size(), before) << "nothing but the log's own";
}

TEST_F(Admission, FollowsTheTokensThatWereReloaded) {
  replace_tokens(access, *Tokens::parse(*token_line("fresh", "f", "append", "*")));
  EXPECT_EQ(way.append(log(), "a-token", kEvent), 401);
  EXPECT_EQ(way.append(log(), "fresh", kEvent), 201);
}

class FewAtOnce : public Admission {
 protected:
  FewAtOnce()
      : Admission({.requests_max = 4,
                   .requests_per_client_max = 1,
                   .body_bytes_max = 8 * std::uint64_t{kSmallBody}}) {}
};

TEST_F(FewAtOnce, AreOfOneClientHoweverManyWaysItComes) {
  OtherWay second{access};
  Caller waiting = way.caller();
  ASSERT_EQ(way.admit(waiting, log(), "a-token", 1), std::nullopt);
  EXPECT_EQ(second.append(log(), "a-token", kEvent), 429);
  waiting.pass.reset();
  EXPECT_EQ(second.append(log(), "a-token", kEvent), 201);
  EXPECT_TRUE(counts("varve_other_limited_total{limit=\"client-requests\"} 1"));
}

TEST_F(FewAtOnce, HoldNoMoreBytesThanTheyLeaveForOthers) {
  EXPECT_EQ(way.append(log(), "a-token", std::string(5 * kSmallBody, 'x')), 429);
  EXPECT_EQ(way.append(log(), "a-token", std::string(9 * kSmallBody, 'x')), 503);
  Caller growing = way.caller();
  ASSERT_EQ(way.admit(growing, log(), "a-token", 4 * kSmallBody), std::nullopt);
  EXPECT_EQ(access.hold(growing, 5 * kSmallBody), Limit::kClientBytes) << "more than it announced";
  EXPECT_TRUE(counts("varve_other_limited_total{limit=\"client-bytes\"} 2"));
  EXPECT_TRUE(counts("varve_other_limited_total{limit=\"bytes\"} 1"));
}

}  // namespace
}  // namespace varve::api
