// A client that writes whatever a test gives it, however malformed, and reads the answer: a way to
// send what no HTTP library would.
#pragma once

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/check.h"

namespace varve::api {

class RawClient {
 public:
  /// `from`: the address it connects from; all of 127.0.0.0/8 are this machine's.
  explicit RawClient(std::uint16_t port, int timeout_s = 60, const char* from = "127.0.0.1")
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    CHECK(fd_ >= 0);
    const timeval timeout{timeout_s, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    CHECK(::inet_pton(AF_INET, from, &address.sin_addr) == 1);
    CHECK(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  /// Whether the other side took all of it.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// Says that nothing more will be sent.
  void finish() { ::shutdown(fd_, SHUT_WR); }

  /// Whether all that was sent has reached the other side.
  [[nodiscard]] bool delivered() const {
    int waiting = 0;
    return ::ioctl(fd_, SIOCOUTQ, &waiting) == 0 && waiting == 0;
  }

  /// Reads until `end` has come, the peer closes, or the time is over.
  std::string read_until(std::string_view end) {
    std::string out;
    char buffer[4096];
    while (end.empty() || out.find(end) == std::string::npos) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
  }
  std::string read_all() { return read_until(""); }

  /// Whether the peer has closed (rather than kept silent until the time is over).
  bool closed() {
    char byte = 0;
    ssize_t n = 1;
    while (n > 0) n = ::recv(fd_, &byte, 1, 0);
    return n == 0 || errno == ECONNRESET;
  }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace varve::api
