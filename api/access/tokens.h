// Who may do what: bearer tokens, kept as hashes in a file, with roles per log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::api {

/// A set of roles.
enum class Roles : std::uint8_t {
  kNone = 0,
  kAppend = 1,   // send events
  kRead = 2,     // read what events say
  kOperate = 4,  // register sources and change keys
};
constexpr Roles operator|(Roles a, Roles b) {
  return static_cast<Roles>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// Whether the two sets share a role.
constexpr bool intersects(Roles a, Roles b) {
  return (static_cast<unsigned>(a) & static_cast<unsigned>(b)) != 0;
}
inline constexpr Roles kAnyRole = Roles::kAppend | Roles::kRead | Roles::kOperate;

/// Comma-separated role names. Errors: kInvalid.
Result<Roles> parse_roles(std::string_view text);

/// One line of the tokens file: what a token may do on some logs.
struct Grant {
  std::string client;
  Roles roles = Roles::kNone;
  std::vector<std::string> logs;  // empty: every log
  Hash token;                     // SHA-256 of the token's text
};

/// The clients of a server. Immutable; a reload makes another.
class Tokens {
 public:
  Tokens() = default;
  /// `<name> <role>[,<role>] <log>[,<log>]|* sha256:<64 hex digits>` a line; '#' starts a comment
  /// line. A token may stand on several lines, under one name.
  /// Errors: kInvalid  names the line and what is wrong with it.
  static Result<Tokens> parse(std::string_view text);

  /// The name of whoever holds this token; empty when nobody does. Cost: one hash, and one
  /// comparison a line that takes the same time whatever the token is.
  [[nodiscard]] std::string client_of(std::string_view token) const;
  /// What that client's token may do on that log.
  [[nodiscard]] Roles roles_of(std::string_view token, std::string_view log) const;
  [[nodiscard]] std::size_t size() const { return grants_.size(); }

 private:
  explicit Tokens(std::vector<Grant> grants) : grants_(std::move(grants)) {}

  std::vector<Grant> grants_;
};

/// A new random token, visible ASCII.
std::string make_token();
/// The line that grants it. Errors: kInvalid  a name, role or log that the file could not hold.
Result<std::string> token_line(std::string_view token, std::string_view name,
                               std::string_view roles, std::string_view logs);

}  // namespace varve::api
