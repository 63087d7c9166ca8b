// The two kinds of streams.
#include "api/net/stream.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include "api/net/client_certificate.h"

namespace varve::api {
namespace {

auto keep_in(ErrorCode& error) {
  return asio::redirect_error(kAwait, error);
}

Socket& lowest(Socket& socket) {
  return socket;
}
Socket& lowest(asio::ssl::stream<Socket>& stream) {
  return stream.next_layer();
}

template <class Inner>
class StreamOver : public Stream {
 public:
  explicit StreamOver(Inner inner) : inner_(std::move(inner)) {}

  Socket& socket() override { return lowest(inner_); }
  Awaitable<std::size_t> read(asio::mutable_buffer space, ErrorCode& error) override {
    return inner_.async_read_some(space, keep_in(error));
  }
  Awaitable<std::size_t> write(Bytes first, Bytes second, ErrorCode& error) override {
    const std::array pieces{asio::const_buffer{first.data(), first.size()},
                            asio::const_buffer{second.data(), second.size()}};
    return inner_.async_write_some(pieces, keep_in(error));
  }

 protected:
  Inner inner_;
};

class PlainStream final : public StreamOver<Socket> {
 public:
  using StreamOver::StreamOver;
  Awaitable<ErrorCode> begin() override { co_return ErrorCode{}; }
  void finish_writing() override {
    ErrorCode ignored;
    inner_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }
  Awaitable<void> end() override { co_return; }
};

class TlsStream final : public StreamOver<asio::ssl::stream<Socket>> {
 public:
  TlsStream(Socket socket, std::shared_ptr<asio::ssl::context> context)
      : StreamOver({std::move(socket), *context}), context_(std::move(context)) {}
  Awaitable<ErrorCode> begin() override {
    ErrorCode error;
    co_await inner_.async_handshake(asio::ssl::stream_base::server, keep_in(error));
    co_return error;
  }
  std::shared_ptr<const PeerCertificate> certificate() override {
    return shown_certificate(*inner_.native_handle());
  }
  std::string_view certificate_fault() override {
    return api::certificate_fault(*inner_.native_handle());
  }
  void finish_writing() override {}
  /// Nobody is waited for whose goodbye cannot come. Asio would not notice: it has seen the end of the
  /// stream already, and waits for another change.
  Awaitable<void> end() override {
    ErrorCode ignored;
    char byte = 0;
    if (::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
      SSL_set_shutdown(inner_.native_handle(), SSL_RECEIVED_SHUTDOWN);
    co_await inner_.async_shutdown(keep_in(ignored));
  }

 private:
  std::shared_ptr<asio::ssl::context> context_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(Socket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

std::unique_ptr<Stream> tls_stream(Socket socket, std::shared_ptr<asio::ssl::context> context) {
  return std::make_unique<TlsStream>(std::move(socket), std::move(context));
}

}  // namespace varve::api
