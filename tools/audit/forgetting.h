// Taking the events of a month out of a mirror, once the log has destroyed the month's key and the
// mirror's own judgement agrees, or its owner says so. Only what may hold the month is fetched. Until
// all of it was audited, the mirror stays as it is.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/format/disposal.h"
#include "ledger/rules/tombstone_check.h"
#include "ledger/verify/finding.h"
#include "tools/audit/export_writer.h"
#include "tools/audit/remote_log.h"

namespace varve::audit {

/// New bundles wait in the mirror's folder `forgetting`. Once they were found to be sound they are
/// listed there (tools/common/mirror.h) and take the place of the old ones.
/// Thread: one at a time.
class Forgetting {
 public:
  /// All of the log's first `size` records are in the mirror that `writer` writes, and `now` is the
  /// time by them and by this machine.
  Forgetting(const RemoteLog& log, ExportWriter& writer, TreeSize size, const rules::Present& now)
      : log_(log), writer_(writer), size_(size), now_(now) {}

  /// Prepares the bundles without the events of `month`, which are somewhere in its range, and takes
  /// none from outside of it. Records of one month lie side by side, as the month of segments never
  /// goes back. The times in the mirror's records say where to begin, and the server's tombstones
  /// where to end.
  /// Errors: kInvalid  where the month's records should be, the server has no tombstone of it; as
  ///         RemoteLog::fetch.
  Result<void> find(const format::MonthRange& month);
  /// The same of a month whose records the log's own records name, and of nothing else, as far as the
  /// server has tombstones by now: from the month's first record on. Returns whether
  /// events stay for which it has none. Errors: as RemoteLog::fetch.
  Result<bool> find_in(const format::MonthRange& month);

  /// A tombstone that cannot be true: nothing may be exchanged.
  [[nodiscard]] const std::optional<verify::Finding>& lie() const { return lie_; }
  [[nodiscard]] bool has_found() const { return !prepared_.empty(); }
  /// What goes.
  [[nodiscard]] const rules::DestroyedMonths& events() const { return events_; }
  /// A file of the mirror as it will be. Errors: kNotFound, kIo.
  [[nodiscard]] Result<Buffer> read(const std::string& path) const;

  /// Puts what was prepared in its place, and `observations`, which say what goes and why: all of it, or
  /// nothing, because the next run ends one that was killed (exchange.h). Errors: as end_exchange().
  Result<void> exchange(std::string_view observations,
                        const std::function<Result<void>()>& forget_audit);
  /// Removes what was prepared.
  Result<void> abandon();

 private:
  /// What there is to know of one bundle.
  struct Seen {
    bool has_month = false;       // tombstones of it
    bool has_events = false;      // not destroyed ones
    bool may_go_on_left = true;   // the month's records, into the bundle before
    bool may_go_on_right = true;  // and after
  };
  struct Hit {
    std::uint64_t index = 0;
    Seen seen;
  };
  static Result<Seen> see(Bytes bundle, std::uint32_t month);
  [[nodiscard]] KeyPeriod period(const format::MonthRange& month) const {
    return {month.month, now_.key_minutes};
  }
  [[nodiscard]] merkle::TileId bundle_id(std::uint64_t index) const;
  [[nodiscard]] Result<std::vector<std::uint64_t>> places_to_ask(
      const format::MonthRange& month) const;
  Result<Hit> first_hit(const format::MonthRange& month);
  Result<Seen> look(std::uint64_t index, const format::MonthRange& month);
  Result<void> prepare(const merkle::TileId& id, const format::MonthRange& month, Bytes held,
                       Bytes fetched);

  const RemoteLog& log_;
  ExportWriter& writer_;
  TreeSize size_;
  rules::Present now_;
  std::set<std::string> prepared_;  // paths
  rules::DestroyedMonths events_;
  std::optional<verify::Finding> lie_;
};

}  // namespace varve::audit
