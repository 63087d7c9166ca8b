// One connection after the other, with blocking sockets.
#include "tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "ledger/base/check.h"

namespace varve::api {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

/// How much of a request has not come yet, at least.
std::size_t missing_of(const std::string& request) {
  const std::size_t head = request.find(kEndOfHead);
  if (head == std::string::npos) return 1;
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t length = request.find(kLength);
  if (length > head) return 0;
  const std::size_t whole =
      head + kEndOfHead.size() + std::stoul(request.substr(length + kLength.size()));
  return whole - std::min(whole, request.size());
}

}  // namespace

Certificates::Certificates() {
  std::string pattern = std::filesystem::temp_directory_path().string() + "/varve-outbound-XXXXXX";
  CHECK(::mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
}

Certificates::~Certificates() {
  std::filesystem::remove_all(directory_);
}

void Certificates::make(const std::string& name, const std::string& subject) const {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" +
      name + " -addext subjectAltName=" + subject + " -keyout " + key(name) + " -out " + pem(name) +
      " 2>/dev/null";
  CHECK(std::system(command.c_str()) == 0);
}

TlsServer::TlsServer(const std::string& pem, const std::string& key, Script script, int version_max)
    : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free), script_(std::move(script)) {
  CHECK(context_ && SSL_CTX_use_certificate_chain_file(context_.get(), pem.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_set_max_proto_version(context_.get(), version_max) == 1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  CHECK(::bind(listener_, address, size) == 0 && ::listen(listener_, 64) == 0 &&
        ::getsockname(listener_, address, &size) == 0);
  port_ = ntohs(here.sin_port);
  thread_ = std::thread([this] { run(); });
}

TlsServer::~TlsServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
  for (const int socket : open_) ::close(socket);
}

std::string TlsServer::request() const {
  const auto text = std::atomic_load(&request_);
  return text ? *text : "";
}

void TlsServer::run() {
  while (!stopping_) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const timeval limit{120, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const Play play = script_(connections_++);
    if (play.hang == Play::Hang::kInHandshake) {
      constexpr std::string_view kHalf = "\x16\x03\x03\x00\x7a\x02\x00";  // of a ServerHello
      CHECK(::send(socket, kHalf.data(), kHalf.size(), MSG_NOSIGNAL) > 0);
    }
    if (play.hang == Play::Hang::kNever || play.hang == Play::Hang::kAfterAnswer)
      serve(socket, play);
    if (play.hang == Play::Hang::kNever)
      ::close(socket);
    else
      open_.push_back(socket);
  }
}

void TlsServer::serve(int socket, const Play& play) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context_.get()), &SSL_free);
  CHECK(session && SSL_set_fd(session.get(), socket) == 1);
  if (SSL_accept(session.get()) != 1) return;
  std::string request;
  std::array<char, 4096> piece{};
  while (missing_of(request) != 0) {
    const int n = SSL_read(session.get(), piece.data(), static_cast<int>(piece.size()));
    if (n <= 0) return;
    request.append(piece.data(), static_cast<std::size_t>(n));
  }
  std::atomic_store(&request_, std::make_shared<const std::string>(request));
  const auto send = [&](const std::string& text) {
    return text.empty() || SSL_write(session.get(), text.data(), static_cast<int>(text.size())) > 0;
  };
  const std::string body = request.substr(request.find(kEndOfHead) + kEndOfHead.size());
  if (!send(play.reply ? play.reply(body) : play.answer)) return;
  while (!play.for_ever.empty() && !stopping_ && send(play.for_ever)) continue;
  if (play.hang == Play::Hang::kNever) SSL_shutdown(session.get());
}

std::string http_answer(const std::string& body, const std::string& status,
                        const std::string& headers) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

}  // namespace varve::api
