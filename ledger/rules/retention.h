// What a log's records say about how long it keeps what, and what was disposed of: the state that
// they fold to. Whether a record may come next is judged first (retention_rules.h), by the server
// before it appends and by every auditor who reads. docs/format/retention.md
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/codec.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/disposal.h"
#include "ledger/format/hold.h"
#include "ledger/format/retention.h"
#include "ledger/rules/source_set.h"
#include "ledger/rules/timeline.h"

namespace varve::rules {

inline constexpr std::size_t kOpenHoldsMax = 2'000;  // of each who may place them
using format::kMonthsPerActMax;
inline constexpr std::uint32_t kApprovalsMin = 2;  // with fewer nothing is released or disposed of

/// A record, where it stands and what it is.
struct Place {
  LeafIndex index;
  Hash leaf;
  bool operator==(const Place&) const = default;
};

/// Whose signatures on a note verified. A signature that fails makes the note invalid before.
struct Signers {
  bool active_key = false;        // a key that signs the log's checkpoints at that place
  std::vector<Hash> approvers{};  // of each: SHA-256 of the public key
};

/// A record of a time source's statement about a tree, as decoded and verified.
struct Stamp {
  LeafIndex index;  // of the record that holds it
  Hash source;      // SHA-256 of the key whose signature verified
  std::uint64_t time_us = 0;
  std::uint64_t accuracy_us = 0;  // either way
  TreeSize size;                  // of the checkpoint that it is over
  bool is_of_this_log = false;    // that checkpoint is one of this log and of this history
  format::SourceType type = format::SourceType::kTimestamp;  // as which the source spoke
};

struct ClockAct {
  Place place;
  format::Clock clock;
  std::vector<Stamp> stamps{};  // since the clock record before: evidence is of all of them (R7)
};

struct PolicyAct {
  Place place;
  format::Policy policy;
  Signers signers{};
};

/// A key event that names approvers; KeyHistory has judged it.
struct ApproversAct {
  Place place;
  std::uint32_t needed = 0;
  std::vector<Hash> approvers{};  // as in Signers
};

using format::Scope;

struct HoldAct {
  Place place;
  std::string id;
  Scope scope{};
  Hash text;  // SHA-256 of the hold text, which is salted
  Signers signers{};
};

struct ReleaseAct {
  Place place;
  std::string id;
  Hash placed;  // leaf hash of the record that placed it
  Signers signers{};
};

using format::MonthRange;

struct NoticeAct {
  Place place;
  Hash policy;  // leaf hash of the one in force
  std::vector<MonthRange> months{};
};

struct DisposalAct {
  Place place;
  Hash policy;
  Hash notice;  // leaf hash of the notice
  std::vector<MonthRange> months{};
  bool root_is_the_logs = false;  // the root that it names is that of the tree of the last end
  bool by_policy = false;         // the policy's approvals stand for it; it has no signature
  Signers signers{};
};

/// What became of a month's keys and files, as the server says.
struct DisposedAct {
  Place place;
  Hash disposal;  // leaf hash of the disposal
  std::uint32_t month = 0;
  std::vector<format::TokenEnd> tokens{};
  bool is_complete = false;  // no key and no file is left
  bool files_removed = false;
};

struct Approver {
  Hash key;
  LeafIndex since;  // the key event from which on it has been named without a break
};

struct NamedSource {
  Hash key;
  LeafIndex since;  // the policy from which on it has been named, as this type, without a break
  format::SourceType type = format::SourceType::kTimestamp;
};

struct Hold {
  Place placed;
  Scope scope{};
  Hash placer{};  // the approver who placed it; zeros: the log's own key
  bool is_open = true;
};

struct Month {
  std::uint32_t month = 0;
  LeafIndex first;
  SourceSet sources{};      // that have events in it
  bool is_earlier = false;  // the first clock record names it: it may have other sources too
  std::optional<Place> disposal{};         // by which it was disposed of
  std::vector<format::TokenEnd> tokens{};  // each as the newest record that names it says
  bool files_are_gone = false;             // says a record
  bool is_finished = false;                // nothing is left, says a record

  /// Whether no token that a record names is said to have a key of it.
  [[nodiscard]] bool keys_are_gone() const;
};

struct Notice {
  Place place;
  Hash policy;
  std::vector<MonthRange> months{};
};

/// By id. Released ones stay: an id is never used again.
using Holds = std::map<std::string, Hold, std::less<>>;

class Retention {
 public:
  void apply(const ClockAct& act);
  void apply(const Stamp& statement);
  void apply(const PolicyAct& act);
  void apply(const ApproversAct& act);
  void apply(const HoldAct& act);
  void apply(const ReleaseAct& act);
  void apply(const NoticeAct& act);
  void apply(const DisposalAct& act);
  void apply(const DisposedAct& act);
  /// The source has events in the month of this record.
  void apply_source(LeafIndex index, SourceId source);

  [[nodiscard]] const Timeline& timeline() const { return timeline_; }
  [[nodiscard]] std::uint64_t clocks() const { return timeline_.points().size(); }
  /// What time sources have stated since the newest clock record, in order of their records: only the
  /// next one may carry it.
  [[nodiscard]] const std::vector<Stamp>& statements() const { return statements_; }
  /// What counts now: of a log without a policy record, locked at six years.
  [[nodiscard]] const format::Policy& policy() const { return policy_; }
  [[nodiscard]] const std::optional<Place>& policy_place() const { return policy_place_; }
  [[nodiscard]] std::uint32_t approvals_needed() const { return approvals_needed_; }
  [[nodiscard]] const std::vector<Approver>& approvers() const { return approvers_; }
  [[nodiscard]] const std::vector<NamedSource>& sources() const { return sources_; }
  /// The source that speaks with this key as this type; null: the policy names none.
  [[nodiscard]] const NamedSource* find_source(const Hash& key, format::SourceType type) const;
  [[nodiscard]] const Holds& holds() const { return holds_; }
  /// Who places a hold with these signatures: the first approver of the log among them, else its
  /// own key (zeros), else nobody.
  [[nodiscard]] std::optional<Hash> placer_of(const Signers& signers) const;
  [[nodiscard]] std::size_t open_holds_of(const Hash& placer) const;
  [[nodiscard]] const std::vector<Month>& months() const { return months_; }
  /// In the log's order.
  [[nodiscard]] const std::vector<Notice>& notices() const { return notices_; }
  [[nodiscard]] const Notice* find_notice(const Hash& leaf) const;

  /// The month, or key period, of a reading of the compliance clock.
  [[nodiscard]] std::uint32_t month_of_reading(std::uint64_t reading_us) const;
  /// Which keys a month of that number has.
  [[nodiscard]] KeyPeriod key_period(std::uint32_t month) const {
    return format::key_period(policy_, month);
  }
  /// The month of the record: null before the first clock record.
  [[nodiscard]] const Month* month_of(LeafIndex record) const;
  [[nodiscard]] const Month* find_month(std::uint32_t month) const;
  /// A month that is over; nothing when it is the newest.
  [[nodiscard]] std::optional<MonthRange> range_of(const Month& month) const;
  /// Whether the hold keeps the month, open or not.
  [[nodiscard]] bool covers(const Hold& hold, const Month& month) const;

  /// How much older the month's last record has to grow until the month is due; 0: it is due.
  [[nodiscard]] std::uint64_t remaining_us(const MonthRange& month) const;
  /// The reading at which it is due when the log runs without a stop and nobody extends or holds:
  /// the first date on which it could be disposed of.
  [[nodiscard]] std::uint64_t due_reading_us(const MonthRange& month) const;
  /// The disposal that lets this record be gone, or nothing: then a gap is a loss.
  [[nodiscard]] std::optional<Place> disposal_of(LeafIndex record) const;

  /// A copy that other threads may read while this one goes on.
  [[nodiscard]] std::shared_ptr<const Retention> image();
  void encode(ByteWriter& out) const;
  /// Errors: kCorrupt, kInvalid  damaged.
  static Result<Retention> decode(ByteReader& in);

 private:
  Month* known_month(std::uint32_t month);
  void begin_months(const ClockAct& act);

  Timeline timeline_;
  std::vector<Stamp> statements_;
  format::Policy policy_;
  std::optional<Place> policy_place_;
  std::uint32_t approvals_needed_ = 0;
  std::vector<Approver> approvers_;
  std::vector<NamedSource> sources_;
  Holds holds_;
  std::vector<Month> months_;  // ascending; each begins where the one before ends
  std::vector<Notice> notices_;
};

}  // namespace varve::rules
