// A key as other tools make it, on tokens where varve-keys makes none because they fail its probe.
#pragma once

#include <string>
#include <string_view>

namespace varve::testing {

/// A P-256 pair of this label, with what every token takes of the attributes that varve-keys asks
/// for. Aborts when it cannot be made.
void make_plain_key(const std::string& module, const std::string& uri, std::string_view pin,
                    const std::string& label);

}  // namespace varve::testing
