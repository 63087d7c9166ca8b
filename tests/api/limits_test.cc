// What one client, or one address, can take of a server over real sockets: unfinished requests,
// bodies that do not come, answers that nobody reads. Others do not notice.
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "api/net/pace.h"
#include "tests/api/raw_client.h"
#include "tests/api/served_site.h"
#include "tests/env/sanitized.h"

namespace varve::api {
namespace {

using std::chrono::milliseconds;
using Peers = std::vector<std::unique_ptr<RawClient>>;

constexpr const char* kAttacker = "127.0.0.2";
constexpr std::chrono::hours kNever{1};
constexpr std::size_t kMiB = 1u << 20;
constexpr std::string_view kAsk = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

std::string post_head(const std::string& token, const std::string& length) {
  return "POST /logs/open/events HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n"
         "Authorization: Bearer " +
         token + "\r\n" + length + "\r\n\r\n";
}

class Limits : public ServedSite {
 protected:
  std::unique_ptr<RawClient> connect(const char* from = "127.0.0.1") const {
    return std::make_unique<RawClient>(server->port(), 60, from);
  }
  Peers send(int connections, std::string_view text, const char* from = kAttacker) const {
    Peers out;
    for (int i = 0; i < connections; ++i) out.emplace_back(connect(from))->send(text);
    return out;
  }
  int status(const std::string& path) {
    httplib::Client client("127.0.0.1", server->port());
    client.set_read_timeout(60);
    const auto result = client.Get(path);
    return result ? result->status : 0;
  }
  int append(const std::string& token, const std::string& body) {
    httplib::Client client("127.0.0.1", server->port());
    client.set_bearer_token_auth(token);
    client.set_read_timeout(60);
    const auto result = client.Post("/logs/open/events", body, "text/plain");
    return result ? result->status : 0;
  }
  [[nodiscard]] std::uint64_t metric(const std::string& name) const {
    const std::string text = site.access->metrics().text();
    const std::size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
  }
  /// Waits for something that another thread does.
  static bool comes(const std::function<bool()>& what) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{2};
    while (!what() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(milliseconds{5});
    return what();
  }
};

// As many as fill body_bytes_max sixteen times over when what they announce counts.
TEST_F(Limits, PostsOfWhichOnlyTheHeaderCameTakeNothingFromOthers) {
  start();
  const auto held = send(256, post_head("append", "Content-Length: 16777216") + "{", "127.0.0.1");
  ASSERT_TRUE(comes([&] { return metric("varve_http_connections") == 256; }));
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_EQ(append("both", std::string(60'000, 'x')), 201) << "another client";
  EXPECT_EQ(append("append", std::string(60'000, 'x')), 201) << "the same client";
}

// What has arrived does count: a client that sends much and ends nothing has half at most.
TEST_F(Limits, AClientThatEndsNoRequestHoldsHalfOfTheBytes) {
  start();
  const std::string most(16 * kMiB - 1, 'x');
  Peers held;
  std::vector<std::thread> senders;
  for (int i = 0; i < 10; ++i) held.push_back(connect());
  for (const auto& peer : held)
    senders.emplace_back([&most, &peer = *peer] {
      peer.send(post_head("append", "Content-Length: 16777216") + most);
    });
  for (std::thread& sender : senders) sender.join();
  EXPECT_TRUE(
      comes([&] { return metric("varve_http_limited_total{limit=\"client-bytes\"}") >= 1; }));
  EXPECT_EQ(append("both", std::string(60'000, 'x')), 201);
  EXPECT_EQ(status("/logs/open/keys"), 200);
}

TEST_F(Limits, ABodyIsNotWaitedForWhereNoneIsTaken) {
  start();
  const auto peer = connect();
  peer->send("GET /healthz HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7;");
  EXPECT_TRUE(peer->read_until("\r\n").starts_with("HTTP/1.1 413"));
}

TEST_F(Limits, AChunkHeaderOrTrailerThatNeverEndsIsRefused) {
  start();
  const std::string head = post_head("append", "Transfer-Encoding: chunked");
  const std::string endless(1 * kMiB, 'x');
  for (const std::string begin : {"7;", "5\r\nhello\r\n7;", "5\r\nhello\r\n0\r\nX: "}) {
    const auto peer = connect();
    std::thread sender([&] { peer->send(head + begin + endless); });
    EXPECT_TRUE(peer->read_until("\r\n").starts_with("HTTP/1.1 431")) << begin;
    sender.join();
  }
  EXPECT_EQ(append("append", "x"), 201);
}

TEST_F(Limits, AHeaderHasAtMost128Fields) {
  start();
  const auto with_fields = [&](int count) {
    std::string text = "GET /healthz HTTP/1.1\r\nHost: h\r\n";
    for (int i = 1; i < count; ++i) text += "a:b\r\n";
    const auto peer = connect();
    peer->send(text + "\r\n");
    return peer->read_until("\r\n").substr(9, 3);
  };
  EXPECT_EQ(with_fields(128), "200");
  EXPECT_EQ(with_fields(129), "431");
}

// A header is found whole wherever it is cut between three packets.
TEST_F(Limits, AHeaderMayArriveInAnyThreeParts) {
  start();
  for (std::size_t one = 1; one + 1 < kAsk.size(); ++one)
    for (std::size_t two = one + 1; two < kAsk.size(); ++two) {
      const auto peer = connect();
      for (const std::string_view part :
           {kAsk.substr(0, one), kAsk.substr(one, two - one), kAsk.substr(two)}) {
        ASSERT_TRUE(peer->send(part));
        ASSERT_TRUE(comes([&] { return peer->delivered(); }));
      }
      ASSERT_TRUE(peer->read_until("\r\n").starts_with("HTTP/1.1 200")) << one << " " << two;
    }
}

// Half a header, half a TLS hello, half a body without a credential: what an address can hold.
TEST_F(Limits, AnAddressThatTakesAllConnectionsShutsOutNobody) {
  for (const auto& [half, ask] : {std::pair{"", milliseconds{0}},
                                  {"GET /healthz HTTP/1.1\r\n", milliseconds{0}},
                                  {"\x16\x03\x01", milliseconds{0}},
                                  {"", milliseconds{kNever}},
                                  {"GET /healthz HTTP/1.1\r\n", milliseconds{kNever}}}) {
    ServerOptions options;
    options.connections_max = 8;
    options.timeouts.ask = ask;
    options.timeouts.header = kNever;
    options.timeouts.idle = kNever;
    start(options);
    const auto regular = connect();
    regular->send(kAsk);
    ASSERT_NE(regular->read_until("up"), "");
    for (int round = 0; round < 3; ++round) {
      const auto held = send(20, half);
      EXPECT_EQ(status("/healthz"), 200) << "someone new";
      regular->send(kAsk);
      EXPECT_NE(regular->read_until("up"), "") << "someone who was there before";
    }
    EXPECT_GE(metric("varve_http_limited_total{limit=\"room\"}"), 3U);
    EXPECT_EQ(metric("varve_http_connections_refused_total") == 0, ask == milliseconds{0});
    server->stop();
  }
}

TEST_F(Limits, AClientsRequestIsNotClosedToMakeRoom) {
  ServerOptions options;
  options.connections_max = 4;
  start(options);
  const auto sender = connect(kAttacker);
  sender->send(post_head("append", "Content-Length: 5\r\nExpect: 100-continue"));
  ASSERT_NE(sender->read_until("\r\n\r\n"), "");
  for (int round = 0; round < 3; ++round) {
    const auto held = send(10, "GET /");
    EXPECT_EQ(status("/healthz"), 200);
  }
  sender->send("hello");
  EXPECT_TRUE(sender->read_until("\r\n").starts_with("HTTP/1.1 201"));
}

TEST_F(Limits, ANewConnectionIsRefusedWhereAllAreAtClientsRequests) {
  ServerOptions options;
  options.connections_max = 3;
  start(options);
  Peers held;
  for (int i = 0; i < 3; ++i) {
    held.emplace_back(connect())->send(
        post_head("append", "Content-Length: 5\r\nExpect: 100-continue"));
    ASSERT_NE(held.back()->read_until("\r\n\r\n"), "");
  }
  const auto late = connect();
  const std::string answer = late->read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_NE(answer.find("/problems/busy"), std::string::npos);
  EXPECT_EQ(metric("varve_http_connections_refused_total"), 1U);
}

// A crowd of an address's own does not take away what was accepted a moment ago.
TEST_F(Limits, AConnectionHasTimeToAskBeforeAnotherOfItsAddressTakesItsPlace) {
  ServerOptions options;
  options.connections_max = 4;
  options.timeouts.ask = kNever;
  start(options);
  EXPECT_EQ(metric("varve_http_connections_max"), 4U);
  const auto first = connect(kAttacker);
  const auto crowd = send(20, "");
  ASSERT_TRUE(comes([&] { return metric("varve_http_connections_refused_total") == 17; }));
  first->send(kAsk);
  EXPECT_NE(first->read_until("up"), "");
  EXPECT_EQ(status("/healthz"), 200) << "of another address, which does take a place";
  for (std::size_t i = 3; i < crowd.size(); ++i)
    EXPECT_TRUE(crowd[i]->read_until("\r\n").starts_with("HTTP/1.1 503 ")) << i;
}

TEST(Pace, IsAHeadStartAndThenALeastRateUpToTheEnd) {
  const Pace pace{milliseconds{60'000}, milliseconds{10'000}, 4096};
  EXPECT_EQ(pace.allowed(0).count(), 10'000);
  EXPECT_EQ(pace.allowed(4096).count(), 11'000);
  EXPECT_EQ(pace.allowed(6144).count(), 11'500);
  EXPECT_EQ(pace.allowed(50 * 4096).count(), 60'000);
  EXPECT_EQ(pace.allowed(51 * 4096).count(), 60'000);
  EXPECT_EQ(pace.allowed(std::uint64_t{1} << 40).count(), 60'000);
  EXPECT_EQ((Pace{milliseconds{5}, milliseconds{10'000}, 1}).allowed(0).count(), 5);
}

TEST_F(Limits, ABodyThatDripsIsEndedLongBeforeItsTime) {
  ServerOptions options;
  options.timeouts.body = kNever;
  options.timeouts.header = milliseconds{300};
  start(options);
  const auto peer = connect();
  peer->send(post_head("append", "Content-Length: 16777216") + "{");
  EXPECT_TRUE(peer->closed());
  EXPECT_EQ(metric("varve_http_limited_total{limit=\"time\"}"), 1U);
}

TEST_F(Limits, AnAnswerThatIsReadTooSlowlyIsEndedLongBeforeItsTime) {
  const std::string large = "{\"a\":\"" + std::string(60'000, 'x') + "\"}";
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(site.world.append_events(std::vector<std::string>(64, large)));
  ServerOptions options;
  options.timeouts.write = kNever;
  options.timeouts.header = milliseconds{300};
  options.bytes_per_second_min = 1u << 30;
  start(options);
  const auto lazy = connect();
  lazy->send(
      "GET /logs/open/tile/entries/000 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer read\r\n\r\n");
  EXPECT_TRUE(comes([&] { return metric("varve_http_limited_total{limit=\"time\"}") == 1; }));
}

// The server's own slowness is not the peer's. A peer that was too slow itself to send its request
// within a second, on a machine that has much to do, tries again.
TEST_F(Limits, ARequestThatTheServerIsSlowWithIsNotEnded) {
  constexpr milliseconds kShort{1'000};
  ServerOptions options;
  options.timeouts.idle = kShort;
  options.timeouts.header = kShort;
  options.timeouts.body = kShort;
  start(options);
  std::atomic<bool> began = false;
  site.log->before_search = [&began, kShort] {
    began = true;
    const auto end = std::chrono::steady_clock::now() + 2 * kShort;
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
  };
  std::string answer;
  for (int i = 0; i < 100 && !began; ++i) {
    const auto peer = connect();
    peer->send("GET /logs/open/proof/inclusion?leaf_hash=" + std::string(64, '0') +
               " HTTP/1.1\r\nHost: h\r\n\r\n");
    answer = peer->read_until("\r\n");
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 404")) << answer;
  server->stop();
  site.stop();
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

// Fields of five bytes each, which took thirty times their size once they were parsed.
TEST_F(Limits, UnfinishedHeadersTakeLittleMoreThanTheirTextAndGiveItBack) {
  if (VARVE_SANITIZED) GTEST_SKIP() << "the sanitizer keeps what was freed";
  constexpr int kConnections = 1'500;
  constexpr std::size_t kHeader = 16'000;
  rlimit descriptors{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
  descriptors.rlim_cur = descriptors.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
  if (descriptors.rlim_max < 2 * kConnections + 200) GTEST_SKIP() << "too few descriptors";
  ServerOptions options;
  options.timeouts.header = kNever;
  start(options);
  std::string half = "GET /healthz HTTP/1.1\r\nHost: h\r\n";
  while (half.size() < kHeader) half += "a:b\r\n";
  ASSERT_EQ(status("/healthz"), 200);
  const std::size_t before = resident_bytes();
  auto held = send(kConnections, half);
  for (const auto& peer : held) ASSERT_TRUE(comes([&] { return peer->delivered(); }));
  ASSERT_TRUE(comes([&] { return metric("varve_http_connections") == kConnections; }));
  EXPECT_EQ(status("/healthz"), 200) << "by now the server has read them";
  EXPECT_LT(resident_bytes() - before, kConnections * 2 * kHeader);
  held.clear();
  ASSERT_TRUE(comes([&] { return metric("varve_http_connections") == 0; }));
  EXPECT_TRUE(comes([&] { return resident_bytes() < before + kConnections * kHeader / 3; }));
}

TEST_F(Limits, AnAnswerThatNobodyReadsIsHeldOnce) {
  if (VARVE_SANITIZED) GTEST_SKIP() << "the sanitizer keeps what was freed";
  const std::string large = "{\"a\":\"" + std::string(60'000, 'x') + "\"}";
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(site.world.append_events(std::vector<std::string>(64, large)));
  start();
  const std::string ask =
      "GET /logs/open/tile/entries/000 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer read\r\n\r\n";
  constexpr int kLazy = 6;
  constexpr std::size_t kAnswer = 256 * 60'000;
  {
    const auto once = send(1, ask);
    ASSERT_NE(once[0]->read_until("\r\n\r\n"), "");
  }
  const std::size_t before = resident_bytes();
  const auto lazy = send(kLazy, ask);
  for (const auto& peer : lazy) ASSERT_NE(peer->read_until("\r\n\r\n"), "");
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_LT(resident_bytes() - before, kLazy * kAnswer * 3 / 2);
}

}  // namespace
}  // namespace varve::api
