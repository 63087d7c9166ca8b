// The colon before the port, and brackets around IPv6.
#include "tools/server/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "ledger/base/text.h"

namespace varve::tools {

Result<ListenAddress> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = decode_decimal(colon == std::string::npos ? "" : text.substr(colon + 1));
  if (!port || *port > 65'535)
    return invalid("listen is an IP address, a colon and a port: 127.0.0.1:8443 or [::1]:8443");
  ListenAddress out{text.substr(0, colon), static_cast<std::uint16_t>(*port)};
  if (out.address.starts_with('[') && out.address.ends_with(']'))
    out.address = out.address.substr(1, out.address.size() - 2);
  return out;
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
  return ::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace varve::tools
