// base64url without padding, as JOSE spells bytes. The server only reads it, so only tests write it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "ledger/base/text.h"

namespace varve::api {

inline std::string base64url(std::string_view bytes) {
  std::string out = base64(bytes_of(bytes));
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  out.resize(std::min(out.find('='), out.size()));
  return out;
}

}  // namespace varve::api
