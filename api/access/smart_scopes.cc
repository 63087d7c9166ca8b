// Letters in their order.
#include "api/access/smart_scopes.h"

#include <algorithm>

namespace varve::api {

Roles roles_of_smart_scope(std::string_view scope) {
  constexpr std::string_view kLetters = "cruds";
  const std::size_t dot = scope.find('.');
  if (dot == std::string_view::npos) return Roles::kNone;
  const std::string_view resource = scope.substr(0, dot);
  const std::string_view allowed = scope.substr(dot + 1);
  if (resource != "system/AuditEvent" && resource != "system/*") return Roles::kNone;
  if (allowed == "*") return Roles::kAppend | Roles::kRead;
  if (allowed == "read") return Roles::kRead;
  if (allowed == "write") return Roles::kAppend;
  Roles roles = Roles::kNone;
  std::size_t next = 0;  // the letter that may come next
  for (const char c : allowed) {
    const std::size_t at = kLetters.find(c, next);
    if (at == std::string_view::npos) return Roles::kNone;
    next = at + 1;
    if (c == 'c') roles = roles | Roles::kAppend;
    if (c == 'r' || c == 's') roles = roles | Roles::kRead;
  }
  return roles;
}

}  // namespace varve::api
