// Accepting, and stopping.
#include "api/server.h"

#include <array>
#include <thread>
#include <vector>

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

struct Server::Core {
  explicit Core(const ServerOptions& o)
      : options(o), connections(o.connections_max, o.timeouts.ask), contexts(o.threads) {}

  Result<void> bind();
  Awaitable<void> accept_all();
  void start_session(Socket socket, const asio::ip::tcp::endpoint& peer);
  void use_tls(std::shared_ptr<asio::ssl::context> fresh);
  std::shared_ptr<asio::ssl::context> current_tls();
  void show_dates();

  const ServerOptions options;
  Service* service = nullptr;  // from serve() on
  Connections connections;
  std::vector<OneThread> contexts;
  std::size_t next_context = 0;  // for the next connection
  Acceptor acceptor{contexts.front().io.get_executor()};
  Mutex tls_mutex;
  std::shared_ptr<asio::ssl::context> tls GUARDED_BY(tls_mutex);  // null: plain
  std::uint16_t port = 0;
  bool stopped = false;
  std::vector<std::jthread> threads;
};

Result<void> Server::Core::bind() {
  RETURN_IF_ERROR(check_plain(options));
  RETURN_IF_ERROR(bind_to(acceptor, options.address, options.port));
  boost::system::error_code error;
  port = acceptor.local_endpoint(error).port();
  return {};
}

void Server::Core::use_tls(std::shared_ptr<asio::ssl::context> fresh) {
  const MutexLock lock(tls_mutex);
  tls = std::move(fresh);
}

std::shared_ptr<asio::ssl::context> Server::Core::current_tls() {
  const MutexLock lock(tls_mutex);
  return tls;
}

/// Requires that it serves.
void Server::Core::show_dates() {
  if (const auto secure = current_tls())
    service->access().certificates().show("https:" + std::to_string(port), validity_of(*secure));
}

void Server::Core::start_session(Socket socket, const asio::ip::tcp::endpoint& peer) {
  const Executor executor = socket.get_executor();
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto [connection, made_room] = connections.open(executor, address_of_peer(peer.address()));
  if (made_room) service->traffic().limited(Limit::kRoom);
  if (!connection) {
    service->traffic().connection_refused();
    if (!current_tls()) say_no(socket);
    return;  // closes it
  }
  service->traffic().connection_opened();
  const SessionContext context{*service, connections, options};
  const auto ended = [this](std::exception_ptr failure) {
    log_end(service->access().journal(), failure);
  };
  const auto secure = current_tls();
  auto bytes = secure ? tls_stream(std::move(socket), secure) : plain_stream(std::move(socket));
  asio::co_spawn(executor, api::serve(connection, std::move(bytes), context), ended);
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
    core->use_tls(std::move(tls));
  }
  RETURN_IF_ERROR(core->bind());
  return std::unique_ptr<Server>{new Server{std::move(core)}};
}

Result<void> Server::serve(Service& service) {
  Core* core = core_.get();
  CHECK(core->service == nullptr);
  core->service = &service;
  service.traffic().connections_max(core->options.connections_max);
  core->show_dates();
  RETURN_IF_ERROR(listen_on(core->acceptor, core->options.address));
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

Result<void> Server::reload_certificate() {
  if (!core_->current_tls()) return {};
  ASSIGN_OR_RETURN(auto fresh, make_tls_context(core_->options.tls));
  core_->use_tls(std::move(fresh));
  if (core_->service != nullptr) core_->show_dates();
  return {};
}

void Server::stop() {
  if (std::exchange(core_->stopped, true)) return;
  asio::post(core_->acceptor.get_executor(), [core = core_.get()] {
    boost::system::error_code ignored;
    core->acceptor.close(ignored);
  });
  core_->connections.drain();
  core_->connections.wait_until_empty(Deadline(core_->options.timeouts.stop));
  core_->connections.abort();
  for (OneThread& context : core_->contexts) context.io.stop();
  core_->threads.clear();  // joins
}

}  // namespace varve::api
