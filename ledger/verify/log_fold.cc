// Hands each record to the rules of its kind.
#include "ledger/verify/log_fold.h"

#include <algorithm>
#include <utility>

#include "ledger/format/audit_run.h"
#include "ledger/format/tombstone.h"
#include "ledger/merkle/tree.h"
#include "ledger/rules/renewal_rules.h"
#include "ledger/rules/retention_records.h"
#include "ledger/verify/quorum.h"

namespace varve::verify {
namespace {

/// As a finding calls it: "source event".
std::string check_of(format::Kind kind) {
  if (kind == format::Kind::kBatchSeal) return "seal";
  std::string name = format::kind_name(kind);
  std::ranges::replace(name, '-', ' ');
  return name;
}

Result<void> expect_media_type(const format::Record& record, const format::KindRow& kind) {
  if (kind.media_type.empty() || record.media_type == kind.media_type) return {};
  return corrupt("its media type is not " + std::string(kind.media_type));
}

Result<void> expect_number(std::uint64_t number, std::uint64_t expected) {
  if (number == expected) return {};
  return corrupt("it is control record " + std::to_string(number) + ", expected " +
                 std::to_string(expected) + ": one is missing or there twice");
}

}  // namespace

LogFold::LogFold(const format::VerifierKey& first) : sources_(first.name), keys_(first) {}

std::optional<Finding> LogFold::apply(LeafIndex index, Bytes bytes, const Hash& leaf) {
  if (format::is_tombstone(bytes)) {
    const auto follows = sources_.destroyed_event(index, leaf);
    if (follows) return {};
    return Finding{index, "", "event", follows.error().message};
  }
  const auto record = format::decode_record(bytes);
  if (!record) return Finding{index, "", "record", record.error().message};
  auto applied = apply_record(*record, index, bytes, leaf);
  if (applied) return {};
  return Finding{index, sources_.name_of(record->source), check_of(record->kind),
                 applied.error().message};
}

Result<void> LogFold::apply_record(const format::Record& record, LeafIndex index, Bytes bytes,
                                   const Hash& leaf) {
  const format::KindRow kind = format::row_of(record.kind);
  not_understood_.take(record.kind);
  if (kind.is_control) return apply_control(record, kind, {index, leaf});
  if (kind.meaning == format::Meaning::kSeal) {
    ASSIGN_OR_RETURN(const format::Seal seal, sources_.seal(bytes, index, leaf));
    for (const format::SealedRun& run : seal.covered()) retention_.apply_source(index, run.source);
    return {};
  }
  if (kind.meaning == format::Meaning::kMonthSecret) {
    RETURN_IF_ERROR(expect_media_type(record, kind));
    RETURN_IF_ERROR(rules::check_month_secret(retention_, record, index));
  }
  if (kind.meaning == format::Meaning::kHoldText) {
    RETURN_IF_ERROR(expect_media_type(record, kind));
    RETURN_IF_ERROR(rules::check_hold_text(record, keys_.origin()));
  }
  if (kind.meaning == format::Meaning::kReport) RETURN_IF_ERROR(report(record));
  return sources_.event(record, index, leaf);
}

Result<void> LogFold::apply_control(const format::Record& record, const format::KindRow& kind,
                                    const rules::Place& place) {
  const LeafIndex index = place.index;
  RETURN_IF_ERROR(sources_.expect_no_open_batch());
  if (record.source != format::kLogItself)
    return corrupt("only the log itself writes such records");
  RETURN_IF_ERROR(expect_number(record.sequence, next_control_));
  ++next_control_;
  RETURN_IF_ERROR(expect_media_type(record, kind));
  const std::string_view payload = text_of(record.payload);
  switch (kind.meaning) {
    case format::Meaning::kKeys:
      RETURN_IF_ERROR(format::expect_kind_of_key_event(kind.kind, payload));
      return key_event(payload, place);
    case format::Meaning::kSources:
      return sources_.source_event(payload);
    case format::Meaning::kSender:
      return sources_.sender(payload);
    case format::Meaning::kRenewal:
      return renewal(payload, index);
    case format::Meaning::kPolicy:
      return rules::take_policy(retention_, payload, keys_.history(), place);
    case format::Meaning::kHold:
      return rules::take_hold(retention_, payload, keys_.history(), place);
    case format::Meaning::kGrants:
      return grants(payload, index);
    case format::Meaning::kIndex: {
      ASSIGN_OR_RETURN(indexed_,
                       rules::judge_index(indexed_, payload, keys_.origin(), index, retention_));
      return {};
    }
    case format::Meaning::kClock:
      return rules::take_clock(retention_, payload, keys_.origin(), place);
    case format::Meaning::kTimestamp:
      return stated(rules::take_timestamp(retention_, payload, keys_.origin(), place));
    case format::Meaning::kWitnessed:
      return witnessed(payload, index);
    case format::Meaning::kNotice:
      return rules::take_notice(retention_, payload, keys_.origin(), place);
    case format::Meaning::kDisposal:
      return stated(rules::take_disposal(retention_, payload, keys_.history(), place));
    case format::Meaning::kDisposed:
      return rules::take_disposed(retention_, payload, keys_.origin(), place);
    case format::Meaning::kStatement:
      RETURN_IF_ERROR((*kind.check)(payload, keys_.origin()));
      return record.kind == format::Kind::kAuditRun ? count_audit_run(payload, index)
                                                    : Result<void>();
    case format::Meaning::kNotUnderstood:
      CHECK(!kind.is_critical);
      return {};
    case format::Meaning::kEvent:
    case format::Meaning::kSeal:
    case format::Meaning::kMonthSecret:
    case format::Meaning::kHoldText:
    case format::Meaning::kHeartbeat:
    case format::Meaning::kReport:
      break;
  }
  check_failed("a control record that is none", __FILE__, __LINE__);
}

Result<void> LogFold::key_event(std::string_view note, const rules::Place& place) {
  RETURN_IF_ERROR(keys_.apply(place.index, note));
  rules::take_key_event(retention_, note, keys_.history(), place);
  return {};
}

Result<void> LogFold::count_audit_run(std::string_view text, LeafIndex index) {
  ASSIGN_OR_RETURN(const format::AuditRun run, format::parse_audit_run(text));
  audit_runs_ = {audit_runs_.count + 1, index, run.damaged.size()};
  return {};
}

Result<void> LogFold::grants(std::string_view text, LeafIndex index) {
  const rules::GrantsAt* last = grants_.newest ? &*grants_.newest : nullptr;
  ASSIGN_OR_RETURN(format::Grants next, rules::judge_grants(last, text, keys_.origin()));
  grants_ = {grants_.count + 1, rules::GrantsAt{index, std::move(next)}};
  return {};
}

Result<void> LogFold::report(const format::Record& record) {
  RETURN_IF_ERROR(rules::check_report(record, keys_.origin()));
  reports_.access += record.kind == format::Kind::kAccess ? 1u : 0u;
  reports_.refusal += record.kind == format::Kind::kRefusal ? 1u : 0u;
  reports_.loss += record.kind == format::Kind::kLoss ? 1u : 0u;
  return {};
}

Result<void> LogFold::renewal(std::string_view text, LeafIndex index) {
  ASSIGN_OR_RETURN(rules::JudgedRenewal judged,
                   rules::judge_renewal(text, keys_.origin(), index, keys_.history().active()));
  if (judged.breach == rules::RenewalBreach::kOtherLog)
    return corrupt("it is of another log: " + judged.renewal.origin);
  if (judged.breach == rules::RenewalBreach::kOfTheFuture)
    return corrupt("it is of more records than are before it");
  if (judged.breach == rules::RenewalBreach::kUnsigned) return corrupt(std::move(judged.why));
  renewals_.push_back({index, std::move(judged.renewal)});
  return {};
}

Result<void> LogFold::stated(Result<rules::StatedTree> taken) {
  if (!taken) return std::move(taken).error();
  stated_.push_back(std::move(*taken));
  return {};
}

Result<void> LogFold::witnessed(std::string_view note, LeafIndex index) {
  const auto signers = [this](TreeSize size) { return keys_.active_at(size); };
  RETURN_IF_ERROR(stated(
      rules::judge_witnessed(witnessed_.seen, note, keys_.history(), signers, retention_, index)));
  witnessed_.seen = {witnessed_.seen.count + 1, index};
  if (policy_ == nullptr) return {};
  const auto met = demand_quorum(note, *policy_, keys_.history());
  if (!met && met.error().code != Code::kNotFound) return met.error();
  ++witnessed_.judged;
  if (!met) return {};
  ++witnessed_.by_quorum;
  witnessed_.newest_by_quorum = index;
  return {};
}

void LogFold::hold_to(const format::WitnessPolicy& policy) {
  policy_ = &policy;
  const Hash by = merkle::sha256(bytes_of(policy.text()));
  if (by != judged_by_) witnessed_ = {witnessed_.seen, true, 0, 0, {}};
  judged_by_ = by;
  witnessed_.is_held = true;
}

std::optional<Finding> LogFold::finish() const {
  if (auto whole = sources_.expect_no_open_batch(); !whole)
    return Finding{{}, "", "end", whole.error().message};
  return {};
}

void LogFold::encode(ByteWriter& out) const {
  out.u64(next_control_).u32(static_cast<std::uint32_t>(keys_.events().size()));
  for (const rules::KeyEventAt& event : keys_.events())
    out.u64(event.index.value).u32(static_cast<std::uint32_t>(event.note.size())).text(event.note);
  out.u64(audit_runs_.count).u64(audit_runs_.last.value).u64(audit_runs_.damaged);
  out.u64(grants_.count);
  if (grants_.newest) {
    const std::string text = format::grants_text(grants_.newest->grants);
    out.u64(grants_.newest->index.value).u32(static_cast<std::uint32_t>(text.size())).text(text);
  }
  out.u64(indexed_.count).u64(indexed_.end.value);
  out.u64(reports_.access).u64(reports_.refusal).u64(reports_.loss);
  out.u64(witnessed_.seen.count).u64(witnessed_.seen.newest.value).hash(judged_by_);
  out.u64(witnessed_.judged).u64(witnessed_.by_quorum).u64(witnessed_.newest_by_quorum.value);
  out.u32(static_cast<std::uint32_t>(renewals_.size()));
  for (const RenewalAt& at : renewals_) {
    const std::string text = format::renewal_text(at.renewal);
    out.u64(at.index.value).u32(static_cast<std::uint32_t>(text.size())).text(text);
  }
  out.u32(static_cast<std::uint32_t>(stated_.size()));
  for (const rules::StatedTree& stated : stated_) {
    const format::Checkpoint& tree = stated.checkpoint;
    out.u64(stated.record.value).u8(format::number_of(stated.kind));
    out.u64(tree.size.value).hash(tree.root);
  }
  retention_.encode(out);
  sources_.encode(out);
}

Result<void> LogFold::decode(ByteReader& in) {
  next_control_ = in.u64();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const LeafIndex index{in.u64()};
    RETURN_IF_ERROR(keys_.apply(index, text_of(in.take(in.u32()))));
  }
  audit_runs_ = {in.u64(), LeafIndex{in.u64()}, in.u64()};
  grants_ = {in.u64(), {}};
  if (grants_.count != 0) {
    const LeafIndex index{in.u64()};
    ASSIGN_OR_RETURN(format::Grants newest, format::parse_grants(text_of(in.take(in.u32()))));
    grants_.newest = rules::GrantsAt{index, std::move(newest)};
  }
  indexed_ = {in.u64(), TreeSize{in.u64()}};
  reports_ = {in.u64(), in.u64(), in.u64()};
  witnessed_ = {};
  witnessed_.seen = {in.u64(), LeafIndex{in.u64()}};
  judged_by_ = in.hash();
  witnessed_.judged = in.u64();
  witnessed_.by_quorum = in.u64();
  witnessed_.newest_by_quorum = LeafIndex{in.u64()};
  renewals_.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const LeafIndex index{in.u64()};
    ASSIGN_OR_RETURN(const format::Renewal renewal,
                     format::parse_renewal(text_of(in.take(in.u32()))));
    renewals_.push_back({index, renewal});
  }
  stated_.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const LeafIndex record{in.u64()};
    const auto kind = static_cast<format::Kind>(in.u8());
    const TreeSize size{in.u64()};
    stated_.push_back({record, kind, {std::string(keys_.origin()), size, in.hash()}});
  }
  ASSIGN_OR_RETURN(retention_, rules::Retention::decode(in));
  RETURN_IF_ERROR(rules::check_witnessed(witnessed_.seen, retention_));
  return sources_.decode(in);
}

Result<void> LogFold::decode_not_understood(ByteReader& in) {
  not_understood_.decode(in);
  for (const auto& [kind, count] : not_understood_.counts())
    if (format::is_understood(kind))
      return invalid(
          "the saved state is of an older version of this program, which did not understand " +
          format::kind_name(kind) + " records: delete it and audit from the start");
  return {};
}

}  // namespace varve::verify
