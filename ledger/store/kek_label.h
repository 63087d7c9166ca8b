// The labels of a month's key-encryption keys: "varve/cardiology/2026-11", and of those that took
// its place "varve/cardiology/2026-11.2" and so on. In a draft log a key period stands in the month's
// place: "varve/cardiology/p29934123".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

struct KekLabel {
  std::string period;            // "2026-11", "p29934123": as key_period_name()
  std::uint64_t generation = 1;  // of the month's keys, from 1
};

std::string kek_label(const std::string& prefix, const KekLabel& label);
/// Nothing when `label` is not one of this prefix.
std::optional<KekLabel> parse_kek_label(const std::string& prefix, std::string_view label);

/// Behind a month's first label: what a restored segment of a month that was gone already names. No token
/// has such a key.
inline constexpr const char* kDestroyedLabel = ".destroyed";

/// Keys are found by their prefix and what they lock up by the store's directory: both have to be
/// of one log. Errors: kInvalid  a segment's data key was wrapped under a key of another prefix.
Result<void> check_prefix(const std::vector<SegmentHeader>& segments, const std::string& prefix);

}  // namespace varve::store
