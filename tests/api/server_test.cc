// The server over real sockets, asked by an HTTP implementation that is not its own (cpp-httplib)
// and by one that breaks every rule.

#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <thread>

#include "ledger/base/text.h"
#include "tests/api/raw_client.h"
#include "tests/api/served_site.h"

namespace varve::api {
namespace {

using std::chrono::milliseconds;

class ServerTest : public ServedSite {
 protected:
  httplib::Client client(const char* token = "") {
    httplib::Client out("127.0.0.1", server->port());
    out.set_keep_alive(true);
    out.set_read_timeout(60);
    if (*token != '\0') out.set_bearer_token_auth(token);
    return out;
  }
  [[nodiscard]] RawClient raw() const { return RawClient{server->port()}; }
  // The status line of the answer to that text.
  std::string status_of(const std::string& text) {
    RawClient peer{server->port()};
    peer.send(text);
    const std::string answer = peer.read_until("\r\n");
    return answer.size() > 12 ? answer.substr(9, 3) : "";
  }
};

TEST_F(ServerTest, AppendsReadsAndProvesOverKeepAlive) {
  start();
  httplib::Client sender = client("append");
  site.join("append");
  const std::string first = "/logs/open/events/" + std::to_string(site.world.size().value);
  for (int i = 0; i < 20; ++i) {
    const auto posted = sender.Post("/logs/open/events", "{\"a\":1}\n", "application/x-ndjson");
    ASSERT_TRUE(posted) << httplib::to_string(posted.error());
    ASSERT_EQ(posted->status, 201) << posted->body;
    EXPECT_TRUE(format::parse_receipt(posted->body));
  }
  httplib::Client reader = client("read");
  const auto checkpoint = reader.Get("/logs/open/checkpoint");
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->body, site.world.log->latest()->note);
  EXPECT_EQ(reader.Get(first + "/payload")->body, "{\"a\":1}");
  EXPECT_EQ(reader.Get("/logs/open/tile/entries/000.p/5", {{"Accept-Encoding", "gzip"}})->status,
            200);
  EXPECT_EQ(reader.Delete(first)->status, 405);
}

TEST_F(ServerTest, AnswersHeadWithTheHeadersOfGet) {
  start();
  httplib::Client reader = client();
  const auto get = reader.Get("/logs/open/checkpoint");
  const auto head = reader.Head("/logs/open/checkpoint");
  ASSERT_TRUE(get && head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->get_header_value("Content-Length"), get->get_header_value("Content-Length"));
  EXPECT_EQ(head->get_header_value("ETag"), get->get_header_value("ETag"));
}

TEST_F(ServerTest, WaitsForTheBodyAfterContinue) {
  start();
  RawClient peer = raw();
  peer.send(
      "POST /logs/open/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer append\r\n"
      "Content-Type: text/plain\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("hello");
  EXPECT_TRUE(peer.read_until("\r\n").starts_with("HTTP/1.1 201"));
}

TEST_F(ServerTest, SaysNoInsteadOfContinue) {
  start();
  const std::string rest = "Host: h\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(status_of("POST /logs/open/events HTTP/1.1\r\n" + rest), "401");
  EXPECT_EQ(status_of("POST /logs/open/events HTTP/1.1\r\nAuthorization: Bearer append\r\n" + rest),
            "413");
  EXPECT_EQ(status_of("POST /logs/none/events HTTP/1.1\r\nAuthorization: Bearer append\r\n" + rest),
            "404");
}

// The answer must arrive although the client sends on without looking.
TEST_F(ServerTest, RefusesALargeBodyAndTheClientGetsToReadWhy) {
  start();
  const std::string body(20u << 20, 'x');
  httplib::Client sender = client("append");
  const auto refused = sender.Post("/logs/open/events", body, "text/plain");
  ASSERT_TRUE(refused) << httplib::to_string(refused.error());
  EXPECT_EQ(refused->status, 413);
  EXPECT_EQ(refused->get_header_value("Content-Type"), "application/problem+json");
}

TEST_F(ServerTest, TakesChunkedBodiesUpToTheSameLimit) {
  start();
  const auto post = [&](std::size_t size) {
    httplib::Client sender = client("append");
    const std::string piece(1u << 16, 'x');
    return sender.Post(
        "/logs/open/batches",
        [&](std::size_t offset, httplib::DataSink& sink) {
          if (offset >= size)
            sink.done();
          else
            sink.write(piece.data(), std::min(piece.size(), size - offset));
          return true;
        },
        "application/vnd.varve.batch");
  };
  EXPECT_EQ(post(format::kBatchBytesMax)->status, 422);  // whole, but no batch
  EXPECT_EQ(post(format::kBatchBytesMax + 1)->status, 413);
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
  start();
  const std::string get = "GET /logs HTTP/1.1\r\n";
  const std::string post =
      "POST /logs/open/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer append\r\nContent-Type: "
      "text/plain\r\n";
  const std::pair<std::string, std::string> table[] = {
      {get + "Host: h\r\n\r\n", "200"},
      {"GET /logs HTTP/1.0\r\n\r\n", "200"},
      {get + "\r\n", "400"},  // no Host
      {get + "Host: h\r\nHost: h\r\n\r\n", "400"},
      {"rubbish\r\n\r\n", "400"},
      {"\x16\x03\x01\x02\r\n\r\n", "400"},
      {"GET /logs HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
      {"GET /logs\r\n\r\n", "400"},
      {"GET  /logs HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"GET logs HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"GET /lo gs HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {get + "Host : h\r\n\r\n", "400"},
      {get + "Host: h\r\nX Y: z\r\n\r\n", "400"},
      {get + "Host: h\r\nX: a\x01z\r\n\r\n", "400"},
      {get + "Host: h\r\nno colon\r\n\r\n", "400"},
      {post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400"},
      {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400"},
      {post + "Transfer-Encoding: gzip\r\n\r\nhello", "400"},
      {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", "400"},
      {post + "Content-Length: -5\r\n\r\nhello", "400"},
      {post + "Content-Length: 5x\r\n\r\nhello", "400"},
      {post + "Content-Length: 99999999999999999999\r\n\r\nhello", "400"},
      {post + "Content-Length: 5\r\n\r\nhello", "201"},
      {post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "201"},
      {get + "Host: h\r\nContent-Length: 5\r\n\r\nhello", "413"},
      {"CONNECT example.org:443 HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
      {"BREW /logs HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
      {get + "Host: h\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n", "431"},
      {"GET /" + std::string(5'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
  };
  for (const auto& [text, status] : table)
    EXPECT_EQ(status_of(text), status) << text.substr(0, 200);
}

// A client of Splunk looks for a code in application/json, and takes whatever has none for success.
TEST_F(ServerTest, ARefusalIsInTheWordsOfItsProtocolWhereverTheRequestFails) {
  start();
  const std::string path = "/logs/open/splunk/services/collector/ack?channel=c HTTP/1.1\r\n";
  const std::string token = "Host: h\r\nAuthorization: Splunk append\r\n";
  const std::string chunked = "POST " + path + token + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string many = std::string(2u << 20, ' ');
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "X: y\r\n";
  const std::string requests[] = {
      chunked + "zz\r\nhello\r\n0\r\n\r\n",
      chunked + "200000\r\n" + many + "\r\n0\r\n\r\n",
      "POST " + path + token + "Transfer-Encoding: gzip\r\n\r\nhello",
      "POST " + path + token + fields + "\r\n",
      "BREW " + path + token + "\r\n",
      "POST /logs/%zz/services/collector HTTP/1.1\r\n" + token + "\r\n",
      "POST /services/collector/event HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /none HTTP/1.1\r\n" + token + "\r\n",
  };
  for (const std::string& text : requests) {
    SCOPED_TRACE(text.substr(0, 200));
    RawClient peer = raw();
    peer.send(text);
    const std::string answer = peer.read_until("\"code\":");
    EXPECT_NE(answer.find("\r\ncontent-type: application/json\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("\"code\":"), std::string::npos) << answer;
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient peer = raw();
  std::string text;
  for (int i = 0; i < 50; ++i)
    text += "GET /logs/open/events/" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  peer.send(text + "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answers = peer.read_all();
  std::size_t refusals = 0;
  for (std::size_t at = answers.find("HTTP/1.1 401"); at != std::string::npos;
       at = answers.find("HTTP/1.1 401", at + 1))
    ++refusals;
  EXPECT_EQ(refusals, 50U);
  EXPECT_GT(answers.find("\"status\":\"up\""), answers.rfind("HTTP/1.1 401"));
}

TEST_F(ServerTest, CutsOffWhoeverIsSlow) {
  ServerOptions options;
  options.timeouts.header = milliseconds{300};
  options.timeouts.body = milliseconds{300};
  options.timeouts.idle = milliseconds{300};
  options.timeouts.write = milliseconds{300};
  start(options);
  const TreeSize before = site.world.size();
  RawClient silent = raw();
  EXPECT_TRUE(silent.closed());
  RawClient drips = raw();
  const std::string header = "GET /logs HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 8 && drips.send(header.substr(static_cast<std::size_t>(i), 1)); ++i)
    std::this_thread::sleep_for(milliseconds{100});
  EXPECT_TRUE(drips.closed());
  RawClient half_a_body = raw();
  half_a_body.send(
      "POST /logs/open/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer append\r\n"
      "Content-Type: text/plain\r\nContent-Length: 50\r\n\r\nhello");
  EXPECT_TRUE(half_a_body.closed());
  EXPECT_EQ(site.world.size(), before);
}

// A client that asks for much and reads nothing holds neither a thread nor a buffer for ever.
TEST_F(ServerTest, CutsOffWhoeverDoesNotRead) {
  const std::string large = "{\"a\":\"" + std::string(60'000, 'x') + "\"}";
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(site.world.append_events(std::vector<std::string>(64, large)));
  ServerOptions options;
  options.timeouts.write = milliseconds{500};
  start(options);
  RawClient lazy = raw();
  for (int i = 0; i < 8; ++i)
    lazy.send(
        "GET /logs/open/tile/entries/000 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
        "read\r\n\r\n");
  ASSERT_NE(lazy.read_until("\r\n"), "") << "it is being answered";
  const auto only_who_asks_is_connected = [&] {
    const auto metrics = client().Get("/metrics");
    return metrics && metrics->body.find("\nvarve_http_connections 1\n") != std::string::npos;
  };
  bool cut_off = false;
  for (int i = 0; i < 3'000 && !cut_off; ++i) {
    std::this_thread::sleep_for(milliseconds{20});
    cut_off = only_who_asks_is_connected();
  }
  EXPECT_TRUE(cut_off);
  EXPECT_LT(lazy.read_all().size(), 8U * 15'000'000U);
}

TEST_F(ServerTest, ServesOthersWhileHundredsOfConnectionsAreIdle) {
  start();
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 400; ++i) {
    idle.push_back(std::make_unique<RawClient>(server->port()));
    ASSERT_TRUE(idle.back()->connected());
    if (i % 2 == 0) idle.back()->send("GET /logs HTTP/1.1\r\n");  // half a header
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client().Get("/logs/open/checkpoint")->status, 200);
}

TEST_F(ServerTest, MakesRoomForNewConnectionsByClosingTheLongestIdleOne) {
  ServerOptions options;
  options.connections_max = 3;
  start(options);
  std::vector<std::unique_ptr<RawClient>> peers;
  for (int i = 0; i < 6; ++i) {
    RawClient& peer = *peers.emplace_back(std::make_unique<RawClient>(server->port()));
    peer.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_NE(peer.read_until("up"), "") << i;
  }
}

TEST_F(ServerTest, StopsAfterTheAppendsThatAreUnderWayAreAnswered) {
  start();
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> stopping = false;
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i)
    senders.emplace_back([&] {
      httplib::Client sender = client("append");
      while (true) {
        const auto posted = sender.Post("/logs/open/events", "{}\n", "application/x-ndjson");
        if (posted && posted->status == 201)
          ++acknowledged;
        else if (stopping)
          return;
      }
    });
  while (acknowledged < 40) std::this_thread::sleep_for(milliseconds{5});
  stopping = true;
  server->stop();
  for (std::thread& sender : senders) sender.join();
  site.world.log->stop();
  std::uint64_t events = 0;
  const std::uint64_t size = site.world.log->latest()->checkpoint.size.value;
  for (std::uint64_t i = 0; i < size; ++i) {
    const auto record = site.world.log->records({i}, 1);
    if (format::decode_record(record->front())->kind == format::Kind::kEvent) ++events;
  }
  EXPECT_GE(events, static_cast<std::uint64_t>(acknowledged));
}

TEST_F(ServerTest, StopsAtOnceWhenNobodyIsAtIt) {
  ServerOptions options;
  options.timeouts.stop = std::chrono::hours{1};  // which is not waited for
  start(options);
  RawClient idle = raw();
  idle.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  idle.read_until("up");
  server->stop();
  EXPECT_TRUE(idle.closed());
}

TEST_F(ServerTest, SpeaksPlainHttpOnLoopbackOnly) {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1"}) {
    ServerOptions options;
    options.address = address;
    options.port = 0;
    const auto started = Server::start(options, *site.service);
    ASSERT_FALSE(started) << address;
    EXPECT_NE(started.error().message.find("loopback"), std::string::npos);
  }
  ServerOptions options;
  options.address = "localhost";
  EXPECT_FALSE(Server::start(options, *site.service));
}

TEST_F(ServerTest, SaysWhenThePortIsTaken) {
  start();
  ServerOptions options;
  options.port = server->port();
  const auto second = Server::start(options, *site.service);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kBusy);
}

}  // namespace
}  // namespace varve::api
