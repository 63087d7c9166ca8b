// The two coroutines, and how they end.
#include "api/net/message_session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "api/listeners/protocol.h"
#include "api/net/appending.h"
#include "api/net/pace.h"
#include "api/net/watchdog.h"

namespace varve::api {
namespace {

constexpr std::chrono::seconds kGoodbye{5};
constexpr std::chrono::milliseconds kSharePause{50};
constexpr std::size_t kReadAtOnce = 32'768;
// What TLS may have taken from the socket and not handed on: a record as it came, and one opened.
constexpr std::size_t kWithinTls = std::size_t{2} * 17 * 1'024;

std::unique_ptr<Protocol> protocol_of(ListenerKind kind) {
  if (is_relp(kind)) return relp_protocol();
  return syslog_protocol(uses_tls(kind) ? SyslogFraming::kCounted : SyslogFraming::kEither);
}

class MessageSession final : public std::enable_shared_from_this<MessageSession> {
 public:
  using Steady = std::chrono::steady_clock;

  MessageSession(std::shared_ptr<Connection> connection, std::unique_ptr<Stream> stream,
                 Listening& listening)
      : connection_(std::move(connection)),
        stream_(std::move(stream)),
        listening_(listening),
        protocol_(protocol_of(listening.options.kind)),
        common_(listening.common()),
        appending_(connection_->executor, listening, connection_->peer, connection_->address),
        slow_reading_(connection_, listening.traffic),
        slow_writing_(connection_, listening.traffic),
        reader_(connection_->executor),
        appender_(connection_->executor) {
    connection_->socket = &stream_->socket();
    connection_->wind_up = [this] { wind_up(); };
  }
  ~MessageSession() {
    connection_->socket = nullptr;
    connection_->wind_up = nullptr;
    listening_.connections.close(connection_);
    listening_.traffic.connection_closed();
  }
  MessageSession(const MessageSession&) = delete;
  MessageSession& operator=(const MessageSession&) = delete;

  Awaitable<void> run();

 private:
  /// However reading ends.
  struct ReadingOver {
    explicit ReadingOver(MessageSession& s) : session(s) {}
    ~ReadingOver() {
      session.reading_over_ = true;
      session.appender_.ring();
    }
    MessageSession& session;
  };

  Awaitable<bool> begin();
  Awaitable<void> read_all();
  Awaitable<bool> read_some();
  Awaitable<bool> take_all();
  Awaitable<void> wait_for_share();
  Awaitable<void> append_all();
  Awaitable<void> append_waiting();
  Awaitable<void> send(std::string text);
  Awaitable<void> end();
  void start_appending();
  void wind_up();
  void stop_reading(std::size_t after);
  void finish_message();
  void allow_time();
  void update_stage();
  /// A batch under way is in memory twice: here and at the log.
  [[nodiscard]] std::size_t held() const {
    return protocol_->held() + waiting_.bytes() + 2 * under_way_;
  }

  std::shared_ptr<Connection> connection_;
  std::unique_ptr<Stream> stream_;
  Listening& listening_;
  std::unique_ptr<Protocol> protocol_;
  const std::shared_ptr<const ListenersOptions> common_;  // as they were when it began
  Appending appending_;
  Watchdog slow_reading_;
  Watchdog slow_writing_;
  Bell reader_;                       // rings when a batch was taken, or is done with
  Bell appender_;                     // rings when a batch waits, or none will
  MessageBatch waiting_;              // what was read and is not under way
  std::size_t under_way_ = 0;         // bytes
  std::size_t may_still_read_ = 0;    // bytes, once it winds up
  Steady::time_point message_began_;  // of the message that is not whole
  bool winding_up_ = false;
  bool reading_over_ = false;
  bool appending_over_ = false;
  bool writable_ = true;
  bool lingers_ = false;  // answers may be on their way
  std::array<char, kReadAtOnce> bytes_;
};

Awaitable<void> MessageSession::run() {
  if (listening_.connections.draining()) co_return;  // it came too late to be told to wind up
  const bool begun = co_await begin();
  if (!begun) co_return;
  start_appending();
  co_await read_all();
  while (!appending_over_) co_await reader_.wait();
  co_await end();
}

/// The handshake, and whether this sender may append at all.
Awaitable<bool> MessageSession::begin() {
  slow_reading_.allow(common_->timeouts.header);
  const ErrorCode error = co_await stream_->begin();
  slow_reading_.rest();
  const std::string_view fault = stream_->certificate_fault();
  if (!fault.empty()) listening_.access.refused_certificate(connection_->peer, fault);
  if (error) co_return false;
  appending_.show(stream_->certificate());
  co_return appending_.identify();
}

void MessageSession::start_appending() {
  const auto self = shared_from_this();
  asio::co_spawn(connection_->executor, append_all(), [self](std::exception_ptr failure) {
    self->appending_over_ = true;
    self->reader_.ring();
    if (!failure) return;
    self->listening_.access.journal().error("session_failed", "appending ended");
    self->stop_reading(0);
  });
}

/// The server stops: what has arrived by now is read, and nothing that comes later.
void MessageSession::wind_up() {
  boost::system::error_code ignored;
  appending_.give_up();
  const std::size_t within_tls = uses_tls(listening_.options.kind) ? kWithinTls : 0;
  stop_reading(stream_->socket().available(ignored) + within_tls);
}

/// A read that waits ends, because the socket is closed for it.
void MessageSession::stop_reading(std::size_t after) {
  boost::system::error_code ignored;
  winding_up_ = true;
  may_still_read_ = after;
  stream_->socket().shutdown(asio::ip::tcp::socket::shutdown_receive, ignored);
  reader_.ring();
}

Awaitable<void> MessageSession::read_all() {
  const ReadingOver over(*this);
  bool more = true;
  while (more) {
    co_await wait_for_share();
    const bool is_over = winding_up_ && may_still_read_ == 0;
    if (is_over && !appending_.barred()) finish_message();
    more = !is_over && co_await read_some();
  }
}

/// What came of a message that never became whole.
void MessageSession::finish_message() {
  if (!protocol_->finish(waiting_, listening_.clock.now_us()))
    appending_.refuse("a message is larger than a record can be, and its connection has ended");
}

/// Whether there may be more.
Awaitable<bool> MessageSession::read_some() {
  ErrorCode error;
  update_stage();
  allow_time();
  const std::size_t length = co_await stream_->read(asio::buffer(bytes_), error);
  slow_reading_.rest();
  may_still_read_ -= std::min(may_still_read_, length);
  if (error) {
    // Of RELP, what was not answered is sent again; other senders believe that it has arrived.
    if (is_relp(listening_.options.kind) && !winding_up_) appending_.abandon();
    finish_message();
    co_return false;
  }
  const bool had_begun = protocol_->held() != 0;
  if (!had_begun) message_began_ = Steady::now();
  protocol_->add({bytes_.data(), length});
  co_return co_await take_all();
}

/// Whether the stream goes on.
Awaitable<bool> MessageSession::take_all() {
  for (;;) {
    while (waiting_.full() && !appending_over_) {
      appender_.ring();
      co_await reader_.wait();
      message_began_ = Steady::now();
    }
    if (appending_over_) co_return false;
    const auto taken = protocol_->take(waiting_, listening_.clock.now_us());
    if (!taken) appending_.refuse(taken.error().message);
    if (!taken || *taken == Taken::kEnd) co_return false;
    if (*taken == Taken::kMore) break;
    if (*taken == Taken::kTooLarge) appending_.refuse("a message is larger than a record can be");
    connection_->asked = true;
    message_began_ = Steady::now();
  }
  if (protocol_->held() == 0) protocol_->shrink();
  appender_.ring();
  co_return true;
}

/// A sender whose messages wait for the log is not to blame for that. One with half a message is cut
/// off in its time, or for a newcomer, as in the middle of a read: what it holds is others' too.
Awaitable<void> MessageSession::wait_for_share() {
  while (!appending_.hold(held()) && !winding_up_ && stream_->socket().is_open()) {
    const bool waits_for_log = under_way_ != 0 || !waiting_.empty();
    if (waits_for_log) message_began_ = Steady::now();
    update_stage();
    allow_time();
    co_await reader_.wait_at_most(kSharePause);
  }
  slow_reading_.rest();
}

/// Silence between messages is allowed for ever, and in the middle of one it is not.
void MessageSession::allow_time() {
  if (protocol_->held() == 0) return slow_reading_.rest();
  const Timeouts& timeouts = common_->timeouts;
  const Pace pace{timeouts.body, timeouts.header, common_->bytes_per_second_min};
  slow_reading_.allow_until(message_began_ + pace.allowed(protocol_->held()));
}

void MessageSession::update_stage() {
  if (under_way_ != 0 || !waiting_.empty()) {
    connection_->stage = Stage::kClient;
  } else if (protocol_->held() != 0) {
    connection_->stage = Stage::kStranger;
  } else {
    connection_->idle_since = Steady::now().time_since_epoch().count();
    connection_->stage = Stage::kIdle;
  }
}

Awaitable<void> MessageSession::append_all() {
  for (;;) {
    while (waiting_.empty() && !reading_over_) co_await appender_.wait();
    if (waiting_.empty()) co_return;
    co_await append_waiting();
  }
}

Awaitable<void> MessageSession::append_waiting() {
  const auto batch = std::make_shared<const MessageBatch>(std::exchange(waiting_, MessageBatch()));
  under_way_ = batch->bytes();
  update_stage();
  reader_.ring();
  const Fate fate = co_await appending_.append(batch);
  if (fate == Fate::kUnconfirmed) {
    writable_ = false;  // not answered: a sender that was told nothing sends again
  } else {
    std::string answers = batch->answers(fate == Fate::kAppended);
    co_await send(std::move(answers));
  }
  if (appending_.barred()) stop_reading(0);
  under_way_ = 0;
  update_stage();
  reader_.ring();
}

Awaitable<void> MessageSession::send(std::string text) {
  const Pace pace{common_->timeouts.write, common_->timeouts.header, common_->bytes_per_second_min};
  const auto began = Steady::now();
  std::size_t sent = 0;
  ErrorCode error;
  while (writable_ && sent < text.size()) {
    slow_writing_.allow_until(began + pace.allowed(sent));
    sent += co_await stream_->write(bytes_of(text).subspan(sent), {}, error);
    if (error) writable_ = false;
    lingers_ = true;
  }
  slow_writing_.rest();
}

/// As api/net/session.cc: closing while the peer still sends would lose answers on their way. Nothing
/// can be read, and so nobody waited for, once the server stops.
Awaitable<void> MessageSession::end() {
  connection_->stage = Stage::kEnding;
  if (!writable_ || !stream_->socket().is_open()) co_return;
  std::string goodbye{protocol_->goodbye()};
  co_await send(std::move(goodbye));
  slow_reading_.allow(kGoodbye);
  stream_->finish_writing();
  ErrorCode error;
  while (lingers_ && !winding_up_ && !error) co_await stream_->read(asio::buffer(bytes_), error);
  co_await stream_->end();
}

}  // namespace

Awaitable<void> serve_messages(std::shared_ptr<Connection> connection,
                               std::unique_ptr<Stream> stream, Listening& listening) {
  const auto session =
      std::make_shared<MessageSession>(std::move(connection), std::move(stream), listening);
  co_await session->run();
}

}  // namespace varve::api
