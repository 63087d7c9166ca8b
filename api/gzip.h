// gzip: of responses that are worth it (entry bundles), and of requests that may come compressed.
#pragma once

#include <functional>

#include "api/http.h"

namespace varve::api {

/// Replaces the body by its gzip form, fast rather than small, and says so in the header.
void compress(Response& response);

/// Whether a body's one content coding is gzip.
bool is_gzip(const Request& request);

enum class Decompressed : std::uint8_t { kWhole, kMalformed, kTooLarge, kNoRoom };

/// Undoes gzip, several members too, and nothing may follow them. `out` is never larger than `most`;
/// `room` is asked before it grows to so many bytes, so that a small body cannot take much memory
/// unseen. Source: RFC 1952
Decompressed decompress(Bytes in, std::size_t most, const std::function<bool(std::size_t)>& room,
                        Buffer& out);

}  // namespace varve::api
