// Each listener has an address and its own connections; all of them share a few threads.
#include "api/listeners.h"

#include <algorithm>
#include <list>
#include <thread>
#include <utility>

#include "api/net/acceptor.h"
#include "api/net/datagrams.h"
#include "api/net/message_session.h"
#include "api/net/tls.h"
#include "ledger/base/mutex.h"

namespace varve::api {
namespace {

/// One entry of the options.
struct Listener {
  Listener(const ListenerOptions& o, const Executor& e) : options(o), acceptor(e), datagrams(e) {}

  void use_tls(std::shared_ptr<asio::ssl::context> fresh) {
    const MutexLock lock(tls_mutex);
    tls = std::move(fresh);
  }
  std::shared_ptr<asio::ssl::context> current_tls() {
    const MutexLock lock(tls_mutex);
    return tls;
  }
  [[nodiscard]] bool is_udp() const { return options.kind == ListenerKind::kSyslogUdp; }
  [[nodiscard]] Error named(Error error) const {
    error.message = "[[listener]] " + std::string{kind_name(options.kind)} + ": " + error.message;
    return error;
  }
  Result<void> bind();
  Result<void> bind_datagrams();

  const ListenerOptions& options;
  Acceptor acceptor;
  DatagramSocket datagrams;  // of kSyslogUdp, in place of the acceptor
  std::uint16_t port = 0;
  Mutex tls_mutex;
  std::shared_ptr<asio::ssl::context> tls GUARDED_BY(tls_mutex);  // null: without TLS
  Listening* listening = nullptr;                                 // from serve() on

  [[nodiscard]] std::string name() const {
    return std::string{kind_name(options.kind)} + ":" + std::to_string(port);
  }
};

/// What a reload made for one.
struct Secured {
  std::shared_ptr<asio::ssl::context> tls = {};  // null: without TLS
  ContextDates dates = {};
};

Result<void> Listener::bind_datagrams() {
  ASSIGN_OR_RETURN(const asio::ip::address address, parse_address(options.address));
  const asio::ip::udp::endpoint endpoint{address, options.port};
  boost::system::error_code error;
  datagrams.open(endpoint.protocol(), error);
  if (!error) datagrams.bind(endpoint, error);
  if (error) return unusable_address(options.address, options.port, error);
  port = datagrams.local_endpoint(error).port();
  return {};
}

Result<void> Listener::bind() {
  if (uses_tls(options.kind)) {
    ASSIGN_OR_RETURN(auto context, make_tls_context(options.tls));
    use_tls(std::move(context));
  }
  if (is_udp()) return bind_datagrams();
  RETURN_IF_ERROR(bind_to(acceptor, options.address, options.port));
  boost::system::error_code error;
  port = acceptor.local_endpoint(error).port();
  return {};
}

}  // namespace

std::string_view kind_name(ListenerKind kind) {
  switch (kind) {
    case ListenerKind::kSyslogTls:
      return "syslog-tls";
    case ListenerKind::kSyslogTcp:
      return "syslog-tcp";
    case ListenerKind::kSyslogUdp:
      return "syslog-udp";
    case ListenerKind::kRelp:
      return "relp";
    case ListenerKind::kRelpTls:
      break;
  }
  return "relp-tls";
}

struct Listeners::Core {
  explicit Core(const ListenersOptions& o)
      : options(std::make_shared<const ListenersOptions>(o)),
        contexts(o.listeners.empty() ? 0 : o.threads) {}

  [[nodiscard]] Executor next_executor() {
    return contexts[next_context++ % contexts.size()].io.get_executor();
  }
  Executor first_executor() { return contexts.front().io.get_executor(); }
  [[nodiscard]] Journal& journal() const { return access->journal(); }
  Awaitable<void> accept_all(Listener& listener);
  void start_session(Listener& listener, Socket socket, const asio::ip::tcp::endpoint& peer);
  Result<void> start(Listener& listener);
  void show(const Listener& listener, const ContextDates& dates) const;
  [[nodiscard]] static std::size_t connections_max(const ListenersOptions& options, bool of_relp);
  void use(const std::shared_ptr<const ListenersOptions>& fresh,
           const std::vector<Secured>& secured);

  const std::shared_ptr<const ListenersOptions> options;  // as it began
  std::chrono::milliseconds stop_most{options->timeouts.stop};
  Access* access = nullptr;         // from serve() on
  std::list<Listening> listenings;  // before the contexts, whose coroutines use them
  std::vector<OneThread> contexts;
  std::list<Listener> listeners;  // behind the contexts, which their sockets use
  std::size_t next_context = 0;
  bool stopped = false;
  std::vector<std::jthread> threads;
};

void Listeners::Core::start_session(Listener& listener, Socket socket,
                                    const asio::ip::tcp::endpoint& peer) {
  Listening& listening = *listener.listening;
  const Address address = whole_address(peer.address());
  if (!listening.addresses.let_in(address)) return;  // closes it
  const Executor executor = socket.get_executor();
  const auto [connection, made_room] =
      listening.connections.open(executor, address_of_peer(peer.address()));
  if (made_room) listening.traffic.limited(Limit::kRoom);
  if (!connection) return listening.traffic.connection_refused();  // and closes it
  connection->address = address;
  listening.traffic.connection_opened();
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);  // silence is allowed for ever
  const auto secure = listener.current_tls();
  auto bytes = secure ? tls_stream(std::move(socket), secure) : plain_stream(std::move(socket));
  asio::co_spawn(executor, serve_messages(connection, std::move(bytes), listening),
                 [this](std::exception_ptr failure) { log_end(journal(), failure); });
}

Awaitable<void> Listeners::Core::accept_all(Listener& listener) {
  asio::steady_timer pause{contexts.front().io};
  while (listener.acceptor.is_open()) {
    boost::system::error_code error;
    Socket socket{next_executor()};
    asio::ip::tcp::endpoint peer;
    co_await listener.acceptor.async_accept(socket, peer, asio::redirect_error(kAwait, error));
    if (!error) {
      start_session(listener, std::move(socket), peer);
    } else if (listener.acceptor.is_open()) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(asio::redirect_error(kAwait, error));
    }
  }
}

void Listeners::Core::show(const Listener& listener, const ContextDates& dates) const {
  show_dates(dates, listener.name(), "senders of ", access->certificates());
}

Result<void> Listeners::Core::start(Listener& listener) {
  const auto ended = [this](std::exception_ptr failure) { log_end(journal(), failure); };
  if (listener.is_udp()) {
    const auto opened = listener.listening->connections.open(first_executor(), "udp");
    asio::co_spawn(
        first_executor(),
        serve_datagrams(opened.connection, std::move(listener.datagrams), *listener.listening),
        ended);
    return {};
  }
  if (auto listens = listen_on(listener.acceptor, listener.options.address); !listens)
    return listener.named(listens.error());
  asio::co_spawn(first_executor(), accept_all(listener), ended);
  return {};
}

/// Of all listeners whose connections are counted together.
std::size_t Listeners::Core::connections_max(const ListenersOptions& options, bool of_relp) {
  std::size_t most = 0;
  for (const ListenerOptions& one : options.listeners)
    if (is_relp(one.kind) == of_relp && one.kind != ListenerKind::kSyslogUdp)
      most += one.connections_max;
  return most;
}

Listeners::Listeners(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Listeners::~Listeners() {
  stop();
}

Result<std::unique_ptr<Listeners>> Listeners::bind(const ListenersOptions& options) {
  auto core = std::make_unique<Core>(options);
  for (const ListenerOptions& one : core->options->listeners) {
    Listener& listener = core->listeners.emplace_back(one, core->first_executor());
    if (auto bound = listener.bind(); !bound) return listener.named(bound.error());
  }
  return std::unique_ptr<Listeners>{new Listeners{std::move(core)}};
}

Result<void> Listeners::serve(Access& access, env::Clock& clock) {
  CHECK(core_->access == nullptr);
  core_->access = &access;
  for (OneThread& context : core_->contexts)
    core_->threads.emplace_back([&context] { context.io.run(); });
  for (Listener& listener : core_->listeners) {
    const ListenerOptions& options = listener.options;
    const HostedLog* const hosted = access.find_log(options.log);
    CHECK(hosted != nullptr);
    listener.listening = &core_->listenings.emplace_back(options, listener.name(), core_->options,
                                                         access, *hosted, clock);
    listener.listening->traffic.connections_max(
        Core::connections_max(*core_->options, is_relp(options.kind)));
    core_->show(listener, dates_of(listener.current_tls()));
    RETURN_IF_ERROR(core_->start(listener));
    access.journal().write(Level::kInfo, "listener_started",
                           {{"listener", kind_name(options.kind)},
                            {"log", options.log},
                            {"address", options.address},
                            {"port", std::uint64_t{listener.port}}});
  }
  return {};
}

std::vector<std::uint16_t> Listeners::ports() const {
  std::vector<std::uint16_t> out;
  for (const Listener& listener : core_->listeners) out.push_back(listener.port);
  return out;
}

void Listeners::Core::use(const std::shared_ptr<const ListenersOptions>& fresh,
                          const std::vector<Secured>& secured) {
  stop_most = fresh->timeouts.stop;
  std::size_t i = 0;
  for (Listener& listener : listeners) {
    const ListenerOptions& own = fresh->listeners[i];
    Listening& listening = *listener.listening;
    if (secured[i].tls) listener.use_tls(secured[i].tls);
    show(listener, secured[i].dates);
    listening.use(fresh);
    listening.addresses.set(own.allow);
    if (!listener.is_udp()) listening.connections.set_most(own.connections_max);
    listening.traffic.connections_max(connections_max(*fresh, is_relp(own.kind)));
    ++i;
  }
}

Result<std::function<void()>> Listeners::prepare_reload(const ListenersOptions& fresh) {
  CHECK(core_->access != nullptr && fresh.listeners.size() == core_->listeners.size());
  std::vector<Secured> secured;
  auto own = fresh.listeners.begin();
  for (const Listener& listener : core_->listeners) {
    CHECK(own->kind == listener.options.kind);
    secured.emplace_back();
    if (uses_tls(own->kind)) {
      auto context = make_tls_context(own->tls);
      if (!context) return listener.named(context.error());
      secured.back() = {*context, dates_of(*context)};
    }
    ++own;
  }
  auto next = std::make_shared<const ListenersOptions>(fresh);
  return std::function<void()>([core = core_.get(), next = std::move(next),
                                secured = std::move(secured)] { core->use(next, secured); });
}

void Listeners::stop() {
  if (std::exchange(core_->stopped, true)) return;
  for (Listener& listener : core_->listeners) {
    asio::post(core_->first_executor(), [&listener] {
      boost::system::error_code ignored;
      listener.acceptor.close(ignored);
    });
    if (listener.listening != nullptr) listener.listening->connections.drain();
  }
  const Deadline deadline(core_->stop_most);
  for (Listener& listener : core_->listeners) {
    if (listener.listening == nullptr) continue;
    listener.listening->connections.wait_until_empty(deadline);
    listener.listening->connections.abort();
  }
  for (OneThread& context : core_->contexts) context.io.stop();
  core_->threads.clear();  // joins
}

}  // namespace varve::api
