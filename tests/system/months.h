// Stores as varved would have made them in months that are over.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hsm/token.h"
#include "installation.h"

namespace varve::system {

inline constexpr std::uint64_t kJanuary = 1'767'300'000'000'000;   // 2026-01-01
inline constexpr std::uint64_t kFebruary = 1'770'000'000'000'000;  // 2026-02-02

/// The installation's token, in this process.
std::unique_ptr<hsm::Token> open_token(const Installation& varve);

/// The store of a log below `data`: of each time a segment that was begun then, with so many
/// events.
void write_segments(const Installation& varve, const std::string& log_name,
                    const std::vector<std::uint64_t>& times, std::size_t events);

/// One segment of January and one of February, with 5 events each.
void write_two_months(const Installation& varve, const std::string& log_name = "main");

}  // namespace varve::system
