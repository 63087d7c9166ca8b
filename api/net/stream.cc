// The two kinds of streams.
#include "api/net/stream.h"

#include <utility>

namespace varve::api {
namespace {

auto keep_in(ErrorCode& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

template <class Inner>
class StreamOver : public Stream {
 public:
  explicit StreamOver(Inner inner) : inner_(std::move(inner)) {}

  TcpStream& socket() override { return beast::get_lowest_layer(inner_); }
  asio::awaitable<std::size_t> read(asio::mutable_buffer space, ErrorCode& error) override {
    return inner_.async_read_some(space, keep_in(error));
  }
  asio::awaitable<ErrorCode> write(Bytes bytes) override {
    ErrorCode error;
    co_await asio::async_write(inner_, asio::buffer(bytes.data(), bytes.size()), keep_in(error));
    co_return error;
  }

 protected:
  Inner inner_;
};

class PlainStream final : public StreamOver<TcpStream> {
 public:
  using StreamOver::StreamOver;
  asio::awaitable<ErrorCode> begin() override { co_return ErrorCode{}; }
  void finish_writing() override {
    ErrorCode ignored;
    inner_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }
  asio::awaitable<void> end() override { co_return; }
};

class TlsStream final : public StreamOver<beast::ssl_stream<TcpStream>> {
 public:
  TlsStream(TcpStream stream, std::shared_ptr<asio::ssl::context> context)
      : StreamOver({std::move(stream), *context}), context_(std::move(context)) {}
  asio::awaitable<ErrorCode> begin() override {
    ErrorCode error;
    co_await inner_.async_handshake(asio::ssl::stream_base::server, keep_in(error));
    co_return error;
  }
  void finish_writing() override {}
  asio::awaitable<void> end() override {
    ErrorCode ignored;
    co_await inner_.async_shutdown(keep_in(ignored));
  }

 private:
  std::shared_ptr<asio::ssl::context> context_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(TcpStream stream) {
  return std::make_unique<PlainStream>(std::move(stream));
}

std::unique_ptr<Stream> tls_stream(TcpStream stream, std::shared_ptr<asio::ssl::context> context) {
  return std::make_unique<TlsStream>(std::move(stream), std::move(context));
}

}  // namespace varve::api
