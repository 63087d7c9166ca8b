// What a mirror saw itself, kept in its file `observations`, and what follows for months that its log
// disposed of. docs/format/observations.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/env/clock.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/observations.h"
#include "ledger/verify/log_check.h"
#include "ledger/verify/own_judgement.h"
#include "tools/audit/commands.h"

namespace varve::audit {

inline constexpr const char* kObservations = "observations";  // in the mirror

/// A month that the log disposed of, and of which the mirror has events.
struct JudgedMonth {
  format::MonthRange range;
  std::string name;  // "2026-11", the number of a draft's key period
  LeafIndex disposal;
  std::vector<verify::Doubt> doubts{};  // none: the mirror may let it go
};

/// Thread: one at a time.
class Observing {
 public:
  /// Reads the mirror's file; where there is none, it begins now.
  /// Errors: kInvalid  damaged, or of another log: the message says what to do; kIo.
  static Result<Observing> open(const env::Filesystem& mirror, const format::VerifierKey& first);

  /// The audit found the mirror to be this log. Finds the acts among the records that were not read
  /// before. Errors: kCorrupt  what was seen is of another history; as LogSource.
  Result<void> read_on(const verify::LogSource& mirror, const verify::Intact& intact);
  /// Notes that it sees it now, by its own clocks. After read_on().
  void see(const env::Clock& clock);
  /// What the mirror's own judgement says of each month that was disposed of and of which it has events.
  /// After read_on(). Errors: as LogSource.
  Result<std::vector<JudgedMonth>> judge(const verify::LogSource& mirror);
  /// Whether the mirror's owner may have the month forgotten: its log disposed of it, or it is older than
  /// the log's clock. Returns its records; nothing when the log has no clock, and so knows no months.
  /// Errors: kWorm  a hold is open; kInvalid  there are no such records, they are not over, or they were
  ///         lost and no record disposes of them.
  [[nodiscard]] Result<std::optional<format::MonthRange>> may_decide(std::uint32_t month) const;
  /// Whether the log disposed of the month and the mirror has no event of it.
  [[nodiscard]] bool is_without(std::uint32_t month) const { return seen_.without.contains(month); }
  void note(format::ForgottenMonth forgotten) { seen_.forgotten.push_back(std::move(forgotten)); }

  [[nodiscard]] const format::Observations& seen() const { return seen_; }
  /// Whether there was no file.
  [[nodiscard]] bool begins() const { return begins_; }

 private:
  explicit Observing(format::Observations seen, bool begins)
      : seen_(std::move(seen)), begins_(begins) {}
  Result<void> expect_same_history(const verify::LogSource& mirror) const;
  [[nodiscard]] Result<verify::Acts> read_acts(const verify::LogSource& mirror) const;
  Result<bool> has_events(const verify::LogSource& mirror, const format::MonthRange& month) const;

  format::Observations seen_;
  bool begins_;
  std::optional<verify::Intact> log_;
};

/// "the log disposed of 2026-11 in record 47, and this mirror keeps it: O1: ...", a member `keeps` of the
/// JSON, and an exit code of its own. Nothing when there are none.
void add_kept_months(const std::vector<JudgedMonth>& kept, Answer& answer);
/// From when on the mirror's observations count, of a run that they begin with.
void add_beginning(std::uint64_t since_us, Answer& answer);

}  // namespace varve::audit
