// Which of the sources that a log's policy names are authorities, whom a server asks for time stamps, and how many of
// them are enough. Witnesses are the other ones: they are never asked here.
#pragma once

#include <cstddef>
#include <string>

#include "ledger/format/retention.h"

namespace varve::api {

/// Whether the policy names this key, as an authority's.
bool names_authority(const format::Policy& policy, const Hash& key);

/// How many stamps are kept and served: the policy's quorum, or all of its authorities where they are fewer and
/// witnesses are the rest. 0: the policy names no authority.
std::size_t enough_stamps(const format::Policy& policy);

/// Why the sources of the policy can never be enough, where `asked` authorities are asked. Empty: they can.
std::string trouble_of_sources(const format::Policy& policy, std::size_t asked);

}  // namespace varve::api
