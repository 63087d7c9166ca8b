// The audit of a store at rest: everything that is on disk, opened, rehashed and compared.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/format/newer.h"
#include "ledger/ledger.h"
#include "ledger/rules/tombstone_check.h"

namespace varve::upkeep {

/// Something that is not as it must be, named so that an operator finds it.
struct StoreFinding {
  std::string where;  // "segments/00000003.seg frame at byte 8192"
  std::string what;   // "records 41 ... 57: cannot be decrypted: altered"
};

/// The finding about a segment that is whole but of another history, or out of place.
inline constexpr std::string_view kDoesNotContinue = "it does not continue the segment before it";

struct AuditReport {
  std::uint64_t segments = 0;
  std::uint64_t frames = 0;
  std::uint64_t records = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t bytes = 0;
  std::uint64_t unreadable_records = 0;  // whose key was destroyed: their hashes were checked
  rules::DestroyedMonths destroyed;      // whose they are; not a damage
  bool is_draft = false;                 // by the policy in its records, as far as they were read
  format::NotUnderstood not_understood;  // newer kinds: hashed and counted, nothing more
  std::vector<std::string> unreadable;   // paths of these segments
  std::vector<StoreFinding> findings;    // empty: intact, as far as was looked at
  std::vector<StoreFinding>
      unfinished;                     // what a crash left to be made by the next start; no damage
  std::optional<Error> trouble;       // why it ended there, if it did after a finding
  std::optional<Error> mark_unknown;  // why the high-water mark says nothing of this log, if so
};

/// Called now and then with what is done and how much there is, in bytes.
using AuditProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Opens every frame, recomputes every leaf, hash file, catalogue row and checkpoint, and checks
/// every source chain and key event. Changes nothing. Requires the store's lock, or that of
/// env::lock_for_reading().
/// Errors: kBusy, kIo, kNotFound  it could not be read, and nothing was found until then.
///         kNotFound  also: the log is newer than this program.
/// `keys_at_once`: how many calls the vault serves at a time; more than one are asked ahead for
/// data keys (keys_ahead.h).
Result<AuditReport> audit_files(const LogOptions& options, const Environment& environment,
                                const AuditProgress& progress, unsigned keys_at_once = 1);

}  // namespace varve::upkeep
