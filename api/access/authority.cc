// Adding up permissions.
#include "api/access/authority.h"

#include <algorithm>

#include "ledger/format/record.h"

namespace varve::api {
namespace {

constexpr Roles kOfSources = Roles::kAppend | Roles::kRead;

}  // namespace

Result<void> check_sources(const Permission& permission) {
  if (permission.sources.empty()) return {};
  if ((permission.roles | kOfSources) != kOfSources)
    return invalid("append and read alone can be limited to sources: another role is of the log");
  for (const std::string& source : permission.sources)
    if (auto id = format::source_id(source); !id) return std::move(id).error();
  return {};
}

Roles Authority::anywhere() const {
  Roles roles = whole;
  for (const auto& [source, some] : sources) roles = roles | some;
  return roles;
}

Roles Authority::on(std::optional<std::string_view> source) const {
  const auto found = source ? sources.find(*source) : sources.end();
  return found == sources.end() ? whole : whole | found->second;
}

Authority authority_on(std::string_view log, std::span<const Permission> permissions) {
  Authority out;
  for (const Permission& one : permissions) {
    if (!one.logs.empty() && std::ranges::find(one.logs, log) == one.logs.end()) continue;
    if (one.sources.empty()) out.whole = out.whole | one.roles;
    for (const std::string& source : one.sources) {
      Roles& roles = out.sources[source];
      roles = roles | one.roles;
    }
  }
  return out;
}

}  // namespace varve::api
