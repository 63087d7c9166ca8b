// Accepting, and stopping.
#include "api/server.h"

#include <array>
#include <optional>
#include <thread>
#include <vector>

#include "api/access/allowed_addresses.h"
#include "api/net/acceptor.h"
#include "api/net/message.h"
#include "api/net/session.h"
#include "api/net/tls.h"
#include "api/problem.h"
#include "ledger/base/mutex.h"

namespace varve::api {
namespace {

Result<void> check_plain(const ServerOptions& options) {
  ASSIGN_OR_RETURN(const asio::ip::address address, parse_address(options.address));
  if (options.tls.certificate.empty() && !address.is_loopback())
    return invalid("listen: plain HTTP is for loopback only; set tls_certificate and tls_key");
  return {};
}

/// As far as it can be said without waiting: what the peer has sent is read, for with it unread the
/// answer would be lost. Over TLS nothing can.
void say_no(Socket& socket) {
  const Response refusal =
      refuse(ProblemId::kBusy, "the server has as many connections as it takes");
  const std::string header = wire_header(refusal, {});
  const std::array pieces{asio::const_buffer{header.data(), header.size()},
                          asio::const_buffer{refusal.body.data(), refusal.body.size()}};
  std::array<char, 4096> unread;
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(pieces, ignored);
  socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  socket.read_some(asio::buffer(unread), ignored);
}

}  // namespace

/// What the next connection goes by.
struct Server::Settings {
  std::shared_ptr<const ServerOptions> options;
  std::shared_ptr<asio::ssl::context> tls;  // null: plain
};

struct Server::Core {
  explicit Core(const ServerOptions& o)
      : connections(o.connections_max, o.timeouts.ask),
        contexts(o.threads),
        settings{std::make_shared<const ServerOptions>(o), nullptr} {}

  Result<void> bind();
  Awaitable<void> accept_all();
  void start_session(Socket socket, const asio::ip::tcp::endpoint& peer);
  void use(Settings fresh);
  Settings current();
  void show(const ContextDates& dates);
  [[nodiscard]] std::string name() const { return "https:" + std::to_string(port); }

  Service* service = nullptr;                 // from serve() on
  std::optional<AllowedAddresses> addresses;  // the same
  Connections connections;
  std::vector<OneThread> contexts;
  std::size_t next_context = 0;  // for the next connection
  Acceptor acceptor{contexts.front().io.get_executor()};
  Mutex settings_mutex;
  Settings settings GUARDED_BY(settings_mutex);
  std::uint16_t port = 0;
  bool stopped = false;
  std::vector<std::jthread> threads;
};

Result<void> Server::Core::bind() {
  const auto options = current().options;
  RETURN_IF_ERROR(check_plain(*options));
  RETURN_IF_ERROR(bind_to(acceptor, options->address, options->port));
  boost::system::error_code error;
  port = acceptor.local_endpoint(error).port();
  return {};
}

void Server::Core::use(Settings fresh) {
  const MutexLock lock(settings_mutex);
  settings = std::move(fresh);
}

Server::Settings Server::Core::current() {
  const MutexLock lock(settings_mutex);
  return settings;
}

/// Requires that it serves.
void Server::Core::show(const ContextDates& dates) {
  show_dates(dates, name(), "clients of ", service->access().certificates());
}

void Server::Core::start_session(Socket socket, const asio::ip::tcp::endpoint& peer) {
  const Address address = whole_address(peer.address());
  if (!addresses->let_in(address)) return;  // closes it
  const Settings now = current();
  const Executor executor = socket.get_executor();
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto [connection, made_room] = connections.open(executor, address_of_peer(peer.address()));
  if (made_room) service->traffic().limited(Limit::kRoom);
  if (!connection) {
    service->traffic().connection_refused();
    if (!now.tls) say_no(socket);
    return;  // closes it
  }
  connection->address = address;
  service->traffic().connection_opened();
  SessionContext context{*service, connections, now.options};
  const auto ended = [this](std::exception_ptr failure) {
    log_end(service->access().journal(), failure);
  };
  auto bytes = now.tls ? tls_stream(std::move(socket), now.tls) : plain_stream(std::move(socket));
  asio::co_spawn(executor, api::serve(connection, std::move(bytes), std::move(context)), ended);
}

Awaitable<void> Server::Core::accept_all() {
  asio::steady_timer pause{contexts.front().io};
  while (acceptor.is_open()) {
    boost::system::error_code error;
    Socket socket{contexts[next_context++ % contexts.size()].io.get_executor()};
    asio::ip::tcp::endpoint peer;
    co_await acceptor.async_accept(socket, peer, asio::redirect_error(kAwait, error));
    if (!error) {
      start_session(std::move(socket), peer);
    } else if (acceptor.is_open()) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(asio::redirect_error(kAwait, error));
    }
  }
}

Server::Server(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Server::~Server() {
  stop();
}

Result<std::unique_ptr<Server>> Server::bind(const ServerOptions& options) {
  auto core = std::make_unique<Core>(options);
  if (!options.tls.certificate.empty()) {
    ASSIGN_OR_RETURN(auto tls, make_tls_context(options.tls));
    core->use({std::make_shared<const ServerOptions>(options), std::move(tls)});
  }
  RETURN_IF_ERROR(core->bind());
  return std::unique_ptr<Server>{new Server{std::move(core)}};
}

Result<void> Server::serve(Service& service) {
  Core* core = core_.get();
  CHECK(core->service == nullptr);
  core->service = &service;
  const auto options = core->current().options;
  service.traffic().connections_max(options->connections_max);
  core->addresses.emplace(core->name(), options->allow, service.traffic(),
                          service.access().journal(), service.clock());
  core->show(dates_of(core->current().tls));
  RETURN_IF_ERROR(listen_on(core->acceptor, options->address));
  asio::co_spawn(core->acceptor.get_executor(), core->accept_all(),
                 [core](std::exception_ptr e) { log_end(core->service->access().journal(), e); });
  for (OneThread& context : core->contexts)
    core->threads.emplace_back([&context] { context.io.run(); });
  return {};
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Service& service) {
  ASSIGN_OR_RETURN(auto server, bind(options));
  RETURN_IF_ERROR(server->serve(service));
  return server;
}

std::uint16_t Server::port() const {
  return core_->port;
}

Result<std::function<void()>> Server::prepare_reload(const ServerOptions& fresh) {
  Settings next{std::make_shared<const ServerOptions>(fresh), nullptr};
  CHECK(core_->service != nullptr);
  CHECK((core_->current().tls == nullptr) == fresh.tls.certificate.empty());
  if (!fresh.tls.certificate.empty()) {
    ASSIGN_OR_RETURN(next.tls, make_tls_context(fresh.tls));
  }
  return std::function<void()>([core = core_.get(), next, dates = dates_of(next.tls)] {
    core->use(next);
    core->connections.set_most(next.options->connections_max);
    core->service->traffic().connections_max(next.options->connections_max);
    core->addresses->set(next.options->allow);
    core->show(dates);
  });
}

void Server::stop() {
  if (std::exchange(core_->stopped, true)) return;
  asio::post(core_->acceptor.get_executor(), [core = core_.get()] {
    boost::system::error_code ignored;
    core->acceptor.close(ignored);
  });
  core_->connections.drain();
  core_->connections.wait_until_empty(Deadline(core_->current().options->timeouts.stop));
  core_->connections.abort();
  for (OneThread& context : core_->contexts) context.io.stop();
  core_->threads.clear();  // joins
}

}  // namespace varve::api
