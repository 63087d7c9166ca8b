// Bodies that may come in gzip.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "api/route.h"

namespace varve::api {

/// Replaces a body in gzip by what it is without. Returns the refusal: 413  it is larger than `most` then;
/// 400  no whole gzip; 429, 503  there is no room for it.
std::optional<Response> decode_body(Exchange& exchange, std::size_t most);

/// Calls `then` once the request's body is without its coding: at once where it has none, else on a worker,
/// however small it is now. Replies in its place when it cannot be decoded.
void with_plain_body(const SharedExchange& exchange, const Reply& reply, std::size_t most,
                     const std::function<void()>& then);

}  // namespace varve::api
