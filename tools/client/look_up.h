// Names of hosts to addresses, for as long as there is patience.
#pragma once

#include <netdb.h>

#include <memory>
#include <string>

#include "ledger/base/result.h"
#include "tools/client/patience.h"

namespace varve::client {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// At least one address for TCP. An address instead of a name asks nobody.
/// Errors: kBusy  the name leads nowhere, or patience is over.
Result<Addresses> look_up(const std::string& host, const std::string& port,
                          const Patience& patience);

}  // namespace varve::client
