// The configuration beside the newest record.
#include "tools/varved/access_review.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "ledger/rules/grants.h"
#include "tools/varved/recorded_grants.h"

namespace varve::tools {
namespace {

constexpr const char* kOperate = "operate";
constexpr const char* kApprove = "approve";

/// Those of whom no credential is revoked.
api::Granting without_revoked(api::Granting granting, const api::Revocations& revoked) {
  std::erase_if(granting.holders,
                [&](const api::Identity& holder) { return revoked.covers(holder); });
  std::erase_if(granting.listeners, [&](const std::string& client) {
    api::Identity presumed;
    presumed.client = client;
    return revoked.covers(presumed);
  });
  return granting;
}

/// Who holds both roles, where `name` says whose a grant is; empty: nobody's that counts.
std::vector<std::string> who_has_both(
    const std::vector<ReviewedGrant>& grants,
    const std::function<std::string(const format::Grant&)>& name) {
  std::map<std::string, std::set<std::string>> roles;
  for (const ReviewedGrant& one : grants)
    if (!one.revoked) roles[name(one.granted.grant)].insert(one.granted.grant.role);
  std::vector<std::string> out;
  for (const auto& [who, has] : roles)
    if (!who.empty() && has.contains(kOperate) && has.contains(kApprove)) out.push_back(who);
  return out;
}

std::string issuer_of(const format::Grant& grant) {
  return grant.proof == "jwt" ? grant.who.substr(0, grant.who.find(' ')) : "";
}

LogReview review(const LogConfig& log, const api::Granting& granting,
                 const api::Revocations& revoked, const std::optional<format::Grants>& recorded) {
  LogReview out{log.name, log.options.origin, {}, false, {}, {}, {}};
  const rules::GrantsAt last{{}, recorded.value_or(format::Grants{})};
  if (recorded) out.recorded_us = recorded->time_us;
  const auto all = rules::in_order(api::grants_on(log.name, granting));
  const auto usable = rules::in_order(api::grants_on(log.name, without_revoked(granting, revoked)));
  out.as_recorded =
      rules::grant_the_same(last.grants, rules::next_grants(&last, out.origin, all, 0));
  for (const format::Grant& grant : all) {
    const auto found = std::ranges::find(last.grants.grants, grant, &format::GrantSince::grant);
    const std::uint64_t since_us = found == last.grants.grants.end() ? 0 : found->since_us;
    out.grants.push_back({{grant, since_us}, !std::ranges::binary_search(usable, grant)});
  }
  out.both = who_has_both(out.grants, [](const format::Grant& grant) { return grant.who; });
  out.issuers_of_both = who_has_both(out.grants, issuer_of);
  return out;
}

}  // namespace

Result<std::vector<LogReview>> review_access(const Config& config, const api::Tokens& tokens,
                                             const api::Revocations& revoked) {
  std::vector<LogReview> out;
  for (const LogConfig& log : config.logs) {
    const std::string directory = (std::filesystem::path(config.data) / log.name).string();
    ASSIGN_OR_RETURN(const auto recorded, kept_grants(directory));
    out.push_back(review(log, granting_on(config, tokens, log.name), revoked, recorded));
  }
  return out;
}

}  // namespace varve::tools
