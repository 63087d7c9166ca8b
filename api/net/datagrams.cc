// Receiving and appending, side by side as in message_session.cc.
#include "api/net/datagrams.h"

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "api/ingest/syslog_media_type.h"
#include "api/net/appending.h"

namespace varve::api {
namespace {

constexpr std::size_t kDatagramMax = 65'535;
constexpr int kReceivedAtOnce = 1'024;  // then others of this thread have their turn
constexpr int kReceivedAtEnd = 65'536;  // more than a socket holds

/// What one call to the kernel brought.
struct Datagram {
  std::string_view message;              // a view until the next one
  std::optional<Address> from;           // nullopt: nobody can tell
  std::optional<std::uint32_t> dropped;  // so many, since the socket was opened, modulo 2^32
};

class DatagramSession final : public std::enable_shared_from_this<DatagramSession> {
 public:
  DatagramSession(std::shared_ptr<Connection> connection, DatagramSocket socket,
                  Listening& listening)
      : connection_(std::move(connection)),
        socket_(std::move(socket)),
        listening_(listening),
        appending_(connection_->executor, listening, connection_->peer, connection_->address),
        reader_(connection_->executor),
        appender_(connection_->executor),
        bytes_(kDatagramMax) {
    connection_->wind_up = [this] { wind_up(); };
    const int on = 1;  // each datagram comes with the count of those that were dropped before it
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  }
  ~DatagramSession() {
    connection_->wind_up = nullptr;
    listening_.connections.close(connection_);
  }
  DatagramSession(const DatagramSession&) = delete;
  DatagramSession& operator=(const DatagramSession&) = delete;

  Awaitable<void> run();

 private:
  Awaitable<void> receive_all();
  Awaitable<void> append_all();
  void start_appending();
  void receive_what_is_there(int most);
  std::optional<Datagram> receive_one();
  void wind_up();

  std::shared_ptr<Connection> connection_;
  DatagramSocket socket_;
  Listening& listening_;
  Appending appending_;
  Bell reader_;
  Bell appender_;
  MessageBatch waiting_;
  std::vector<char> bytes_;
  std::uint32_t dropped_ = 0;  // as the kernel said last
  bool winding_up_ = false;
  bool receiving_over_ = false;
  bool appending_over_ = false;
};

Awaitable<void> DatagramSession::run() {
  start_appending();
  co_await receive_all();
  receiving_over_ = true;
  appender_.ring();
  while (!appending_over_) co_await reader_.wait();
}

void DatagramSession::start_appending() {
  const auto self = shared_from_this();
  asio::co_spawn(connection_->executor, append_all(), [self](std::exception_ptr failure) {
    self->appending_over_ = true;
    self->reader_.ring();
    if (!failure) return;
    self->listening_.access.journal().error("session_failed", "appending ended");
    self->wind_up();
  });
}

void DatagramSession::wind_up() {
  boost::system::error_code ignored;
  winding_up_ = true;
  appending_.give_up();
  socket_.cancel(ignored);
  reader_.ring();
}

Awaitable<void> DatagramSession::receive_all() {
  boost::system::error_code error;
  while (!winding_up_) {
    while (waiting_.full() && !winding_up_) co_await reader_.wait();
    if (winding_up_) break;
    co_await socket_.async_wait(DatagramSocket::wait_read, asio::redirect_error(kAwait, error));
    receive_what_is_there(kReceivedAtOnce);
  }
  while (waiting_.full() && !appending_over_) co_await reader_.wait();
  receive_what_is_there(kReceivedAtEnd);  // what has arrived by now
}

/// As much as one batch takes; of what it does not, a bounded number.
void DatagramSession::receive_what_is_there(int most) {
  const std::uint64_t now_us = listening_.clock.now_us();
  for (int n = 0; n < most && !waiting_.full(); ++n) {
    const auto datagram = receive_one();
    if (!datagram) break;
    if (datagram->dropped) {
      listening_.counts.add(Fate::kDropped, std::uint32_t{*datagram->dropped - dropped_});
      dropped_ = *datagram->dropped;
    }
    if (!listening_.addresses.let_in(datagram->from)) continue;
    const std::string_view message = datagram->message;
    if (message.empty()) continue;
    if (!waiting_.add(message, syslog_media_type(message, SyslogFrame::kWhole), now_us))
      appending_.refuse("a message is larger than a record can be");
  }
  appender_.ring();
}

std::optional<Datagram> DatagramSession::receive_one() {
  iovec space{bytes_.data(), bytes_.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> control{};
  asio::ip::udp::endpoint from;
  msghdr header{};
  header.msg_name = from.data();
  header.msg_namelen = static_cast<socklen_t>(from.capacity());
  header.msg_iov = &space;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t length = ::recvmsg(socket_.native_handle(), &header, MSG_DONTWAIT);
  if (length < 0) return std::nullopt;
  Datagram out{{bytes_.data(), static_cast<std::size_t>(length)}, std::nullopt, std::nullopt};
  if (header.msg_namelen != 0) out.from = whole_address(from.address());
  const cmsghdr* const first = CMSG_FIRSTHDR(&header);
  if (first != nullptr && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SO_RXQ_OVFL) {
    std::uint32_t dropped = 0;
    std::memcpy(&dropped, CMSG_DATA(first), sizeof dropped);
    out.dropped = dropped;
  }
  return out;
}

Awaitable<void> DatagramSession::append_all() {
  for (;;) {
    while (waiting_.empty() && !receiving_over_) co_await appender_.wait();
    if (waiting_.empty()) co_return;
    const auto batch =
        std::make_shared<const MessageBatch>(std::exchange(waiting_, MessageBatch()));
    reader_.ring();
    co_await appending_.append(batch);
    static_cast<void>(appending_.hold(0));
  }
}

}  // namespace

Awaitable<void> serve_datagrams(std::shared_ptr<Connection> connection, DatagramSocket socket,
                                Listening& listening) {
  const auto session =
      std::make_shared<DatagramSession>(std::move(connection), std::move(socket), listening);
  co_await session->run();
}

}  // namespace varve::api
