// Since when.
#include "ledger/rules/grants.h"

#include <algorithm>
#include <utility>

#include "ledger/merkle/tree.h"

namespace varve::rules {
namespace {

std::uint64_t since(const GrantsAt* last, const format::Grant& grant, std::uint64_t time_us) {
  if (last == nullptr) return time_us;
  const auto& known = last->grants.grants;
  const auto found =
      std::ranges::lower_bound(known, grant, std::ranges::less{}, &format::GrantSince::grant);
  return found != known.end() && found->grant == grant ? found->since_us : time_us;
}

/// Takes the last ones out until the rest fits.
void make_room(format::Grants& grants) {
  // Whatever the numbers, the same grants find room: 7 + 20 bytes stand before each.
  constexpr std::size_t kLineOfMore = 100;
  constexpr std::size_t kBeforeGrant = 27;
  constexpr std::uint64_t kLargest = UINT64_MAX;
  std::size_t bytes = format::grants_text({grants.origin, LeafIndex{kLargest}, kLargest}).size();
  std::size_t fits = 0;
  for (; fits < grants.grants.size(); ++fits) {
    bytes += kBeforeGrant + format::grant_line(grants.grants[fits].grant).size();
    if (bytes + kLineOfMore > format::kGrantsBytesMax) break;
  }
  if (fits == grants.grants.size()) return;
  std::string lines;
  for (std::size_t k = fits; k < grants.grants.size(); ++k)
    lines.append(format::grant_line(grants.grants[k].grant));
  grants.more = grants.grants.size() - fits;
  grants.more_hash = merkle::sha256(bytes_of(lines));
  grants.grants.resize(fits);
}

}  // namespace

std::vector<format::Grant> in_order(std::vector<format::Grant> grants) {
  std::ranges::sort(grants);
  const auto repeated = std::ranges::unique(grants);
  grants.erase(repeated.begin(), repeated.end());
  return grants;
}

format::Grants next_grants(const GrantsAt* last, std::string origin,
                           std::vector<format::Grant> wanted, std::uint64_t time_us) {
  format::Grants out{std::move(origin), {}, time_us};
  if (last != nullptr) out.previous = last->index;
  for (format::Grant& grant : in_order(std::move(wanted))) {
    const std::uint64_t from_us = since(last, grant, time_us);
    out.grants.push_back({std::move(grant), from_us});
  }
  make_room(out);
  return out;
}

bool grant_the_same(const format::Grants& a, const format::Grants& b) {
  return a.more == b.more && a.more_hash == b.more_hash &&
         std::ranges::equal(a.grants, b.grants, {}, &format::GrantSince::grant,
                            &format::GrantSince::grant);
}

Result<format::Grants> judge_grants(const GrantsAt* last, std::string_view text,
                                    std::string_view origin) {
  ASSIGN_OR_RETURN(format::Grants grants, format::parse_grants(text));
  if (grants.origin != origin) return invalid("the grants are of the log " + grants.origin);
  const auto expected = last == nullptr ? std::nullopt : std::optional(last->index);
  if (grants.previous != expected)
    return invalid("the grants before these are not those of the record that they name");
  for (const format::GrantSince& one : grants.grants)
    if (one.since_us != since(last, one.grant, grants.time_us))
      return invalid("a grant of " + one.grant.who + " is there since another time than it says");
  return grants;
}

}  // namespace varve::rules
