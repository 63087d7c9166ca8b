// One connection for one request: they are minutes apart.
#include "api/outbound/requests.h"

#include <utility>

#include "tools/client/tls.h"

namespace varve::api {
namespace {

constexpr int kOk = 200;

Result<client::Url> https_url(const std::string& text) {
  auto url = client::parse_url(text);
  if (!url) return invalid(text + ": " + url.error().message);
  if (!url->tls) return invalid(text + ": the address begins with https://");
  if (text.ends_with('/')) return invalid(text + ": the address ends without a slash");
  return url;
}

Error with_url(const std::string& url, Error why) {
  why.message = url + ": " + why.message;
  return why;
}

/// Opens a connection, and has `send` ask on it.
template <class Send>
Result<client::HttpResponse> ask(const Peer& peer, const OutboundBounds& bounds,
                                 const std::atomic<bool>& cancelled, Send send) {
  ASSIGN_OR_RETURN(client::Url url, https_url(peer.url));
  const std::string path = std::exchange(url.path, "");
  client::HttpOptions options;
  options.ca_file = peer.ca_file;
  options.connect_timeout_ms = bounds.connect_timeout_ms;
  options.io_timeout_ms = bounds.silence_ms;
  options.response_max_bytes = bounds.body_bytes_max;
  options.cancelled = &cancelled;
  auto http = client::HttpClient::open(url, options);
  if (!http) return with_url(peer.url, std::move(http).error());
  auto answer = send(*http, path.empty() ? "/" : path);
  if (!answer) return with_url(peer.url, std::move(answer).error());
  return answer;
}

}  // namespace

Result<void> check_peer(const Peer& peer) {
  RETURN_IF_ERROR(https_url(peer.url));
  RETURN_IF_ERROR(client::make_tls_context(peer.ca_file));
  return {};
}

Result<std::string> get(const Peer& peer, const OutboundBounds& bounds,
                        const std::atomic<bool>& cancelled) {
  ASSIGN_OR_RETURN(
      client::HttpResponse answer,
      ask(peer, bounds, cancelled,
          [](client::HttpClient& http, const std::string& path) { return http.get(path); }));
  if (answer.status != kOk)
    return invalid(peer.url + ": the answer is " + std::to_string(answer.status) +
                   ", not 200; redirects are not followed");
  return std::move(answer.body);
}

Result<client::HttpResponse> post(const Peer& peer, std::string_view content_type, Bytes body,
                                  const OutboundBounds& bounds,
                                  const std::atomic<bool>& cancelled) {
  return ask(peer, bounds, cancelled, [&](client::HttpClient& http, const std::string& path) {
    return http.post(path, content_type, body);
  });
}

}  // namespace varve::api
