// The names of what a client may do on a log. rights.h says which of them opens what.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"

namespace varve::api {

/// A set of roles.
enum class Roles : std::uint8_t {
  kNone = 0,
  kAppend = 1,       // send events
  kRead = 2,         // read what events say
  kOperate = 4,      // register sources, change keys, policies and holds
  kProofs = 8,       // what any role may, and nothing else: proofs, keys, the log's state
  kHold = 16,        // place holds
  kApprove = 32,     // send what approvers have signed
  kBreakGlass = 64,  // not be refused what it may read while the log takes no record
};
constexpr Roles operator|(Roles a, Roles b) {
  return static_cast<Roles>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// Whether the two sets share a role.
constexpr bool intersects(Roles a, Roles b) {
  return (static_cast<unsigned>(a) & static_cast<unsigned>(b)) != 0;
}
inline constexpr Roles kAnyRole = Roles::kAppend | Roles::kRead | Roles::kOperate | Roles::kProofs |
                                  Roles::kHold | Roles::kApprove | Roles::kBreakGlass;

/// Comma-separated role names. Errors: kInvalid.
Result<Roles> parse_roles(std::string_view text);

/// The name of each role in the set.
std::vector<std::string_view> role_names(Roles roles);

}  // namespace varve::api
