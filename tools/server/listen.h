// Addresses to listen on, as the configuration spells them.
#pragma once

#include <cstdint>
#include <string>

#include "ledger/base/result.h"

namespace varve::tools {

struct ListenAddress {
  std::string address;  // without brackets; whether it is one is found out when it is bound
  std::uint16_t port = 0;
};

/// "127.0.0.1:8443" or "[::1]:8443". Errors: kInvalid  it has no port.
Result<ListenAddress> parse_listen(const std::string& text);

/// Whether only this machine reaches the address. False: it is no address.
bool is_loopback(const std::string& address);

}  // namespace varve::tools
