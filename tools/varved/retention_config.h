// The keys of a [[log]] that say how long a new log keeps what: days of a locked log, minutes of a draft.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/format/retention.h"
#include "tools/config/table.h"

namespace varve::tools {

/// Minutes of a draft log, where the configuration does not say others: a whole life takes ten.
inline constexpr std::uint32_t kDraftPeriodMinutes = 5;
inline constexpr std::uint32_t kDraftOtherMinutes = 1;  // notice, wait and key period

/// What the configuration says; nothing: it does not.
struct RetentionConfig {
  std::optional<format::Mode> mode{};
  std::optional<std::uint32_t> days{};
  std::optional<std::uint32_t> minutes{};  // these four of a draft log alone
  std::optional<std::uint32_t> notice_minutes{};
  std::optional<std::uint32_t> wait_minutes{};
  std::optional<std::uint32_t> key_period_minutes{};

  [[nodiscard]] bool is_draft() const { return mode == format::Mode::kDraft; }
};

std::vector<Key> retention_keys(RetentionConfig& retention);

/// What the first policy of a new log says. Errors: kInvalid  days of a draft log, or minutes of another.
Result<format::Policy> first_policy(const RetentionConfig& retention);

/// The configuration speaks of new logs alone: nobody shortens or extends one in a file. Returns what to tell
/// an operator whose log says something else; empty: nothing.
std::string how_retention_differs(const RetentionConfig& retention, const format::Policy& in_force);

/// Why a server has logs of one mode: the keys of a draft log may fill the token.
Error two_modes(const std::string& draft, const std::string& locked);

/// What a command says of a draft log, behind its name.
inline constexpr const char* kIsADraft = "a draft log, for trying: it never becomes locked";

/// "5 minutes, notice 1, wait 1, key period 1". Requires a draft's policy.
std::string draft_text(const format::Policy& policy);

}  // namespace varve::tools
