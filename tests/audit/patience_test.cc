// How long a server is waited for: by a clock that a test sets, and against servers that drip.
#include "tools/client/patience.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "tools/client/http.h"

namespace varve::client {
namespace {

class SetClock final : public env::Clock {
 public:
  [[nodiscard]] std::uint64_t now_us() const override { return 0; }
  [[nodiscard]] std::uint64_t steady_ms() const override { return ms; }
  std::uint64_t ms = 5;
};

TEST(Patience, IsASilenceAndATotalThatGrowsWithWhatCame) {
  SetClock clock;
  Patience patience(clock, 60'000);
  EXPECT_EQ(patience.left_ms(), 60'000U);
  clock.ms += 60'000;
  EXPECT_EQ(patience.left_ms(), 60'000U) << "nobody was silent for longer";
  clock.ms += 59'000;
  EXPECT_EQ(patience.left_ms(), 1'000U);
  patience.moved(10 * Patience::kSlowestBytesPerS);
  EXPECT_EQ(patience.left_ms(), 11'000U);
  clock.ms += 11'000;
  EXPECT_EQ(patience.left_ms(), 0U);
  clock.ms += 1'000'000;
  EXPECT_EQ(patience.left_ms(), 0U);
}

TEST(Patience, EndsAtItsMostHoweverSteadilyBytesCome) {
  SetClock clock;
  Patience patience(clock, 5'000, nullptr, 10'000);
  for (int second = 0; second < 9; ++second) {
    clock.ms += 1'000;
    patience.moved(1u << 20);
  }
  EXPECT_EQ(patience.left_ms(), 1'000U);
  clock.ms += 1'000;
  EXPECT_EQ(patience.left_ms(), 0U);
}

/// Takes connections one after the other and hands each to `serve`, which returns once `send` of
/// what it does fails: the client has gone.
class RawServer {
 public:
  explicit RawServer(std::function<void(int socket)> serve) : serve_(std::move(serve)) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listening_, generic, size) == 0 && ::listen(listening_, 8) == 0);
    CHECK(::getsockname(listening_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        const int socket = ::accept(listening_, nullptr, nullptr);
        if (socket < 0) return;
        serve_(socket);
        ::close(socket);
      }
    });
  }
  ~RawServer() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  [[nodiscard]] HttpClient client(const std::string& scheme) const {
    HttpOptions options;
    options.connect_timeout_ms = options.io_timeout_ms = 200;
    const auto url = parse_url(scheme + "://127.0.0.1:" + std::to_string(port_));
    auto client = HttpClient::open(*url, options);
    CHECK(client.has_value());
    return std::move(*client);
  }

 private:
  std::function<void(int)> serve_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

bool sends(int socket, const std::string& text) {
  return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

/// `start`, then `drop` again and again, with pauses that are shorter than any silence.
std::function<void(int)> dripping(const std::string& start, const std::string& drop) {
  return [=](int socket) {
    if (!sends(socket, start)) return;
    while (sends(socket, drop)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
}

void wait_until_gone(int socket) {
  char byte = 0;
  while (::recv(socket, &byte, 1, 0) > 0) {
  }
}

void expect_given_up(const Result<HttpResponse>& response) {
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kBusy) << response.error().message;
}

TEST(SlowServer, ThatDripsIsGivenUpInEveryPartOfItsAnswer) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const auto& [start, drop] : std::vector<std::pair<std::string, std::string>>{
           {"", "H"},
           {head + "A: ", "x"},
           {head + "Content-Length: 1000000\r\n\r\n", "x"},
           {head + "\r\n", "x"},
           {head + "Transfer-Encoding: chunked\r\n\r\n", "1"},
           {head + "Transfer-Encoding: chunked\r\n\r\n1;", "e"},
           {head + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n", "x"},
           {head + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: ", "x"},
       }) {
    SCOPED_TRACE(start + "|" + drop);
    const RawServer server(dripping(start, drop));
    expect_given_up(server.client("http").get("/checkpoint"));
  }
}

TEST(SlowServer, ThatSaysNothingIsGivenUp) {
  const RawServer server(wait_until_gone);
  expect_given_up(server.client("http").get("/checkpoint"));
  expect_given_up(server.client("https").get("/checkpoint"));
}

TEST(SlowServer, ThatDripsAHandshakeIsGivenUp) {
  // A TLS record of 16,384 bytes, of which one comes at a time.
  const RawServer server(dripping(std::string("\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", 9), "x"));
  expect_given_up(server.client("https").get("/checkpoint"));
}

TEST(SlowServer, ThatTakesNothingIsGivenUp) {
  std::atomic<bool> done = false;
  const RawServer server([&](int socket) {
    const int smallest = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    while (!done) std::this_thread::yield();
  });
  const Buffer body(32u << 20);
  expect_given_up(server.client("http").post("/batches", "application/octet-stream", body));
  done = true;
}

}  // namespace
}  // namespace varve::client
