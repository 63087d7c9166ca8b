// One thread, one timer, many sockets.
#include "tools/bench/quiet.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

namespace varve::bench {

namespace asio = boost::asio;
using asio::ip::tcp;

struct QuietPeers::Core {
  struct Peer {
    tcp::socket socket;
    std::size_t sent = 0;
  };
  static constexpr std::string_view kHeader = "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ";

  Core(std::uint16_t p, unsigned count) : port(p) {
    for (unsigned i = 0; i < count; ++i) connect(peers.emplace_back(Peer{tcp::socket(io)}));
    tick();
    thread = std::jthread([this] { io.run(); });
  }

  void connect(Peer& peer) {
    boost::system::error_code ignored;
    peer.socket.close(ignored);
    peer.socket.connect({asio::ip::address_v4::loopback(), port}, ignored);
    peer.sent = 0;
  }

  void tick() {
    for (std::size_t i = 0; i < peers.size(); i += 2) {
      Peer& peer = peers[i];
      boost::system::error_code error;
      asio::write(peer.socket, asio::buffer(kHeader.data() + peer.sent % kHeader.size(), 1), error);
      ++peer.sent;
      if (error) connect(peer);
    }
    timer.expires_after(std::chrono::seconds(1));
    timer.async_wait([this](boost::system::error_code error) {
      if (!error) tick();
    });
  }

  std::uint16_t port;
  asio::io_context io{1};
  asio::steady_timer timer{io};
  std::vector<Peer> peers;
  std::jthread thread;
};

QuietPeers::QuietPeers(std::uint16_t port, unsigned count)
    : core_(count == 0 ? nullptr : std::make_unique<Core>(port, count)) {}
QuietPeers::~QuietPeers() {
  if (core_) core_->io.stop();
}

}  // namespace varve::bench
