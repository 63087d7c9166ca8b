// A fold in the middle of a log, as it is saved: by the catalogue for the next start, by an auditor
// for the next audit.
#include "ledger/base/codec.h"
#include "ledger/rules/retention.h"

namespace varve::rules {
namespace {

constexpr std::uint8_t kOfThisLog = 1;      // of a stamp
constexpr std::uint8_t kByAWitness = 2;     // likewise
constexpr std::uint8_t kNothingIsLeft = 1;  // of a month
constexpr std::uint8_t kKeysAreLeft = 2;    // its files are gone

void put_text(ByteWriter& out, std::string_view text) {
  out.u32(static_cast<std::uint32_t>(text.size())).text(text);
}

template <class Named>
void put_named(ByteWriter& out, const std::vector<Named>& named) {
  out.u32(static_cast<std::uint32_t>(named.size()));
  for (const Named& one : named) out.hash(one.key).u64(one.since.value);
}

template <class Named>
std::vector<Named> take_named(ByteReader& in) {
  std::vector<Named> named;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const Hash key = in.hash();
    named.push_back({key, LeafIndex{in.u64()}});
  }
  return named;
}

void put_place(ByteWriter& out, const Place& place) {
  out.u64(place.index.value).hash(place.leaf);
}

Place take_place(ByteReader& in) {
  const LeafIndex index{in.u64()};
  return {index, in.hash()};
}

void put_holds(ByteWriter& out, const Holds& holds) {
  out.u32(static_cast<std::uint32_t>(holds.size()));
  for (const auto& [id, hold] : holds) {
    put_text(out, id);
    put_place(out, hold.placed);
    out.u8(static_cast<std::uint8_t>(hold.scope.what));
    out.u32(hold.scope.first_month).u32(hold.scope.last_month).u64(hold.scope.source.value);
    out.hash(hold.placer).u8(hold.is_open ? 1 : 0);
  }
}

Holds take_holds(ByteReader& in) {
  Holds holds;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const std::string id(text_of(in.take(in.u32())));
    Hold& hold = holds[id];
    hold.placed = take_place(in);
    hold.scope.what = static_cast<Scope::What>(in.u8());
    hold.scope.first_month = in.u32();
    hold.scope.last_month = in.u32();
    hold.scope.source = SourceId{in.u64()};
    hold.placer = in.hash();
    hold.is_open = in.u8() == 1;
  }
  return holds;
}

void put_stamps(ByteWriter& out, const std::vector<Stamp>& stamps) {
  out.u32(static_cast<std::uint32_t>(stamps.size()));
  for (const Stamp& stamp : stamps) {
    out.u64(stamp.index.value).hash(stamp.source).u64(stamp.time_us).u64(stamp.accuracy_us);
    const bool is_witness = stamp.type == format::SourceType::kWitness;
    out.u64(stamp.size.value);
    out.u8((stamp.is_of_this_log ? kOfThisLog : 0) | (is_witness ? kByAWitness : 0));
  }
}

std::vector<Stamp> take_stamps(ByteReader& in) {
  std::vector<Stamp> stamps;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    Stamp stamp;
    stamp.index = LeafIndex{in.u64()};
    stamp.source = in.hash();
    stamp.time_us = in.u64();
    stamp.accuracy_us = in.u64();
    stamp.size = TreeSize{in.u64()};
    const std::uint8_t bits = in.u8();
    stamp.is_of_this_log = (bits & kOfThisLog) != 0;
    stamp.type =
        (bits & kByAWitness) != 0 ? format::SourceType::kWitness : format::SourceType::kTimestamp;
    stamps.push_back(stamp);
  }
  return stamps;
}

void put_months(ByteWriter& out, const std::vector<Month>& months) {
  out.u32(static_cast<std::uint32_t>(months.size()));
  for (const Month& month : months) {
    out.u32(month.month).u64(month.first.value).u8(month.is_earlier ? 1 : 0);
    out.u32(static_cast<std::uint32_t>(month.sources.size()));
    for (const SourceId source : month.sources) out.u64(source.value);
    out.u8(month.disposal ? 1 : 0);
    if (month.disposal) put_place(out, *month.disposal);
    out.u32(static_cast<std::uint32_t>(month.tokens.size()));
    for (const format::TokenEnd& token : month.tokens) {
      out.u8(static_cast<std::uint8_t>(token.end));
      put_text(out, token.uri);
    }
    out.u8(month.is_finished ? kNothingIsLeft : (month.files_are_gone ? kKeysAreLeft : 0));
  }
}

std::vector<Month> take_months(ByteReader& in) {
  std::vector<Month> months;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    Month month{in.u32(), LeafIndex{in.u64()}};
    month.is_earlier = in.u8() == 1;
    for (std::uint32_t sources = in.u32(); sources > 0 && in.ok(); --sources)
      month.sources.insert(SourceId{in.u64()});
    if (in.u8() == 1) month.disposal = take_place(in);
    for (std::uint32_t tokens = in.u32(); tokens > 0 && in.ok(); --tokens) {
      const auto end = static_cast<format::KeyEnd>(in.u8());
      month.tokens.push_back({end, std::string(text_of(in.take(in.u32())))});
    }
    const std::uint8_t rest = in.u8();
    month.is_finished = rest == kNothingIsLeft;
    month.files_are_gone = rest == kNothingIsLeft || rest == kKeysAreLeft;
    months.push_back(std::move(month));
  }
  return months;
}

void put_notices(ByteWriter& out, const std::vector<Notice>& notices) {
  out.u32(static_cast<std::uint32_t>(notices.size()));
  for (const Notice& notice : notices) {
    put_place(out, notice.place);
    out.hash(notice.policy).u32(static_cast<std::uint32_t>(notice.months.size()));
    for (const MonthRange& month : notice.months)
      out.u32(month.month).u64(month.first.value).u64(month.end.value);
  }
}

std::vector<Notice> take_notices(ByteReader& in) {
  std::vector<Notice> notices;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    Notice notice{take_place(in), in.hash(), {}};
    for (std::uint32_t months = in.u32(); months > 0 && in.ok(); --months)
      notice.months.push_back({in.u32(), LeafIndex{in.u64()}, LeafIndex{in.u64()}});
    notices.push_back(std::move(notice));
  }
  return notices;
}

}  // namespace

void Timeline::encode(ByteWriter& out) const {
  out.u32(static_cast<std::uint32_t>(points_.size()));
  for (const ClockPoint& p : points_)
    out.u64(p.index.value)
        .u64(p.reading_us)
        .u64(p.running_us)
        .u64(p.earliest_us)
        .u64(p.unproven_us);
  out.u32(static_cast<std::uint32_t>(bounds_.size()));
  for (const Bound& b : bounds_) out.u64(b.size.value).u64(b.latest_us).u64(b.running_us);
}

Timeline Timeline::decode(ByteReader& in) {
  Timeline timeline;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left)
    timeline.points_.push_back({LeafIndex{in.u64()}, in.u64(), in.u64(), in.u64(), in.u64()});
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left)
    timeline.bounds_.push_back({TreeSize{in.u64()}, in.u64(), in.u64()});
  return timeline;
}

void Retention::encode(ByteWriter& out) const {
  timeline_.encode(out);
  put_stamps(out, statements_);
  out.u8(policy_place_ ? 1 : 0);
  if (policy_place_) {
    put_place(out, *policy_place_);
    put_text(out, format::policy_text(policy_));
  }
  out.u32(approvals_needed_);
  put_named(out, approvers_);
  put_named(out, sources_);
  put_months(out, months_);
  put_holds(out, holds_);
  put_notices(out, notices_);
}

Result<Retention> Retention::decode(ByteReader& in) {
  Retention retention;
  retention.timeline_ = Timeline::decode(in);
  retention.statements_ = take_stamps(in);
  if (in.u8() == 1) {
    retention.policy_place_ = take_place(in);
    ASSIGN_OR_RETURN(retention.policy_, format::parse_policy(text_of(in.take(in.u32()))));
  }
  retention.approvals_needed_ = in.u32();
  retention.approvers_ = take_named<Approver>(in);
  retention.sources_ = take_named<NamedSource>(in);
  if (retention.sources_.size() != retention.policy_.sources.size())
    return corrupt("the saved state of retention is damaged");
  for (std::size_t i = 0; i < retention.sources_.size();
       ++i)  // they are the policy's, in its order
    retention.sources_[i].type = retention.policy_.sources[i].type;
  retention.months_ = take_months(in);
  retention.holds_ = take_holds(in);
  retention.notices_ = take_notices(in);
  if (!in.ok() || retention.months_.empty() != retention.timeline_.empty())
    return corrupt("the saved state of retention is damaged");
  return retention;
}

}  // namespace varve::rules
