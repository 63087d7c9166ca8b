// Syslog over TCP and TLS: connections that send octet-counted messages as fast as the server reads them.
// Nothing is answered, so what counts is how many the server says that it has appended.
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tools/bench/appends.h"
#include "tools/bench/events.h"
#include "tools/bench/scenarios.h"
#include "tools/bench/site.h"
#include "tools/client/http.h"

namespace varve::bench {
namespace {

constexpr unsigned kMessagesAtOnce = 256;  // in one write
constexpr double kWarmUpSeconds = 1;

/// Messages of exactly that size, each in its frame.
std::string make_frames(std::size_t message_bytes) {
  const std::string header = "<110>1 2026-11-29T10:00:00.000Z ward-7 ehr 17 - - ";
  std::string out;
  for (const std::string& event : event_pool(message_bytes - header.size(), kMessagesAtOnce))
    out += std::to_string(message_bytes) + " " + header + event;
  return out;
}

/// One connection, and the thread that sends over it until it goes.
class Sender {
 public:
  Sender(std::uint16_t port, const std::string& frames, SSL_CTX* tls) : frames_(frames) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    alive_ = fd_ >= 0 && ::connect(fd_, to, sizeof address) == 0;
    if (alive_ && tls != nullptr) {
      ssl_.reset(SSL_new(tls));
      alive_ = SSL_set_fd(ssl_.get(), fd_) == 1 && SSL_connect(ssl_.get()) == 1;
    }
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (alive_ && !stop.stop_requested()) alive_ = send_all();
    });
  }
  ~Sender() {
    thread_.request_stop();
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  [[nodiscard]] bool alive() const { return alive_; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  bool send_all() {
    if (ssl_) return SSL_write(ssl_.get(), frames_.data(), static_cast<int>(frames_.size())) > 0;
    for (std::size_t sent = 0; sent < frames_.size();) {
      const ssize_t n = ::send(fd_, frames_.data() + sent, frames_.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }

  const std::string& frames_;
  const int fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::unique_ptr<SSL, Free> ssl_;
  std::atomic<bool> alive_{false};
  std::jthread thread_;
};

/// Adds a listener to the configuration.
Result<void> add_listener(const Site& site, bool tls) {
  std::ofstream config(site.path("varved.toml"), std::ios::app);
  config
      << "\n[[listener]]\nlisten = \"127.0.0.1:0\"\nlog = \"main\"\nclient = \"bench\"\nkind = \""
      << (tls ? "syslog-tls" : "syslog-tcp") << "\"\n";
  if (!tls) return {};
  config << "tls_certificate = \"" << site.path("tls.pem") << "\"\ntls_key = \""
         << site.path("tls.key") << "\"\n";
  return run({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
              "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=bench", "-keyout",
              site.path("tls.key"), "-out", site.path("tls.pem")},
             site.path("setup.log"));
}

std::uint64_t number_behind(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + words.size(), nullptr, 10);
}

std::uint16_t syslog_port(const Site& site) {
  std::ifstream log(site.path("server.log"));
  const std::string text(std::istreambuf_iterator<char>(log), {});
  const std::size_t at = text.find("\"listener_started\"");
  return at == std::string::npos
             ? std::uint16_t{0}
             : static_cast<std::uint16_t>(number_behind(text.substr(at), "\"port\":"));
}

/// So far.
struct Count {
  std::uint64_t appended = 0;
  double cpu_seconds = 0;
  std::chrono::steady_clock::time_point when;
};

Result<Count> count_now(const Site& site, client::HttpClient& client) {
  ASSIGN_OR_RETURN(const client::HttpResponse answer, client.get("/metrics"));
  Count out;
  out.when = std::chrono::steady_clock::now();
  out.cpu_seconds = site.server().cpu_seconds();
  out.appended = number_behind(answer.body, "outcome=\"appended\"} ");
  return out;
}

void print_syslog_row(const Scenario& scenario, const Count& from, const Count& to,
                      const Ceilings& ceilings) {
  const double seconds = std::chrono::duration<double>(to.when - from.when).count();
  const auto messages = static_cast<double>(to.appended - from.appended);
  Scenario like_batches = scenario;  // nothing is asked and answered for each message
  like_batches.batch = kMessagesAtOnce;
  const Bound bound = bound_of(like_batches, ceilings);
  const double rate = messages / seconds;
  std::printf("%-18s %9.0f %7.1f %8s %8s %8s %8.2f %6.2f %-9s %s\n", scenario.name.data(), rate,
              rate * scenario.event_bytes / 1e6, "-", "-", "-",
              1e6 * (to.cpu_seconds - from.cpu_seconds) / messages, rate / bound.events, bound.by,
              scenario.target.data());
  std::fflush(stdout);
}

Result<void> run_syslog(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings,
                        SSL_CTX* tls) {
  ASSIGN_OR_RETURN(Site site, Site::make(scenario.token));
  RETURN_IF_ERROR(add_listener(site, tls != nullptr));
  RETURN_IF_ERROR(site.start());
  ASSIGN_OR_RETURN(const client::Url url,
                   client::parse_url("http://127.0.0.1:" + std::to_string(site.port())));
  ASSIGN_OR_RETURN(client::HttpClient client, client::HttpClient::open(url, {}));
  const std::string frames = make_frames(scenario.event_bytes);
  std::vector<std::unique_ptr<Sender>> senders;
  for (unsigned k = 0; k < scenario.connections; ++k)
    senders.push_back(std::make_unique<Sender>(syslog_port(site), frames, tls));
  std::this_thread::sleep_for(std::chrono::duration<double>(kWarmUpSeconds));
  ASSIGN_OR_RETURN(const Count from, count_now(site, client));
  std::this_thread::sleep_for(std::chrono::duration<double>(extent.seconds));
  ASSIGN_OR_RETURN(const Count to, count_now(site, client));
  for (const auto& sender : senders)
    if (!sender->alive())
      return io_error("the server ended a connection of " + std::string{scenario.name});
  senders.clear();
  print_syslog_row(scenario, from, to, ceilings);
  return site.stop();
}

}  // namespace

Result<void> run_syslog_tcp(const Scenario& scenario, const Extent& extent,
                            const Ceilings& ceilings) {
  return run_syslog(scenario, extent, ceilings, nullptr);
}

Result<void> run_syslog_tls(const Scenario& scenario, const Extent& extent,
                            const Ceilings& ceilings) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free};
  return run_syslog(scenario, extent, ceilings, context.get());
}

}  // namespace varve::bench
