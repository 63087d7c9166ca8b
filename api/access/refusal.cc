// What is wrong, in words that fit any protocol.
#include "api/access/refusal.h"

namespace varve::api {

std::string explain(const MissingRole& missing) {
  std::string names;
  const auto add = [&](Roles role, std::string_view name) {
    if (intersects(missing.any_of, role)) names.append(names.empty() ? "" : " or ").append(name);
  };
  add(Roles::kAppend, "append");
  add(Roles::kRead, "read");
  add(Roles::kOperate, "operate");
  return "this needs the role " + names + " on this log";
}

std::string_view explain(Limit limit) {
  switch (limit) {
    case Limit::kClientRequests:
      return "this client has as many requests under way as it may";
    case Limit::kClientBytes:
      return "this client's requests and responses hold as many bytes as they may";
    case Limit::kAnonymousRequests:
      return "the server has as many requests without a token as it takes";
    case Limit::kBytes:
      return "the server's requests and responses hold as many bytes as they may";
    default:
      return "the server has as many requests as it takes";
  }
}

}  // namespace varve::api
