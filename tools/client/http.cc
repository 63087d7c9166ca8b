// One request a call, over a connection that is kept.
#include "tools/client/http.h"

#include <strings.h>

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "tools/client/connection.h"
#include "tools/client/response_reader.h"
#include "tools/common/files.h"

namespace varve::client {
namespace {

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

/// "host:port" as a Host header has it.
std::string host_header(const Url& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

}  // namespace

struct HttpClient::Impl {
  Url url;
  HttpOptions options;
  std::string authorization;  // the header's value, or empty
  TlsContext tls;             // null for plain HTTP
  std::optional<Connection> connection;

  /// The request's first lines, up to the empty one.
  Result<std::string> head(std::string_view method, std::string_view path,
                           const std::vector<HttpHeader>& headers) const {
    if (!path.starts_with('/') || !is_printable(path) || path.find(' ') != std::string_view::npos)
      return invalid("a request path starts with '/' and is percent-encoded");
    std::vector<HttpHeader> all = {{"Host", host_header(url)}, {"Accept-Encoding", "gzip"}};
    if (!authorization.empty()) all.push_back({"Authorization", authorization});
    for (const HttpHeader& header : headers) {
      if (!is_printable(header.value))
        return invalid("header " + header.name + " has control characters");
      std::erase_if(all, [&](const HttpHeader& h) { return h.name == header.name; });
      all.push_back(header);
    }
    std::string lines(method);
    lines.append(" ").append(url.path).append(path).append(" HTTP/1.1\r\n");
    for (const HttpHeader& h : all) lines.append(h.name + ": " + h.value + "\r\n");
    return lines + "\r\n";
  }

  Result<HttpResponse> exchange(const std::string& head, Bytes body, std::size_t most) {
    if (connection && !connection->is_idle()) connection.reset();
    if (!connection) {
      auto opened = Connection::open(url, tls.get(), options.connect_timeout_ms, options.cancelled);
      if (!opened) return std::move(opened).error();
      connection.emplace(std::move(*opened));
    }
    Patience patience(env::posix_clock(), options.io_timeout_ms, options.cancelled,
                      options.exchange_timeout_ms);
    auto written = connection->write(bytes_of(head), patience);
    if (written) written = connection->write(body, patience);
    // A server may refuse a request before it has read all of it.
    ResponseReader reader([&](MutableBytes out) { return connection->read(out, patience); },
                          std::min(most, options.response_max_bytes));
    auto response = reader.read();
    if (!response || !written || !reader.may_be_reused()) connection.reset();
    if (!response && !written) return std::move(written).error();
    return response;
  }

  Result<HttpResponse> send(std::string_view method, std::string_view path,
                            const std::vector<HttpHeader>& headers, Bytes body, std::size_t most) {
    ASSIGN_OR_RETURN(const std::string lines, head(method, path, headers));
    return exchange(lines, body, most);
  }
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::open(const Url& url, const HttpOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->url = url;
  impl->options = options;
  if (!options.token_file.empty()) {
    ASSIGN_OR_RETURN(const std::string token, tools::read_secret_line(options.token_file));
    impl->authorization = "Bearer " + token;
  }
  if (url.tls) {
    ASSIGN_OR_RETURN(impl->tls, make_tls_context(options.ca_file));
  }
  return HttpClient(std::move(impl));
}

Result<HttpResponse> HttpClient::get(std::string_view path, const std::vector<HttpHeader>& headers,
                                     std::size_t response_max_bytes) {
  return impl_->send("GET", path, headers, {}, response_max_bytes);
}

Result<HttpResponse> HttpClient::post(std::string_view path, std::string_view content_type,
                                      Bytes body, const std::vector<HttpHeader>& headers) {
  return request("POST", path, content_type, body, headers);
}

Result<HttpResponse> HttpClient::request(std::string_view method, std::string_view path,
                                         std::string_view content_type, Bytes body,
                                         const std::vector<HttpHeader>& headers) {
  std::vector<HttpHeader> all = headers;
  if (!content_type.empty()) {
    all.push_back({"Content-Type", std::string(content_type)});
    all.push_back({"Content-Length", std::to_string(body.size())});
  }
  return impl_->send(method, path, all, body, impl_->options.response_max_bytes);
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
