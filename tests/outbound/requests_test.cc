// The server as a client: each way in which a peer can be slow, endless, or somebody else.
#include "api/outbound/requests.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <thread>

#include "tls_server.h"

namespace varve::api {
namespace {

using Hang = TlsServer::Play::Hang;

class Outbound : public ::testing::Test {
 protected:
  Outbound() {
    ::signal(SIGPIPE, SIG_IGN);  // as varved does
    certificates.make("good", "IP:127.0.0.1");
  }

  void serve(TlsServer::Play play, const std::string& name = "good",
             int version_max = TLS1_3_VERSION) {
    server = std::make_unique<TlsServer>(
        certificates.pem(name), certificates.key(name), [play](int) { return play; }, version_max);
  }
  std::string ask(const std::string& ca = "good", const std::string& path = "/keys") {
    const auto body = get({server->url(path), ca.empty() ? "" : certificates.pem(ca)}, bounds, off);
    if (!body) last = body.error().code;
    return body ? "body: " + *body : body.error().message;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Certificates certificates;
  std::unique_ptr<TlsServer> server;
  OutboundBounds bounds;
  std::atomic<bool> off = false;
  Code last = Code::kInvalid;
};

TEST_F(Outbound, GetsABodyOverHttpsAndSendsNoCredential) {
  serve({Hang::kNever, http_answer("hello"), ""});
  EXPECT_EQ(ask("good", "/a/b"), "body: hello");
  EXPECT_EQ(server->request().find("GET /a/b HTTP/1.1\r\n"), 0U);
  EXPECT_FALSE(has(server->request(), "Authorization"));
  EXPECT_EQ(ask("good", ""), "body: hello");
  EXPECT_EQ(server->request().find("GET / HTTP/1.1\r\n"), 0U);
}

TEST_F(Outbound, EndsWithAPeerThatHangsInAnyPhase) {
  bounds.connect_timeout_ms = 200;
  bounds.silence_ms = 200;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n";
  for (const auto& [hang, answer] :
       {std::pair{Hang::kBeforeHandshake, std::string{}},
        std::pair{Hang::kInHandshake, std::string{}}, std::pair{Hang::kAfterAnswer, std::string{}},
        std::pair{Hang::kAfterAnswer, std::string{"HTT"}}, std::pair{Hang::kAfterAnswer, head},
        std::pair{Hang::kAfterAnswer, head + "\r\nhalf"}}) {
    serve({hang, answer, ""});
    const std::string message = ask();
    EXPECT_EQ(last, Code::kBusy) << message;
    EXPECT_TRUE(message.starts_with(server->url() + ": ")) << message;
  }
}

TEST_F(Outbound, IsEndedFromOutsideInAnyPhase) {
  bounds.connect_timeout_ms = bounds.silence_ms = 600'000;
  for (const Hang hang : {Hang::kBeforeHandshake, Hang::kInHandshake, Hang::kAfterAnswer}) {
    off = false;
    serve({hang, "", ""});
    std::thread stopper([&] {
      while (server->connections() == 0) std::this_thread::yield();
      while (hang == Hang::kAfterAnswer && server->request().empty()) std::this_thread::yield();
      off = true;
    });
    ask();
    stopper.join();
    EXPECT_EQ(last, Code::kBusy);
  }
}

TEST_F(Outbound, EndsWithAnAnswerThatDoesNot) {
  bounds.body_bytes_max = 10'000;
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& [answer, for_ever] :
       {std::pair{chunked, std::string{"10\r\n0123456789abcdef\r\n"}},
        std::pair{std::string{"HTTP/1.1 200 OK\r\n\r\n"}, std::string(1'000, 'x')},
        std::pair{std::string{"HTTP/1.1 200 OK\r\n"}, std::string{"X: y\r\n"}},
        std::pair{std::string{}, std::string{"HTTP/1.1 103 Early\r\n\r\n"}},
        std::pair{std::string{"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n"}, std::string{}},
        std::pair{std::string{}, std::string(1'000, 'x')}}) {
    serve({Hang::kNever, answer, for_ever});
    EXPECT_FALSE(has(ask(), "body: ")) << answer << for_ever;
  }
}

TEST_F(Outbound, TakesABodyUpToItsBound) {
  bounds.body_bytes_max = 10'000;
  serve({Hang::kNever, http_answer(std::string(10'000, 'x')), ""});
  EXPECT_EQ(ask(), "body: " + std::string(10'000, 'x'));
  serve({Hang::kNever, http_answer(std::string(10'001, 'x')), ""});
  EXPECT_FALSE(has(ask(), "body: "));
  EXPECT_EQ(last, Code::kInvalid);
}

TEST_F(Outbound, TakesNoHalfOfABody) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", ""}) {
    serve({Hang::kNever, answer, ""});
    EXPECT_FALSE(has(ask(), "body: ")) << answer;
    EXPECT_EQ(last, Code::kBusy);
  }
}

TEST_F(Outbound, FollowsNoRedirectAndTakesNoOtherStatus) {
  serve({Hang::kNever, http_answer("stolen"), ""});
  const std::string other = server->url("/other");
  const std::unique_ptr<TlsServer> elsewhere = std::move(server);
  for (const char* status : {"301 Moved", "302 Found", "307 Temporary", "308 Permanent", "204 None",
                             "404 Not Found", "500 Error", "206 Partial"}) {
    serve({Hang::kNever, http_answer("x", status, "Location: " + other + "\r\n"), ""});
    EXPECT_TRUE(has(ask(), "not 200; redirects are not followed")) << status;
    EXPECT_EQ(server->connections(), 1);
  }
  EXPECT_EQ(elsewhere->connections(), 0);
}

TEST_F(Outbound, TalksOnlyToWhomTheCaVouchesForUnderThatName) {
  certificates.make("stranger", "IP:127.0.0.1");
  certificates.make("other-address", "IP:127.0.0.2");
  certificates.make("a-name", "DNS:127.0.0.1");
  const TlsServer::Play play{Hang::kNever, http_answer("x"), ""};
  for (const auto& [shown, trusted] :
       {std::pair{"stranger", "good"}, std::pair{"good", ""},
        std::pair{"other-address", "other-address"}, std::pair{"a-name", "a-name"}}) {
    serve(play, shown);
    EXPECT_TRUE(has(ask(trusted), "is not to be trusted")) << shown;
    EXPECT_EQ(last, Code::kIo);
    EXPECT_EQ(server->request(), "") << shown;
  }
  serve(play, "good", TLS1_2_VERSION);
  EXPECT_TRUE(has(ask(), "no TLS 1.3 connection"));
  EXPECT_EQ(server->request(), "");
}

TEST_F(Outbound, AsksNoProxyOfTheEnvironment) {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    ::setenv(name, "http://127.0.0.1:1", 1);
  serve({Hang::kNever, http_answer("direct"), ""});
  EXPECT_EQ(ask(), "body: direct");
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    ::unsetenv(name);
}

TEST_F(Outbound, RefusesAddressesWithoutTlsAndThoseItCannotUse) {
  for (const char* url : {"http://127.0.0.1/keys", "http://localhost/keys",
                          "http://idp.example.org/k", "file:///etc/passwd", "https://",
                          "https://a/b?c=d", "https://u:p@a/", "https://a:0/", "ftp://a/", ""}) {
    const auto checked = check_peer({url, ""});
    EXPECT_FALSE(checked) << url;
    EXPECT_FALSE(get({url, ""}, bounds, off)) << url;
  }
  EXPECT_TRUE(check_peer({"https://idp.example.org/keys", ""}));
  EXPECT_TRUE(check_peer({"https://idp.example.org/keys", certificates.pem("good")}));
  EXPECT_FALSE(check_peer({"https://idp.example.org/keys", certificates.pem("absent")}));
  EXPECT_FALSE(check_peer({"https://idp.example.org/keys", certificates.key("good")}));
}

}  // namespace
}  // namespace varve::api
