// What systemd hears of a server of Type=notify: this test plays it.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "installation.h"

namespace varve::system {
namespace {

/// The socket that NOTIFY_SOCKET names.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    CHECK(path.copy(address.sun_path, sizeof address.sun_path - 1) == path.size());
    CHECK(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval patience{kPatienceMs / 1'000, 0};
    CHECK(::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  }
  ~NotifySocket() { ::close(socket_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// The next message; empty when none came in time.
  [[nodiscard]] std::string next() const {
    std::array<char, 4096> text{};
    const ssize_t length = ::recv(socket_, text.data(), text.size(), 0);
    return {text.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
  }

 private:
  int socket_;
};

TEST(ServiceManager, HearsWhenTheServerServesAndWhenItStops) {
  Installation varve;
  varve.start();  // chooses the port
  ASSERT_EQ(varve.stop(), 0);
  const NotifySocket socket(varve.path("notify"));
  Variables variables = varve.variables();
  variables["NOTIFY_SOCKET"] = varve.path("notify");
  Process server({Installation::program("varved"), "--config", varve.path("varved.toml")},
                 varve.path("server.log"), variables);
  EXPECT_TRUE(socket.next().starts_with("STATUS=Opens "));
  EXPECT_TRUE(socket.next().starts_with("READY=1\nSTATUS=Serves"));
  EXPECT_TRUE(varve.ready()) << "it answers by then";
  server.send(SIGTERM);
  EXPECT_TRUE(socket.next().starts_with("STOPPING=1\n"));
  EXPECT_EQ(server.wait_ms(), 0);
}

}  // namespace
}  // namespace varve::system
