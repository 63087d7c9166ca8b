// What the server gives to a client to send back, in a URL that nobody else is to read anything from.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::api {

/// AES-256-GCM under a key of the server's run and a random nonce, in letters, digits, '-' and '_': 28 bytes more
/// than `plain`, and four characters for three bytes. `bound_to`: without the same it cannot be opened.
/// Thread: any. Source: NIST SP 800-38D
std::string seal_text(Bytes plain, std::string_view bound_to);
/// Errors: kInvalid  it is none of this run, or bound to something else.
Result<Buffer> open_text(std::string_view sealed, std::string_view bound_to);

}  // namespace varve::api
