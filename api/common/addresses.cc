// Everything is compared as 128 bits.
#include "api/common/addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>

#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kMappedBits = 96;  // before an IPv4 address
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// The address with all but the first `bits` cleared.
Address first_of(Address address, unsigned bits) {
  for (unsigned i = 0; i < address.bytes.size(); ++i) {
    const unsigned kept = std::clamp(static_cast<int>(bits) - static_cast<int>(8 * i), 0, 8);
    address.bytes[i] &= static_cast<std::uint8_t>(0xff00u >> kept);
  }
  return address;
}

Error no_network(const std::string& text) {
  return invalid("\"" + text +
                 "\" is no IP address and no network: 192.0.2.0/24, 2001:db8::/32, or one address");
}

}  // namespace

std::string address_text(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  const bool v4 = address.is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? kMapped.size() : 0), text,
              sizeof text);
  return text;
}

bool Address::is_v4() const {
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

Result<Address> parse_ip(const std::string& text) {
  Address out;
  if (::inet_pton(AF_INET6, text.c_str(), out.bytes.data()) == 1) return out;
  std::ranges::copy(kMapped, out.bytes.begin());
  if (::inet_pton(AF_INET, text.c_str(), out.bytes.data() + kMapped.size()) == 1) return out;
  return no_network(text);
}

Result<Networks::Network> Networks::parse_one(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  auto parsed = parse_ip(address);
  if (!parsed || text.find('\0') != std::string::npos) return no_network(text);
  Network out{*parsed, kBits};
  if (slash == std::string::npos) return out;
  const bool dotted = address.find(':') == std::string::npos;
  const auto bits = decode_decimal(std::string_view(text).substr(slash + 1));
  if (!bits || *bits > (dotted ? kBits - kMappedBits : kBits)) return no_network(text);
  out.bits = static_cast<unsigned>(*bits) + (dotted ? kMappedBits : 0);
  const Address first = first_of(out.first, out.bits);
  if (first.bytes != out.first.bytes)
    return invalid("\"" + text + "\" names one address of a network: write the network, \"" +
                   address_text(first) + text.substr(slash) + "\", or the address alone");
  return out;
}

Result<Networks> Networks::parse(const std::vector<std::string>& texts) {
  Networks out;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const Network one, parse_one(text));
    out.networks_.push_back(one);
  }
  return out;
}

bool Networks::cover(const Address& address) const {
  return std::ranges::any_of(networks_, [&](const Network& one) {
    return one.first.is_v4() == address.is_v4() &&
           first_of(address, one.bits).bytes == one.first.bytes;
  });
}

}  // namespace varve::api
