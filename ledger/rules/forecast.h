// What the records say of the time to come: from when on each month could be disposed of, what keeps
// it, and whose approval that takes. For people who look before they sign. docs/format/retention.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/rules/retention.h"

namespace varve::rules {

/// Readings of the compliance clock, in microseconds since 1970 UTC, are the earliest that can be:
/// when the log runs without a stop and nobody extends or holds anything.
struct MonthForecast {
  std::uint32_t month = 0;
  LeafIndex first;
  std::optional<LeafIndex> end{};    // behind its last record; nothing: it is the newest month
  std::uint64_t due_us = 0;          // of the newest month: if no record followed
  std::vector<std::string> holds{};  // ids of the open holds that keep it
  std::optional<Place> notice{};     // under which it may be disposed of
  std::uint64_t goes_us = 0;         // with a notice: when it could go
  std::optional<Place> disposal{};
  bool keys_are_gone = false;
  bool is_finished = false;  // no key and no file of it is left
  bool operator==(const MonthForecast&) const = default;
};

struct ApproverForecast {
  Approver approver;
  std::uint64_t counts_us = 0;  // the reading from which on its approval counts
  bool operator==(const ApproverForecast& other) const {
    return approver.key == other.approver.key && counts_us == other.counts_us;
  }
};

struct SourceForecast {
  NamedSource source;
  std::uint64_t counts_us = 0;  // as of an approver
};

struct Forecast {
  std::uint64_t reading_us = 0;  // of the newest clock record; 0: there is none
  std::vector<MonthForecast> months{};
  std::vector<ApproverForecast> approvers{};
  std::vector<SourceForecast> sources{};  // in the policy's order
  std::uint32_t approvals_needed = 0;
  bool can_dispose =
      false;  // the log demands two approvals or more: with fewer it keeps everything

  /// The months that no hold keeps and that are there; by their dates.
  std::optional<std::uint64_t> first_us{};  // when the first of them could go: due, and noticed
  std::optional<std::uint64_t> last_us{};   // when all of them could be gone, but for the newest
};

Forecast forecast(const Retention& log);

/// An act that nobody has signed yet.
struct WhatIf {
  std::optional<std::uint32_t> period{};  // this and the next two in the policy's unit
  std::optional<std::uint32_t> notice{};
  std::optional<std::uint32_t> wait{};
  std::optional<Scope> hold{};           // placed in the newest month
  std::optional<std::string> release{};  // id of a hold
};
inline constexpr const char* kNewHold = "(new)";  // the id of the one that would be placed

/// What the records would say behind it. No rule judges it. Errors: kNotFound  no open hold has that
/// id.  kInvalid  the hold's last month is before its first.
Result<Retention> with(const Retention& log, const WhatIf& what);

}  // namespace varve::rules
