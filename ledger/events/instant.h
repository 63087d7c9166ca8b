// A time as text, as senders write it and as people ask for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace varve::events {

/// Nanoseconds since 1970 UTC of a date with a time and a zone, "2026-03-01T08:00:00.5+01:00"; of the years
/// 1700 to 2200. None: another text. Source: RFC 3339
std::optional<std::int64_t> instant_of(std::string_view text);

}  // namespace varve::events
