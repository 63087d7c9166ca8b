// HttpClient over cpp-httplib: the only file that includes it.
#include "tools/client/http.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <strings.h>

#include <algorithm>

#include "ledger/base/text.h"
#include "tools/common/files.h"

namespace varve::client {
namespace {

/// The name, or whoever it leads to: the two are mended in different places.
Error no_connection(const std::string& host, const std::string& server) {
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (failed == 0) ::freeaddrinfo(found);
  if (failed != 0)
    return busy("no connection to " + server + ": the name " + host + " leads nowhere (" +
                ::gai_strerror(failed) + "): look at the URL, and at this machine's DNS");
  return busy("no connection to " + server +
              ": it was refused, or there is no way there: is the server running, on that port?");
}

Error error_of(httplib::Error error, const std::string& host, const std::string& server) {
  switch (error) {
    case httplib::Error::SSLConnection:  // also when a server dies during the handshake
      return busy("no TLS 1.3 connection with " + server + ": is it a TLS server?");
    case httplib::Error::SSLLoadingCerts:
      return io_error("the CA file could not be loaded: it must hold PEM certificates");
    case httplib::Error::SSLServerVerification:
      return io_error("the certificate of " + server +
                      " is not to be trusted (issuer, name or dates): check --ca and the address");
    case httplib::Error::Connection:
      return no_connection(host, server);
    case httplib::Error::ConnectionTimeout:
      return busy("no connection to " + server + ": it did not answer in time");
    default:
      return busy("the connection to " + server + " broke: " + httplib::to_string(error));
  }
}

/// OpenSSL's own check of the name, besides cpp-httplib's, which falls back to the common name.
bool require_host(SSL_CTX* context, const std::string& host) {
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  in6_addr unused{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), &unused) == 1 ||
                          ::inet_pton(AF_INET6, host.c_str(), &unused) == 1;
  if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size()) == 1;
}

Result<std::unique_ptr<httplib::ClientImpl>> make_tls(const Url& url, const std::string& ca_file) {
  auto client = std::make_unique<httplib::SSLClient>(url.host, url.port);
  if (!client->is_valid() || !require_host(client->ssl_context(), url.host) ||
      SSL_CTX_set_min_proto_version(client->ssl_context(), TLS1_3_VERSION) != 1)
    return io_error("OpenSSL could not start for " + url.host);
  if (!ca_file.empty()) {
    if (auto readable = tools::read_file(ca_file, 1u << 20); !readable)
      return std::move(readable).error().during("reading the CA file");
    client->set_ca_cert_path(ca_file);
  }
  client->enable_server_certificate_verification(true);
  return std::unique_ptr<httplib::ClientImpl>(std::move(client));
}

void set_timeouts(httplib::ClientImpl& client, const HttpOptions& options) {
  const auto io_timeout = std::chrono::milliseconds(options.io_timeout_ms);
  client.set_connection_timeout(std::chrono::milliseconds(options.connect_timeout_ms));
  client.set_read_timeout(io_timeout);
  client.set_write_timeout(io_timeout);
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

HttpResponse plain(httplib::Response&& from, std::string&& body) {
  HttpResponse response;
  response.status = from.status;
  for (const auto& [name, value] : from.headers) response.headers.push_back({name, value});
  response.content_type = response.header("Content-Type");
  response.body = std::move(body);
  return response;
}

}  // namespace

struct HttpClient::Impl {
  std::unique_ptr<httplib::ClientImpl> client;
  std::string host;
  std::string server;  // host:port, for messages
  std::string base_path;
  std::string authorization;  // the header's value, or empty
  std::size_t response_max_bytes = 0;

  Result<HttpResponse> send(std::string method, std::string_view path,
                            const std::vector<HttpHeader>& headers, std::string body) {
    if (!path.starts_with('/') || !is_printable(path) || path.find(' ') != std::string_view::npos)
      return invalid("a request path starts with '/' and is percent-encoded");
    httplib::Request request;
    request.method = std::move(method);
    request.path = base_path + std::string(path);
    request.body = std::move(body);
    request.set_header("Accept-Encoding", "gzip");
    if (!authorization.empty()) request.set_header("Authorization", authorization);
    for (const HttpHeader& h : headers) {
      if (!is_printable(h.value)) return invalid("header " + h.name + " has control characters");
      request.headers.erase(h.name);
      request.set_header(h.name, h.value);
    }
    return perform(request);
  }

  Result<HttpResponse> perform(httplib::Request& request) {
    std::string received;
    bool too_large = false;
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t,
                                   std::uint64_t) {
      too_large = received.size() + size > response_max_bytes;
      if (!too_large) received.append(data, size);
      return !too_large;
    };
    httplib::Response response;
    auto error = httplib::Error::Success;
    const bool done = client->send(request, response, error);
    if (too_large)
      return invalid("the answer of " + server + " is larger than " +
                     std::to_string(response_max_bytes) + " bytes");
    if (!done) return error_of(error, host, server);
    return plain(std::move(response), std::move(received));
  }
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::open(const Url& url, const HttpOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->host = url.host;
  impl->server = url.host + ":" + std::to_string(url.port);
  impl->base_path = url.path;
  impl->response_max_bytes = options.response_max_bytes;
  if (!options.token_file.empty()) {
    auto token = tools::read_secret_line(options.token_file);
    if (!token) return std::move(token).error().during("reading the token file");
    impl->authorization = "Bearer " + *token;
  }
  if (url.tls) {
    ASSIGN_OR_RETURN(impl->client, make_tls(url, options.ca_file));
  } else {
    impl->client = std::make_unique<httplib::ClientImpl>(url.host, url.port);
  }
  impl->client->set_keep_alive(true);
  impl->client->set_tcp_nodelay(true);
  impl->client->set_url_encode(false);
  set_timeouts(*impl->client, options);
  return HttpClient(std::move(impl));
}

Result<HttpResponse> HttpClient::get(std::string_view path,
                                     const std::vector<HttpHeader>& headers) {
  return impl_->send("GET", path, headers, {});
}

Result<HttpResponse> HttpClient::post(std::string_view path, std::string_view content_type,
                                      Bytes body, const std::vector<HttpHeader>& headers) {
  std::vector<HttpHeader> all = headers;
  all.push_back({"Content-Type", std::string(content_type)});
  return impl_->send("POST", path, all, std::string(text_of(body)));
}

std::string_view HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& h : headers)
    if (h.name.size() == name.size() && ::strncasecmp(h.name.data(), name.data(), name.size()) == 0)
      return h.value;
  return {};
}

std::optional<std::uint64_t> HttpResponse::retry_after_s() const {
  const auto seconds = decode_decimal(header("Retry-After"));
  return seconds ? std::optional(*seconds) : std::nullopt;
}

}  // namespace varve::client
