// A server whose tokens file changed, and nothing else of its configuration.
#pragma once

#include <memory>
#include <utility>

#include "api/access/access.h"

namespace varve::api {

inline void replace_tokens(Access& access, Tokens tokens) {
  AccessRules rules = *access.rules();
  rules.tokens = std::make_shared<const Tokens>(std::move(tokens));
  access.replace(std::move(rules));
}

}  // namespace varve::api
