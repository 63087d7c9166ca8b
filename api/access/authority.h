// What somebody may do on which logs: roles, for a whole log or for some of its sources.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/roles.h"
#include "ledger/base/result.h"

namespace varve::api {

/// Roles on some logs.
struct Permission {
  Roles roles = Roles::kNone;
  std::vector<std::string> logs;          // empty: every log
  std::vector<std::string> sources = {};  // empty: the whole log, whatever its source is
};

/// Errors: kInvalid  a role that is never of single sources, or what is no source's name.
Result<void> check_sources(const Permission& permission);

/// What one client may do on one log.
struct Authority {
  Roles whole = Roles::kNone;  // for all that the log has
  std::map<std::string, Roles, std::less<>> sources = {};

  /// For the whole log or for one source of it.
  [[nodiscard]] Roles anywhere() const;
  /// For this source; nullopt, and an empty name: for what is of no source that has one.
  [[nodiscard]] Roles on(std::optional<std::string_view> source) const;
};

Authority authority_on(std::string_view log, std::span<const Permission> permissions);

}  // namespace varve::api
