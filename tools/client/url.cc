// Takes URLs apart.
#include "tools/client/url.h"

#include <arpa/inet.h>

#include <algorithm>

#include "ledger/base/text.h"

namespace varve::client {
namespace {

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return host == "::1" || host == "localhost";
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

Result<void> parse_port(std::string_view text, Url& url) {
  ASSIGN_OR_RETURN(const std::uint64_t port, decode_decimal(text));
  if (port == 0 || port > 65'535) return invalid("a port is between 1 and 65535");
  url.port = static_cast<std::uint16_t>(port);
  return {};
}

/// "host", "host:port", "[v6]" or "[v6]:port".
Result<void> parse_authority(std::string_view authority, Url& url) {
  std::string_view after;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return invalid("the URL's [address] has no end");
    url.host = authority.substr(1, close - 1);
    in6_addr v6{};
    if (::inet_pton(AF_INET6, url.host.c_str(), &v6) != 1)
      return invalid("the URL's [address] is not an IPv6 address");
    after = authority.substr(close + 1);
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) after = authority.substr(colon);
    if (url.host.empty() || !std::ranges::all_of(url.host, is_unreserved))
      return invalid("the URL has no host, or one with characters that hosts do not have");
  }
  if (after.empty()) return {};
  if (!after.starts_with(':')) return invalid("after the URL's host comes a port or a path");
  return parse_port(after.substr(1), url);
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  const std::string_view scheme = text.substr(0, text.find("://"));
  if (scheme != "https" && scheme != "http")
    return invalid("a log's address looks like https://host:port/logs/name");
  url.tls = scheme == "https";
  url.port = url.tls ? 443 : 80;
  text.remove_prefix(scheme.size() + 3);
  const std::size_t slash = std::min(text.find('/'), text.size());
  RETURN_IF_ERROR(parse_authority(text.substr(0, slash), url));
  url.path = text.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  const auto allowed = [](char c) { return is_unreserved(c) || c == '/' || c == '%'; };
  if (!std::ranges::all_of(url.path, allowed))
    return invalid("the URL's path has characters that must be percent-encoded");
  if (!url.tls && !is_loopback(url.host))
    return invalid("http is only for this machine itself: use https for " + url.host);
  return url;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c))
      out += c;
    else
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

}  // namespace varve::client
