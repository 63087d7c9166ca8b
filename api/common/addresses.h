// Which IP addresses a configuration means. An IPv4 address is one whether it comes as itself or inside of IPv6
// (::ffff:192.0.2.1), so that no list says something else on a socket that takes both.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace varve::api {

struct Address {
  std::array<std::uint8_t, 16> bytes{};  // an IPv4 address is its last four, behind ::ffff:0:0

  [[nodiscard]] bool is_v4() const;
};

/// "192.0.2.1", "2001:db8::1" or "::ffff:192.0.2.1". Errors: kInvalid  it is none, or names an interface.
Result<Address> parse_ip(const std::string& text);

/// "192.0.2.1" or "2001:db8::1".
std::string address_text(const Address& address);

/// A list of networks. Immutable.
class Networks {
 public:
  /// Each "192.0.2.0/24", "2001:db8::/32", or one address. A network of IPv6 covers no IPv4 address, "::/0" included.
  /// Errors: kInvalid  names the text and says what is wrong with it.
  static Result<Networks> parse(const std::vector<std::string>& texts);

  /// Whether there is none.
  [[nodiscard]] bool empty() const { return networks_.empty(); }
  [[nodiscard]] bool cover(const Address& address) const;

 private:
  struct Network {
    Address first;
    unsigned bits = 0;  // of all 128
  };
  static Result<Network> parse_one(const std::string& text);

  std::vector<Network> networks_;
};

}  // namespace varve::api
