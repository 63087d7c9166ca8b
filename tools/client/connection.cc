// A socket that never blocks, and poll.
#include "tools/client/connection.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "ledger/env/posix.h"
#include "tools/client/look_up.h"

namespace varve::client {
namespace {

constexpr int kOneWriteMax = 1 << 20;  // bytes

/// Returns whether `events` came while there was patience; an interrupted wait goes on.
bool wait_for(int socket, short events, const Patience& patience) {
  const std::uint64_t end_ms = env::posix_clock().steady_ms() + patience.left_ms();
  for (;;) {
    const std::uint64_t now_ms = env::posix_clock().steady_ms();
    if (now_ms >= end_ms || patience.is_cancelled()) return false;
    pollfd entry{socket, events, 0};
    const std::uint64_t most_ms = std::min(end_ms - now_ms, patience.slice_ms());
    const int ready = ::poll(&entry, 1, static_cast<int>(most_ms));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// A connected socket, or -1.
int connect_to(const addrinfo& address, const Patience& patience) {
  const int socket =
      ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int error = 0;
  socklen_t size = sizeof error;
  if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno == EINPROGRESS && wait_for(socket, POLLOUT, patience) &&
      ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
    return socket;
  ::close(socket);
  return -1;
}

}  // namespace

Result<Connection> Connection::open(const Url& url, SSL_CTX* context, std::uint64_t timeout_ms,
                                    const std::atomic<bool>* cancelled) {
  const std::string port = std::to_string(url.port);
  const std::string server = url.host + ":" + port;
  Patience patience(env::posix_clock(), timeout_ms, cancelled);
  ASSIGN_OR_RETURN(const Addresses addresses, look_up(url.host, port, patience));
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    const int socket = connect_to(*address, patience);
    if (socket < 0) continue;
    Connection connection(socket, server);
    if (context != nullptr) RETURN_IF_ERROR(connection.shake_hands(*context, url.host, patience));
    return connection;
  }
  return busy("no connection to " + server +
              ": it was refused, or there is no way there: is the server running, on that port?");
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      server_(std::move(other.server_)),
      session_(std::move(other.session_)) {}

Connection::~Connection() {
  if (session_ && SSL_is_init_finished(session_.get()) == 1)
    SSL_shutdown(session_.get());  // says that nothing more comes, and waits for no answer
  session_.reset();
  if (socket_ >= 0) ::close(socket_);
}

Result<void> Connection::shake_hands(SSL_CTX& context, const std::string& host,
                                     Patience& patience) {
  ASSIGN_OR_RETURN(session_, make_tls_session(context, host, socket_));
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(session_.get());
    if (result == 1) return {};
    if (!wait_for_tls(result, patience)) return handshake_error(*session_, server_);
  }
}

Result<std::size_t> Connection::read(MutableBytes out, Patience& patience) {
  for (;;) {
    std::size_t count = 0;
    if (session_) {
      ERR_clear_error();
      const int result = SSL_read_ex(session_.get(), out.data(), out.size(), &count);
      if (result != 1 && SSL_get_error(session_.get(), result) == SSL_ERROR_ZERO_RETURN) return 0;
      if (result != 1) RETURN_IF_ERROR(wait_for_tls(result, patience));
    } else {
      const ssize_t n = ::recv(socket_, out.data(), out.size(), 0);
      if (n == 0) return 0;
      if (n < 0 && errno != EAGAIN && errno != EINTR) return broken(std::strerror(errno));
      if (n < 0) RETURN_IF_ERROR(wait(POLLIN, patience));
      if (n > 0) count = static_cast<std::size_t>(n);
    }
    if (count == 0) continue;
    patience.moved(count);
    return count;
  }
}

Result<void> Connection::write(Bytes bytes, Patience& patience) {
  while (!bytes.empty()) {
    std::size_t count = 0;
    const std::size_t most = std::min<std::size_t>(bytes.size(), kOneWriteMax);
    if (session_) {
      ERR_clear_error();
      const int result = SSL_write_ex(session_.get(), bytes.data(), most, &count);
      if (result != 1) RETURN_IF_ERROR(wait_for_tls(result, patience));
    } else {
      const ssize_t n = ::send(socket_, bytes.data(), most, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN && errno != EINTR) return broken(std::strerror(errno));
      if (n < 0) RETURN_IF_ERROR(wait(POLLOUT, patience));
      if (n > 0) count = static_cast<std::size_t>(n);
    }
    patience.moved(count);
    bytes = bytes.subspan(count);
  }
  return {};
}

bool Connection::is_idle() const {
  pollfd entry{socket_, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 0 && (!session_ || SSL_pending(session_.get()) == 0);
}

Result<void> Connection::wait_for_tls(int result, Patience& patience) const {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return wait(POLLIN, patience);
    case SSL_ERROR_WANT_WRITE:
      return wait(POLLOUT, patience);
    default:
      return broken("TLS failed");
  }
}

Result<void> Connection::wait(short events, Patience& patience) const {
  if (wait_for(socket_, events, patience)) return {};
  return broken("it answers too slowly, or not at all");
}

Error Connection::broken(const std::string& why) const {
  return busy("the connection to " + server_ + " broke: " + why);
}

}  // namespace varve::client
