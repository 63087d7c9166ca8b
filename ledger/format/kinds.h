// Every kind of record, one row each: those that are written, and the numbers that are reserved for
// later ones. Whoever reads a log asks this table what a record of a kind may be, also of kinds that
// are newer than the program. docs/format/record.md
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"

namespace varve::format {

enum class Kind : std::uint8_t {
  kEvent = 1,
  kBatchSeal = 2,
  kKeyEvent = 3,
  kSourceEvent = 4,
  kPolicy = 5,
  kHold = 6,
  kDisposal = 7,
  kIndexCommitment = 8,
  kAuditRun = 9,
  kAccess = 10,
  kRefusal = 11,
  kRenewal = 12,
  kClock = 13,
  kNotice = 14,
  kDisposed = 15,
  kVrfKey = 16,
  kGrants = 17,
  kWitnessKey = 18,
  kSender = 19,
  kWitnessed = 64,
  kTimestamp = 65,
  kIndexAudit = 66,
  kMonthSecret = 128,
  kHoldText = 129,
  kLoss = 130,
  kHeartbeat = 131,
  kAccounting = 132,
  kSignOff = 133,
};

// What a program knows of a number that its table does not have, as the number says it:
//     1 ...  63  critical: whoever does not know it cannot say what the log means
//    64 ... 127  not critical, kept
//   128 ... 255  not critical, goes
inline constexpr std::uint8_t kFirstUncriticalKind = 64;
inline constexpr std::uint8_t kFirstKindThatGoes = 128;

/// What becomes of a record when its month is disposed of.
enum class Fate : std::uint8_t {
  kKept,  // it stays, whole
  kGoes,  // its leaf hash stays: a tombstone takes its place
};

/// What a record of a kind does to what a reader knows of the log. Whoever replays records decides
/// for each of these, without a default: a meaning that is added here does not compile until then.
enum class Meaning : std::uint8_t {
  kEvent,          // it is one of the batch that the next seal closes
  kSeal,           // it closes a batch
  kKeys,           // the log's keys change
  kSources,        // a source that seals joins, or its key changes
  kSender,         // a source joins for which the log seals
  kRenewal,        // it binds the records before it under another hash function
  kPolicy,         // how long records are kept, and who may say what time it is
  kHold,           // what is kept until it is released
  kGrants,         // who may do what, as the server is configured
  kIndex,          // some of the records before it are indexed
  kClock,          // time goes on, and maybe a month begins
  kTimestamp,      // what a time source says, for the next clock record
  kWitnessed,      // what witnesses have cosigned
  kNotice,         // months are to be disposed of
  kDisposal,       // months are disposed of: from there on their keys are destroyed
  kDisposed,       // what became of a month's keys and files
  kMonthSecret,    // it is one of the batch too, and the secret of the month that has begun
  kHoldText,       // it is one of the batch too, and says why there is a hold
  kHeartbeat,      // it is one of the batch too, and says that a source is alive
  kReport,         // it is one of the batch too, of the log itself; the row's check says whether it
                   // is well-formed
  kStatement,      // nothing else changes; the row's check says whether it is well-formed
  kNotUnderstood,  // this program has no rules for it
};

/// Whether `payload` may be a statement of the log `origin`. Errors: kInvalid.
using StatementCheck = Result<void> (*)(std::string_view payload, std::string_view origin);
Result<void> check_audit_run(std::string_view payload, std::string_view origin);  // audit_run.cc
Result<void> check_access(std::string_view payload, std::string_view origin);     // access.cc
Result<void> check_refusals(std::string_view payload, std::string_view origin);
Result<void> check_loss(std::string_view payload, std::string_view origin);

struct KindRow {
  Kind kind = Kind::kEvent;
  std::string_view name;        // as the API and varve-audit print it
  std::string_view media_type;  // of each of its records; empty: the sender chooses, or reserved
  bool is_control = false;      // the log's own, outside batches, one more in the control sequence
  Fate fate = Fate::kKept;
  bool is_critical = true;  // who does not understand it must not go on
  bool is_written = false;  // by a program of this version
  Meaning meaning = Meaning::kNotUnderstood;
  std::optional<StatementCheck> check = std::nullopt;  // of statements and reports only
};

/// A row that is only reserved.
consteval KindRow reserved(Kind kind, std::string_view name, Fate fate, bool is_critical) {
  return {kind, name, "", fate == Fate::kKept, fate, is_critical};
}

// clang-format off
inline constexpr std::array kKinds = std::to_array<KindRow>({
    // kind, name, media type, control, fate, critical, written, meaning, check
    {Kind::kEvent, "event", "", false, Fate::kGoes, true, true, Meaning::kEvent},
    {Kind::kBatchSeal, "batch-seal", "application/vnd.varve.seal",
     false, Fate::kKept, true, true, Meaning::kSeal},
    {Kind::kKeyEvent, "key-event", "application/vnd.varve.key-event",
     true, Fate::kKept, true, true, Meaning::kKeys},
    {Kind::kSourceEvent, "source-event", "application/vnd.varve.source-event",
     true, Fate::kKept, true, true, Meaning::kSources},
    {Kind::kPolicy, "policy", "application/vnd.varve.policy",
     true, Fate::kKept, true, true, Meaning::kPolicy},
    {Kind::kHold, "hold", "application/vnd.varve.hold",
     true, Fate::kKept, true, true, Meaning::kHold},
    {Kind::kDisposal, "disposal", "application/vnd.varve.disposal",
     true, Fate::kKept, true, true, Meaning::kDisposal},
    {Kind::kIndexCommitment, "index-commitment", "application/vnd.varve.index-commitment",
     true, Fate::kKept, true, true, Meaning::kIndex},
    {Kind::kAuditRun, "audit-run", "application/vnd.varve.audit-run",
     true, Fate::kKept, false, true, Meaning::kStatement, check_audit_run},
    {Kind::kAccess, "access", "application/vnd.varve.access",
     false, Fate::kGoes, false, true, Meaning::kReport, check_access},
    {Kind::kRefusal, "refusal", "application/vnd.varve.refusal",
     false, Fate::kGoes, false, true, Meaning::kReport, check_refusals},
    {Kind::kRenewal, "renewal", "application/vnd.varve.renewal",
     true, Fate::kKept, false, true, Meaning::kRenewal},
    {Kind::kClock, "clock", "application/vnd.varve.clock",
     true, Fate::kKept, true, true, Meaning::kClock},
    {Kind::kNotice, "notice", "application/vnd.varve.notice",
     true, Fate::kKept, true, true, Meaning::kNotice},
    {Kind::kDisposed, "disposed", "application/vnd.varve.disposed",
     true, Fate::kKept, true, true, Meaning::kDisposed},
    reserved(Kind::kVrfKey, "vrf-key", Fate::kKept, true),
    {Kind::kGrants, "grants", "application/vnd.varve.grants",
     true, Fate::kKept, true, true, Meaning::kGrants},
    {Kind::kWitnessKey, "witness-key", "application/vnd.varve.witness-key",
     true, Fate::kKept, true, true, Meaning::kKeys},
    {Kind::kSender, "sender", "application/vnd.varve.sender",
     true, Fate::kKept, true, true, Meaning::kSender},
    {Kind::kWitnessed, "witnessed", "application/vnd.varve.witnessed",
     true, Fate::kKept, false, true, Meaning::kWitnessed},
    {Kind::kTimestamp, "timestamp", "application/vnd.varve.timestamp",
     true, Fate::kKept, false, true, Meaning::kTimestamp},
    reserved(Kind::kIndexAudit, "index-audit", Fate::kKept, false),
    {Kind::kMonthSecret, "month-secret", "application/vnd.varve.month-secret",
     false, Fate::kGoes, false, true, Meaning::kMonthSecret},
    {Kind::kHoldText, "hold-text", "application/vnd.varve.hold-text",
     false, Fate::kGoes, false, true, Meaning::kHoldText},
    {Kind::kLoss, "loss", "application/vnd.varve.loss",
     false, Fate::kGoes, false, true, Meaning::kReport, check_loss},
    {Kind::kHeartbeat, "heartbeat", "application/vnd.varve.heartbeat",
     false, Fate::kGoes, false, true, Meaning::kHeartbeat},
    reserved(Kind::kAccounting, "accounting", Fate::kGoes, false),
    reserved(Kind::kSignOff, "sign-off", Fate::kGoes, false),
});
// clang-format on

constexpr std::uint8_t number_of(Kind kind) {
  return static_cast<std::uint8_t>(kind);
}

/// The row of any number: the table's, or what the number says by itself.
constexpr KindRow row_of(Kind kind) {
  for (const KindRow& row : kKinds)
    if (row.kind == kind) return row;
  const bool kept = number_of(kind) < kFirstKindThatGoes;
  const bool critical = number_of(kind) < kFirstUncriticalKind;
  return {kind, "", "", kept, kept ? Fate::kKept : Fate::kGoes, critical};
}

constexpr std::string_view media_type_of(Kind kind) {
  return row_of(kind).media_type;
}
constexpr bool is_understood(Kind kind) {
  return row_of(kind).meaning != Meaning::kNotUnderstood;
}

/// "batch-seal"; of a number without a row "kind-200".
std::string kind_name(Kind kind);

/// What must hold of every row, so that older programs treat its records as newer ones do.
constexpr bool keeps_the_rules(const KindRow& row) {
  const std::uint8_t number = number_of(row.kind);
  const bool understood = row.meaning != Meaning::kNotUnderstood;
  const bool says_its_type = row.meaning != Meaning::kEvent;
  return number != 0 && !row.name.empty() &&
         row.is_control == (row.fate == Fate::kKept && row.meaning != Meaning::kSeal) &&
         (number < kFirstUncriticalKind || !row.is_critical) &&
         (number < kFirstUncriticalKind ||
          (row.fate == Fate::kGoes) == (number >= kFirstKindThatGoes)) &&
         (understood || !row.is_written) &&
         (!understood || says_its_type != row.media_type.empty()) &&
         (row.meaning == Meaning::kStatement || row.meaning == Meaning::kReport) ==
             row.check.has_value();
}
static_assert(std::ranges::all_of(kKinds, keeps_the_rules));
static_assert(std::ranges::adjacent_find(kKinds, std::ranges::greater_equal{},
                                         [](const KindRow& r) { return number_of(r.kind); }) ==
                  kKinds.end(),
              "rows are in order of their numbers, and no number has two");

/// A program that knows fewer critical kinds must not take what a newer one saved for the end of a
/// walk over the records: whoever saves such a state raises its version with this count.
inline constexpr auto kCriticalKindsWritten = std::ranges::count_if(
    kKinds, [](const KindRow& row) { return row.is_critical && row.is_written; });

}  // namespace varve::format
