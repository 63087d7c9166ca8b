// One thread, which reads and writes.
#include "tools/bench/echo.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>

namespace varve::bench {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error_code = boost::system::error_code;

namespace {

struct Guest : std::enable_shared_from_this<Guest> {
  Guest(tcp::socket s, const std::string& a) : socket(std::move(s)), answer(a) {}

  void serve() {
    socket.async_read_some(asio::buffer(in),
                           [self = shared_from_this()](Error_code error, std::size_t) {
                             if (error) return;
                             asio::async_write(self->socket, asio::buffer(self->answer),
                                               [self](Error_code failed, std::size_t) {
                                                 if (!failed) self->serve();
                                               });
                           });
  }

  tcp::socket socket;
  const std::string& answer;
  std::array<char, 4096> in{};
};

}  // namespace

struct EchoServer::Core {
  Core() : acceptor(io, {asio::ip::address_v4::loopback(), 0}) {
    accept();
    thread = std::jthread([this] { io.run(); });
  }

  void accept() {
    acceptor.async_accept([this](Error_code error, tcp::socket socket) {
      if (error) return;
      socket.set_option(tcp::no_delay(true), error);
      std::make_shared<Guest>(std::move(socket), answer)->serve();
      accept();
    });
  }

  const std::string answer =
      "HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x');
  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::jthread thread;
};

EchoServer::EchoServer() : core_(std::make_unique<Core>()) {}
EchoServer::~EchoServer() {
  core_->io.stop();
}
std::uint16_t EchoServer::port() const {
  return core_->acceptor.local_endpoint().port();
}

}  // namespace varve::bench
