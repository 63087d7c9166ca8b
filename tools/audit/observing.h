// What a mirror saw itself, kept in its file `observations`, and what follows for months that its log
// disposed of. docs/format/observations.md
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/env/clock.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/observations.h"
#include "ledger/verify/log_check.h"
#include "ledger/verify/own_judgement.h"
#include "tools/audit/commands.h"
#include "tools/audit/keeping.h"

namespace varve::audit {

inline constexpr const char* kObservations = "observations";  // in the mirror

/// The server destroys what was disposed of within minutes, or once its token is there again. A server
/// that has not done so after a week, a long weekend included, will not do so by itself.
inline constexpr std::uint64_t kServerTakesUs = 7 * format::kDayUs;

/// A month that the log disposed of, and of which the mirror has events.
struct JudgedMonth {
  format::MonthRange range;
  std::string name;  // "2026-11", the number of a draft's key period
  LeafIndex disposal;
  std::vector<verify::Doubt> doubts{};  // none: the mirror may let it go
  std::uint64_t waited_us = 0;          // since the mirror saw the disposal
  bool came_back = false;               // the mirror had no event of it before
  std::string kept_by{};  // who decided that it stays, whatever the rules say; empty: nobody
  [[nodiscard]] bool may_go() const { return doubts.empty() && kept_by.empty(); }
};

/// Where to look for events of months of which the mirror had none before: somebody may have brought
/// bundles back. Elsewhere some bundles of each stand for all.
struct LookAgain {
  bool everywhere = false;
  std::set<std::uint32_t> months{};
};

/// Thread: one at a time.
class Observing {
 public:
  /// Reads the mirror's files; where there are no observations, it begins now. Observations that are damaged, or of
  /// another log, and a wrong line of `keep`, must not end the mirror: its records are worth more. Then trouble()
  /// says what to do, and until somebody has done it, nothing is judged, noted or let go.
  /// Errors: kIo  also: of a later format.
  static Result<Observing> open(const env::Filesystem& mirror, const format::VerifierKey& first);

  /// The audit found the mirror to be this log. Finds the acts among the records that were not read
  /// before. Errors: kCorrupt  what was seen is of another history, or is more than there is now; as
  ///         LogSource.
  Result<void> read_on(const verify::LogSource& mirror, const verify::Intact& intact);
  /// Whether it saw more than is in the tree of this audit: it is then of later records, no lie.
  [[nodiscard]] bool is_ahead_of(const verify::Intact& intact) const;
  /// Notes that it sees it now, by its own clocks. After read_on().
  void see(const env::Clock& clock);
  /// What the mirror's own judgement says of each month that was disposed of and of which it has events.
  /// After read_on(). Errors: as LogSource.
  Result<std::vector<JudgedMonth>> judge(const verify::LogSource& mirror, const LookAgain& again);
  /// What each line of `keep` does, where there are no observations and so nothing is judged. `mirror` was found to
  /// be the log `intact`. Errors: as LogSource.
  Result<void> look_at_keep(const verify::LogSource& mirror, const verify::Intact& intact);
  /// Each line of `keep`, by month. After judge() or look_at_keep().
  [[nodiscard]] const std::vector<KeptLine>& kept_lines() const { return kept_lines_; }
  /// A run takes minutes, and somebody may write `keep` meanwhile. Errors: kBusy  it is not what was judged by.
  [[nodiscard]] Result<void> expect_same_keeping(const env::Filesystem& mirror) const;
  /// The records among which the mirror's owner may have the month forgotten: its log disposed of it, or
  /// it is older than the log's clock. All of them when the log has no clock, and so knows no months.
  /// Errors: kWorm  a hold is open; kInvalid  there are no such records, they are not over, or no
  ///         record disposes of them.
  [[nodiscard]] Result<format::MonthRange> may_decide(std::uint32_t month) const;
  /// Requires that an audit was read.
  [[nodiscard]] format::Mode mode() const { return log_->retention.policy().mode; }
  /// Whether the log has a clock, and so says which records are of which month.
  [[nodiscard]] bool knows_months() const { return log_->retention.clocks() > 0; }
  /// Whether the log disposed of the month and the mirror has no event of it.
  [[nodiscard]] bool is_without(std::uint32_t month) const { return seen_.without.contains(month); }
  void note(format::ForgottenMonth forgotten) { seen_.forgotten.push_back(std::move(forgotten)); }

  [[nodiscard]] const format::Observations& seen() const { return seen_; }
  /// What the log's own clock reads, by the records that were audited; 0: it has none.
  [[nodiscard]] std::uint64_t log_us() const;
  /// Of its key periods, as KeyPeriod has it.
  [[nodiscard]] std::uint16_t key_minutes() const;
  /// Why nothing is judged, and what to do; empty: everything is.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// Whether there was no file.
  [[nodiscard]] bool begins() const { return begins_; }

 private:
  [[nodiscard]] Result<void> expect_no_hold(const rules::Month* month,
                                            const std::string& name) const;
  explicit Observing(format::Observations seen, bool begins)
      : seen_(std::move(seen)), begins_(begins) {}
  void read_keeping(const env::Filesystem& mirror);
  /// Who decided, by month. Nothing where that is a trouble.
  std::optional<std::map<std::uint32_t, std::string>> kept_months();
  void look_at_lines(const std::map<std::uint32_t, std::string>& kept,
                     const std::set<std::uint32_t>& here);
  Result<void> expect_same_history(const verify::LogSource& mirror) const;
  [[nodiscard]] Result<verify::Acts> read_acts(const verify::LogSource& mirror) const;
  Result<bool> has_events(const verify::LogSource& mirror, const format::MonthRange& month,
                          std::uint64_t bundles_max) const;

  format::Observations seen_;
  bool begins_;
  std::string keep_path_{};
  Keeping keeping_{};
  std::vector<KeptLine> kept_lines_{};
  std::string trouble_{};
  std::optional<verify::Intact> log_;
};

/// "the log disposed of 2026-11 in record 47, and this mirror keeps it: O1: ...", members `keeps`, `waits` and
/// `on_purpose` of the JSON, and an exit code of its own where it keeps one, has one again, or has waited for
/// the server for too long. Nothing when there are none.
void add_judged(const std::vector<JudgedMonth>& judged, Answer& answer);
/// That the mirror judges nothing, and why; with the exit code of one that keeps what its log disposed of.
void add_trouble(const std::string& trouble, Answer& answer);
/// From when on the mirror's observations count, of a run that they begin with.
void add_beginning(std::uint64_t since_us, Answer& answer);

}  // namespace varve::audit
