// Counts by type.
#include "api/outbound/time_sources.h"

#include <algorithm>

namespace varve::api {
namespace {

bool is_authority(const format::TimeSource& source) {
  return source.type == format::SourceType::kTimestamp;
}

std::size_t authorities_in(const format::Policy& policy) {
  return static_cast<std::size_t>(std::ranges::count_if(policy.sources, is_authority));
}

}  // namespace

bool names_authority(const format::Policy& policy, const Hash& key) {
  return std::ranges::any_of(policy.sources, [&](const format::TimeSource& one) {
    return is_authority(one) && one.key == key;
  });
}

std::size_t enough_stamps(const format::Policy& policy) {
  return std::min<std::size_t>(policy.quorum, authorities_in(policy));
}

std::string trouble_of_sources(const format::Policy& policy, std::size_t asked) {
  const std::size_t enough = enough_stamps(policy);
  if (enough == 0)
    return "the log's policy names no time-stamping authority, so nobody is asked: varve-keys "
           "policy set --source";
  const std::size_t witnesses = policy.sources.size() - authorities_in(policy);
  if (enough <= asked && policy.quorum <= asked + witnesses) return "";
  std::string why = "the log's policy takes " + std::to_string(policy.quorum) +
                    " sources of time, and timestamp_urls has " + std::to_string(asked);
  if (witnesses != 0)
    why += "; " + std::to_string(witnesses) + " of the sources that it names are witnesses";
  return why;
}

}  // namespace varve::api
