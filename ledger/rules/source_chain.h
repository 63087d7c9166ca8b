// What may come next in the chains of batches: each source that seals has one, and the log has one,
// in which it seals for everybody else. These functions decide and do not word: the log answers a
// sender, recovery stops, an auditor names a finding, each in its own words.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/heartbeat.h"
#include "ledger/format/record.h"
#include "ledger/format/seal.h"

namespace varve::rules {

/// Where the chain of one source ends. Of a source for which the log seals the events alone count.
struct ChainEnd {
  std::uint64_t next_batch = 0;
  std::uint64_t next_event = 0;
  Hash last_seal;  // zeros: none yet
};

/// A source, or the log itself, as whoever judges a seal knows it.
struct KnownSource {
  format::Sealer sealer = format::Sealer::kLog;  // who seals its events
  ChainEnd end;
};
/// Nothing: no such source is registered.
using SourceOf = std::function<std::optional<KnownSource>(SourceId)>;

enum class ChainBreach : std::uint8_t {
  kUnregistered,  // nobody registered the source
  kThereAlready,  // a batch of this number came before
  kAhead,         // batches before it are missing
  kOtherChain,    // it names another seal as the one before it
  kOtherSealer,   // somebody else seals for the source
  kOtherEvents,   // the first event's number is not the source's next one
};

/// Why a seal may not come next.
struct SealBreach {
  ChainBreach what = ChainBreach::kUnregistered;
  SourceId source;             // whose
  std::uint64_t got = 0;       // of kThereAlready and kAhead the batch's number,
  std::uint64_t expected = 0;  // of kOtherEvents the event's
};

/// Nothing: it may come next.
std::optional<SealBreach> breach_of(const format::Seal& seal, const SourceOf& source_of);
/// Moves the chains of the sealer and of each source that the seal covers; its record has this leaf
/// hash. Requires that it may come next.
void advance(const format::Seal& seal, const Hash& leaf,
             const std::function<ChainEnd&(SourceId)>& end_of);

/// Whether an event may stand there that says that the log itself sent it. A log of older versions does
/// not know who sent what; from its first sender record on it does.
inline bool may_be_nobodys(const format::Record& record, bool names_senders) {
  return !names_senders || record.kind != format::Kind::kEvent ||
         record.source != format::kLogItself;
}

/// A heartbeat, and where it is.
struct HeartbeatAt {
  LeafIndex index;
  format::Heartbeat heartbeat;
};
/// Whether a heartbeat may stand there: only a source that seals says of itself that it is alive.
/// `sealer` is who seals for the record's source. Errors: kInvalid  it may not, or is none.
Result<format::Heartbeat> judge_heartbeat(const format::Record& record, format::Sealer sealer);

/// Whether the record, of a kind that is a report, may stand there: one of the log's own, as its kind's row
/// says. Errors: kInvalid.
Result<void> check_report(const format::Record& record, std::string_view origin);

/// The events since the last seal: of one source that seals, or of sources for which the log does, by
/// ascending id; the numbers of each without a gap. Or nothing but tombstones. A batch is one piece
/// in the log, so there is at most one.
class OpenBatch {
 public:
  /// As it was saved. `runs` of tombstones is one, whose count alone means something.
  static OpenBatch of(std::vector<format::SealedRun> runs, format::Sealer sealer,
                      bool is_destroyed);

  [[nodiscard]] bool is_empty() const { return runs_.empty(); }
  [[nodiscard]] bool is_destroyed() const { return is_destroyed_; }
  [[nodiscard]] format::Sealer sealer() const { return sealer_; }
  [[nodiscard]] const std::vector<format::SealedRun>& runs() const { return runs_; }
  /// Of the newest event. Of tombstones only the seal says whose they are, and which numbers.
  [[nodiscard]] SourceId source() const { return runs_.back().source; }
  [[nodiscard]] std::uint64_t count() const;

  /// Whether an event of this source may come next, whatever its number. Not one of more sources than a
  /// seal can list, so that an auditor keeps no more of what a hostile log leaves open.
  [[nodiscard]] bool may_take(SourceId source, format::Sealer sealer) const;
  /// The number that the next event of `source` must have, whose chain ends at `end`.
  [[nodiscard]] std::uint64_t next_sequence(SourceId source, const ChainEnd& end) const;
  /// Requires that it may come next.
  void take(SourceId source, format::Sealer sealer, std::uint64_t sequence);
  /// Whether a tombstone may come next.
  [[nodiscard]] bool may_take_destroyed() const { return is_empty() || is_destroyed_; }
  void take_destroyed();
  /// Whether the seal is of these events, by sources and numbers; its root is the caller's to
  /// compare.
  [[nodiscard]] bool is_sealed_by(const format::Seal& seal) const;

 private:
  [[nodiscard]] bool is_of(SourceId source) const {
    return !is_empty() && !is_destroyed_ && runs_.back().source == source;
  }

  std::vector<format::SealedRun> runs_;
  format::Sealer sealer_ = format::Sealer::kLog;
  bool is_destroyed_ = false;
};

}  // namespace varve::rules
