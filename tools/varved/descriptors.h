// Open files: what logs and tokens need comes first, and connections get the rest.
#pragma once

#include <cstdint>

#include "tools/varved/config.h"

namespace varve::tools {

/// Lets this process open as many files as it may. Returns how many that are.
std::uint64_t raise_descriptor_limit();

/// At most how many files varved has open besides its connections. Generous: a test counts them.
std::uint64_t descriptors_besides_connections(const Config& config);

/// How many connections there may be: `connections_max`, or what `limit` leaves for them.
/// Errors: kInvalid  it leaves none.
Result<std::size_t> connections_within(std::uint64_t limit, const Config& config);

}  // namespace varve::tools
