// Requests that the server makes itself. It opens connections to others from this folder alone, and
// never on a thread that serves sockets. HTTPS only, with TLS 1.3; the peer's certificate and name are
// always verified; redirects are not followed, and proxies are not asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "tools/client/http.h"

namespace varve::api {

struct Peer {
  std::string url;      // https://host:port/path, without a query
  std::string ca_file;  // PEM; empty: the system's certificate authorities
};

struct OutboundBounds {
  std::size_t body_bytes_max = 256u << 10;   // as sent and as decoded
  std::uint32_t connect_timeout_ms = 5'000;  // the name's look-up, TCP and TLS together
  std::uint32_t silence_ms = 10'000;  // twice that, and a second each 4 KiB, for a whole answer
};

/// Asks nobody. Errors: kInvalid  the URL.  kNotFound, kIo  the CA file.
Result<void> check_peer(const Peer& peer);

/// The body of an answer with status 200. Blocks; ends within 100 ms once `cancelled` is true, which
/// outlives the call.
/// Errors: kBusy     nobody answers there, or too slowly, or what comes is not HTTP.
///         kIo       the peer's certificate was refused, or the CA file cannot be read.
///         kInvalid  another status, too large an answer, or the URL.
Result<std::string> get(const Peer& peer, const OutboundBounds& bounds,
                        const std::atomic<bool>& cancelled);

/// The answer to a POST, whatever its status. Errors: as get(), but for the status.
Result<client::HttpResponse> post(const Peer& peer, std::string_view content_type, Bytes body,
                                  const OutboundBounds& bounds, const std::atomic<bool>& cancelled);

}  // namespace varve::api
