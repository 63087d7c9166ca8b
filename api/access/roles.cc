// The names of roles, in one table.
#include "api/access/roles.h"

#include <algorithm>
#include <iterator>

namespace varve::api {
namespace {

struct Named {
  Roles role;
  std::string_view name;
};
constexpr Named kNames[] = {
    {Roles::kAppend, "append"},        {Roles::kRead, "read"}, {Roles::kProofs, "proofs"},
    {Roles::kOperate, "operate"},      {Roles::kHold, "hold"}, {Roles::kApprove, "approve"},
    {Roles::kBreakGlass, "breakglass"}};

}  // namespace

Result<Roles> parse_roles(std::string_view text) {
  Roles roles = Roles::kNone;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    if (name.empty()) return invalid("a role in the list is empty");
    const auto* found = std::ranges::find(kNames, name, &Named::name);
    if (found == std::end(kNames))
      return invalid("the roles are append, read, proofs, operate, hold, approve and breakglass");
    roles = roles | found->role;
    begin = end + 1;
  }
  return roles;
}

std::vector<std::string_view> role_names(Roles roles) {
  std::vector<std::string_view> out;
  for (const Named& named : kNames)
    if (intersects(roles, named.role)) out.push_back(named.name);
  return out;
}

}  // namespace varve::api
