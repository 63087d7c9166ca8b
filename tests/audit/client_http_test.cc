// The client against cpp-httplib's own server: limits, headers, problems, and TLS that is refused
// whenever anything about the certificate is wrong.
#include <gtest/gtest.h>
#include <httplib.h>

#include <cstdlib>
#include <thread>

#include "ledger/base/later_format.h"
#include "temporary_directory.h"
#include "tools/client/http.h"
#include "tools/client/problem.h"

namespace varve::client {
namespace {

/// Serves on a free port of the loopback until the test ends.
class Served {
 public:
  explicit Served(std::unique_ptr<httplib::Server> server) : server_(std::move(server)) {
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~Served() {
    server_->stop();
    thread_.join();
  }
  [[nodiscard]] std::string url(const std::string& scheme, const std::string& host) const {
    return scheme + "://" + host + ":" + std::to_string(port_) + "/logs/a";
  }

 private:
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
};

HttpClient open_client(const std::string& url, const HttpOptions& options = {}) {
  const auto parsed = parse_url(url);
  CHECK(parsed.has_value());
  auto client = HttpClient::open(*parsed, options);
  CHECK(client.has_value());
  return std::move(client).value();
}

std::unique_ptr<httplib::Server> echo_server() {
  auto server = std::make_unique<httplib::Server>();
  server->Get("/logs/a/headers", [](const httplib::Request& in, httplib::Response& out) {
    out.set_content(in.get_header_value("Authorization") + "|" + in.get_header_value("X-Test"),
                    "text/plain");
  });
  server->Get("/logs/a/bytes", [](const httplib::Request& in, httplib::Response& out) {
    out.set_content(std::string(std::stoul(in.get_param_value("n")), 'x'), "text/plain");
  });
  server->Post("/logs/a/echo", [](const httplib::Request& in, httplib::Response& out) {
    out.status = 201;
    out.set_content(in.body, in.get_header_value("Content-Type"));
  });
  return server;
}

TEST(HttpClient, SendsTokenHeadersAndBodyAndReturnsTheAnswer) {
  const TemporaryDirectory directory;
  const Served served(echo_server());
  HttpOptions options;
  options.token_file = directory.write("token", "abc123\n");
  HttpClient client = open_client(served.url("http", "127.0.0.1"), options);

  const auto headers = client.get("/headers", {{"X-Test", "one"}});
  ASSERT_TRUE(headers) << headers.error().message;
  EXPECT_EQ(headers->status, 200);
  EXPECT_EQ(headers->body, "Bearer abc123|one");

  const std::string body("a\0b\n", 4);
  const auto echo = client.post("/echo", "application/x-test", bytes_of(body));
  ASSERT_TRUE(echo) << echo.error().message;
  EXPECT_EQ(echo->status, 201);
  EXPECT_EQ(echo->content_type, "application/x-test");
  EXPECT_EQ(echo->body, body);
}

TEST(HttpClient, AcceptsAnswersUpToTheLimitAndNotOneByteMore) {
  const Served served(echo_server());
  HttpOptions options;
  options.response_max_bytes = 10'000;
  HttpClient client = open_client(served.url("http", "127.0.0.1"), options);
  EXPECT_EQ(client.get("/bytes?n=10000")->body.size(), 10'000U);
  const auto refused = client.get("/bytes?n=10001");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  EXPECT_EQ(client.get("/bytes?n=7")->body.size(), 7U) << "the client is usable afterwards";
}

TEST(HttpClient, RefusesPathsAndHeadersThatWouldSplitARequest) {
  HttpClient client = open_client("http://127.0.0.1:9/");
  EXPECT_EQ(client.get("no-slash").error().code, Code::kInvalid);
  EXPECT_EQ(client.get("/a b").error().code, Code::kInvalid);
  EXPECT_EQ(client.get("/a\r\nX: y").error().code, Code::kInvalid);
  EXPECT_EQ(client.get("/a", {{"X", "y\r\nZ: z"}}).error().code, Code::kInvalid);
}

TEST(HttpClient, SaysBusyWhenNobodyListens) {
  HttpClient client = open_client("http://127.0.0.1:9/");
  const Error refused = client.get("/checkpoint").error();
  EXPECT_EQ(refused.code, Code::kBusy);
  EXPECT_NE(refused.message.find("is the server running"), std::string::npos) << refused.message;
  // No resolver asks anybody for a label of 64 letters.
  HttpClient nameless = open_client("https://" + std::string(64, 'a') + ".example:1/logs/a");
  const Error unknown = nameless.get("/checkpoint").error();
  EXPECT_EQ(unknown.code, Code::kBusy);
  EXPECT_NE(unknown.message.find("leads nowhere"), std::string::npos) << unknown.message;
}

TEST(HttpClient, RefusesATokenFileThatIsNotOneVisibleLine) {
  const TemporaryDirectory directory;
  for (const char* text : {"", "\n", "a b\n", "a\nb\n", "a\r\n"}) {
    HttpOptions options;
    options.token_file = directory.write("token", text);
    EXPECT_EQ(HttpClient::open(*parse_url("http://127.0.0.1:9/"), options).error().code,
              Code::kInvalid);
  }
}

/// A certificate authority and a certificate of it for `san`, made with the openssl program.
void make_certificate(const TemporaryDirectory& directory, const std::string& san) {
  directory.write("extensions", "subjectAltName=" + san + "\n");
  const std::string in_directory = "cd " + directory.file("") + " && exec >/dev/null 2>&1; ";
  const std::string key = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
  CHECK(std::system((in_directory + key +
                     "-x509 -subj /CN=ca -keyout ca.key -out ca.pem -days 2 && " + key +
                     "-subj /CN=127.0.0.1 -keyout server.key -out server.csr && " +
                     "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
                     "-days 2 -extfile extensions -out server.pem")
                        .c_str()) == 0);
}

std::unique_ptr<httplib::Server> tls_server(const TemporaryDirectory& directory) {
  auto server = std::make_unique<httplib::SSLServer>(directory.file("server.pem").c_str(),
                                                     directory.file("server.key").c_str());
  server->Get("/logs/a/x", [](const httplib::Request&, httplib::Response& out) {
    out.set_content("x", "text/plain");
  });
  return server;
}

TEST(HttpClientTls, AcceptsACertificateOfTheGivenAuthorityForTheNameAsked) {
  const TemporaryDirectory directory;
  make_certificate(directory, "DNS:localhost,IP:127.0.0.1");
  const Served served(tls_server(directory));
  HttpOptions options;
  options.ca_file = directory.file("ca.pem");
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto answer = open_client(served.url("https", host), options).get("/x");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "x");
  }
}

TEST(HttpClientTls, RefusesAnotherNameEvenWhenTheCommonNameFits) {
  const TemporaryDirectory directory;
  make_certificate(directory, "DNS:varve.example,IP:127.0.0.2");  // the common name is 127.0.0.1
  const Served served(tls_server(directory));
  HttpOptions options;
  options.ca_file = directory.file("ca.pem");
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto answer = open_client(served.url("https", host), options).get("/x");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kIo) << answer.error().message;
  }
}

TEST(HttpClientTls, RefusesAnUnknownAuthority) {
  const TemporaryDirectory directory;
  const TemporaryDirectory other;
  make_certificate(directory, "DNS:localhost,IP:127.0.0.1");
  make_certificate(other, "DNS:localhost,IP:127.0.0.1");
  const Served served(tls_server(directory));
  HttpOptions options;
  EXPECT_EQ(open_client(served.url("https", "127.0.0.1"), options).get("/x").error().code,
            Code::kIo);
  options.ca_file = other.file("ca.pem");
  EXPECT_EQ(open_client(served.url("https", "127.0.0.1"), options).get("/x").error().code,
            Code::kIo);
}

TEST(Problem, OfEachStatusSaysWhatTheCallerCanDo) {
  struct Case {
    int status;
    const char* type;
    const char* retry_after;
    Code code;
    Code of_another;  // the same from what is no log
  };
  for (const Case& c : {
           Case{400, "bad-request", "", Code::kInvalid, Code::kInvalid},
           Case{401, "unauthorized", "", Code::kInvalid, Code::kInvalid},
           Case{404, "not-found", "", Code::kNotFound, Code::kNotFound},
           Case{409, "conflict", "", Code::kWorm, Code::kBusy},
           Case{409, "out-of-order", "", Code::kOutOfOrder, Code::kBusy},
           Case{413, "too-large", "", Code::kInvalid, Code::kInvalid},
           Case{422, "invalid", "", Code::kInvalid, Code::kInvalid},
           Case{429, "too-many-requests", "3", Code::kBusy, Code::kBusy},
           Case{500, "corrupt", "", Code::kCorrupt, Code::kBusy},
           Case{502, "bad-gateway", "", Code::kBusy, Code::kBusy},
           Case{503, "storage", "", Code::kIo, Code::kIo},
           Case{503, "busy", "3", Code::kBusy, Code::kBusy},
           Case{507, "full", "3", Code::kFull, Code::kFull},
       }) {
    SCOPED_TRACE(c.status);
    HttpResponse response{c.status, "application/problem+json", {}, ""};
    const std::string rest = R"(","detail":"why\nnot","expected_sequence":7})";
    response.body = std::string(R"({"type":"/problems/)") + c.type + rest;
    if (*c.retry_after != 0) response.headers.push_back({"retry-after", c.retry_after});
    const Problem problem = problem_of(response);
    EXPECT_EQ(problem.error.code, c.code);
    EXPECT_NE(problem.error.message.find("why not"), std::string::npos) << "control characters go";
    EXPECT_EQ(problem.retry_after_s.has_value(), *c.retry_after != 0);
    EXPECT_EQ(problem.expected_sequence.has_value(), c.code == Code::kOutOfOrder);
    for (const std::string type : {"about:blank", "", "problems/conflict", "/problems/"}) {
      response.body = "{\"type\":\"" + type + rest;
      EXPECT_EQ(problem_of(response).error.code, c.of_another) << type;
      EXPECT_FALSE(problem_of(response).expected_sequence) << type;
    }
    response.body = "<html>";
    EXPECT_EQ(problem_of(response).error.code, c.of_another);
  }
}

// A server, or who speaks for it, may say anything: a program that ends with 22 is not started again.
TEST(Problem, OfALaterFileOfTheServersIsNoneOfThisProgram) {
  const HttpResponse response{
      503, "application/problem+json", {}, "{\"detail\":\"" + later_format(3, 2).message + "\"}"};
  const Error error = problem_of(response).error;
  EXPECT_NE(error.message.find("newer than this program"), std::string::npos);
  EXPECT_FALSE(is_later_format(error));
  EXPECT_EQ(error.code, Code::kBusy);
}

TEST(Problem, OfAnAnswerThatIsNotProblemJsonHasTheStatus) {
  const Problem problem = problem_of(HttpResponse{502, "text/html", {}, "<html>"});
  EXPECT_EQ(problem.error.message, "the server answered 502");
}

}  // namespace
}  // namespace varve::client
