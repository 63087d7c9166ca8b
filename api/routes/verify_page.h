// The page that verifies in a browser, as verify.html is; the build compiles it in.
#pragma once

#include <string>
#include <string_view>

namespace varve::api {

extern const std::string_view kVerifyPage;

/// The policy that the page itself states, so that a copy on a disk has it too: nothing but its own script and style,
/// by their hashes, and no network.
std::string_view policy_of_page(std::string_view page);

}  // namespace varve::api
