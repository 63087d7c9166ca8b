// What the server says of the log's retention, as far as an attempt names it: the policy in force, months,
// holds. docs/API.md, GET /logs/{log}/retention
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/disposal.h"
#include "ledger/format/retention.h"
#include "tools/audit/assess/site.h"

namespace varve::audit::assess {

struct CalendarMonth {
  format::MonthRange range;  // of the newest month the end is that of the log
  bool is_over = false;
  std::string state;  // "due"
  std::string keys;   // "destroyed"; empty: no disposal
  Hash notice_leaf;
};

struct Calendar {
  format::Mode mode = format::Mode::kLocked;
  std::string reading;  // of the log's clock
  std::uint64_t period = 0;
  std::uint64_t policy_record = 0;
  Hash policy_leaf;
  format::Policy policy;
  std::uint64_t approvals_needed = 0;
  std::uint64_t tree_size = 0;
  std::vector<CalendarMonth> months;  // one at least

  [[nodiscard]] const CalendarMonth* find(std::uint32_t month) const;
};

/// Errors: as fetch; kInvalid  the log has no policy record or no month: nothing can name them.
Result<Calendar> ask_calendar(const Site& site);
/// Of the log's tree of the records in front of `end`, from its hashes. Errors: as fetch; kCorrupt.
Result<Hash> root_of_first(const Site& site, LeafIndex end);
/// Leaf hash of the record that placed the hold. Errors: as fetch; kNotFound.
Result<Hash> leaf_of_hold(const Site& site, const std::string& id);

}  // namespace varve::audit::assess
