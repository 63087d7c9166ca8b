// The fold of retention's records.
#include "ledger/rules/retention.h"

#include <algorithm>

#include "ledger/base/key_period.h"

namespace varve::rules {
namespace {

/// Keeps since when each key has been named without a break.
std::vector<Approver> renamed(const std::vector<Approver>& before, const std::vector<Hash>& keys,
                              LeafIndex at) {
  std::vector<Approver> named;
  for (const Hash& key : keys) {
    const auto known = std::ranges::find(before, key, &Approver::key);
    named.push_back({key, known == before.end() ? at : known->since});
  }
  return named;
}

}  // namespace

void Retention::apply(const ClockAct& act) {
  if (timeline_.empty()) begin_months(act);
  timeline_.add(act.place.index, act.clock);
  statements_.clear();
  const std::uint32_t month = month_of_reading(act.clock.reading_us);
  if (months_.back().month < month) months_.push_back({month, act.place.index});
}

/// Records before the first clock record are of the months that it names, or of its own.
void Retention::begin_months(const ClockAct& act) {
  for (const format::EarlierMonth& earlier : act.clock.earlier)
    months_.push_back({earlier.month, earlier.first, {}, true});
  if (months_.empty()) months_.push_back({month_of_reading(act.clock.reading_us), LeafIndex{0}});
}

void Retention::apply(const Stamp& statement) {
  statements_.push_back(statement);
}

void Retention::apply(const PolicyAct& act) {
  std::vector<NamedSource> named;
  for (const format::TimeSource& source : act.policy.sources) {
    const NamedSource* const known = find_source(source.key, source.type);
    named.push_back({source.key, known == nullptr ? act.place.index : known->since, source.type});
  }
  sources_ = std::move(named);
  policy_ = act.policy;
  policy_place_ = act.place;
}

void Retention::apply(const ApproversAct& act) {
  approvers_ = renamed(approvers_, act.approvers, act.place.index);
  approvals_needed_ = act.needed;
}

void Retention::apply(const HoldAct& act) {
  holds_.insert_or_assign(act.id,
                          Hold{act.place, act.scope, placer_of(act.signers).value_or(Hash{})});
}

void Retention::apply(const ReleaseAct& act) {
  const auto hold = holds_.find(act.id);
  if (hold != holds_.end()) hold->second.is_open = false;
}

void Retention::apply(const NoticeAct& act) {
  notices_.push_back({act.place, act.policy, act.months});
}

void Retention::apply(const DisposalAct& act) {
  for (const MonthRange& range : act.months)
    if (Month* const month = known_month(range.month)) month->disposal = act.place;
}

void Retention::apply(const DisposedAct& act) {
  Month* const month = known_month(act.month);
  if (month == nullptr) return;
  for (const format::TokenEnd& now : act.tokens) {
    const auto known = std::ranges::find(month->tokens, now.uri, &format::TokenEnd::uri);
    if (known == month->tokens.end())
      month->tokens.push_back(now);
    else
      *known = now;
  }
  month->files_are_gone = act.files_removed || act.is_complete;
  month->is_finished = act.is_complete;
}

bool Month::keys_are_gone() const {
  return !tokens.empty() && std::ranges::none_of(tokens, format::is_left);
}

void Retention::apply_source(LeafIndex index, SourceId source) {
  if (const Month* const month = month_of(index)) known_month(month->month)->sources.insert(source);
}

std::optional<Hash> Retention::placer_of(const Signers& signers) const {
  for (const Approver& approver : approvers_)
    if (std::ranges::find(signers.approvers, approver.key) != signers.approvers.end())
      return approver.key;
  return signers.active_key ? std::optional(Hash{}) : std::nullopt;
}

std::size_t Retention::open_holds_of(const Hash& placer) const {
  return static_cast<std::size_t>(std::ranges::count_if(holds_, [&](const auto& hold) {
    return hold.second.is_open && hold.second.placer == placer;
  }));
}

const NamedSource* Retention::find_source(const Hash& key, format::SourceType type) const {
  const auto at = std::ranges::find_if(
      sources_, [&](const NamedSource& one) { return one.key == key && one.type == type; });
  return at == sources_.end() ? nullptr : &*at;
}

const Notice* Retention::find_notice(const Hash& leaf) const {
  const auto at =
      std::ranges::find_if(notices_, [&](const Notice& n) { return n.place.leaf == leaf; });
  return at == notices_.end() ? nullptr : &*at;
}

std::uint32_t Retention::month_of_reading(std::uint64_t reading_us) const {
  return key_period_of(reading_us, key_period(0).minutes).number;
}

const Month* Retention::month_of(LeafIndex record) const {
  const auto behind = std::ranges::upper_bound(months_, record, {}, &Month::first);
  return behind == months_.begin() ? nullptr : &*(behind - 1);
}

const Month* Retention::find_month(std::uint32_t month) const {
  const auto at = std::ranges::lower_bound(months_, month, {}, &Month::month);
  return at == months_.end() || at->month != month ? nullptr : &*at;
}

std::shared_ptr<const Retention> Retention::image() {
  for (Month& month : months_) month.sources.share();
  return std::make_shared<const Retention>(*this);
}

Month* Retention::known_month(std::uint32_t month) {
  const auto at = std::ranges::lower_bound(months_, month, {}, &Month::month);
  return at == months_.end() || at->month != month ? nullptr : &*at;
}

std::optional<MonthRange> Retention::range_of(const Month& month) const {
  const auto next = std::ranges::upper_bound(months_, month.month, {}, &Month::month);
  if (next == months_.end()) return std::nullopt;
  return MonthRange{month.month, month.first, next->first};
}

bool Retention::covers(const Hold& hold, const Month& month) const {
  const Month* const placed = month_of(hold.placed.index);  // its text stands there (R18)
  if (placed != nullptr && placed->month == month.month) return true;
  switch (hold.scope.what) {
    case Scope::What::kAll:
      return true;
    case Scope::What::kMonths:
      return hold.scope.first_month <= month.month && month.month <= hold.scope.last_month;
    case Scope::What::kSource:
      return month.is_earlier || month.sources.contains(hold.scope.source);
  }
  return true;
}

std::uint64_t Retention::remaining_us(const MonthRange& month) const {
  if (month.end.value == 0) return period_us(policy_);
  return timeline_.missing_us(LeafIndex{month.end.value - 1}, period_us(policy_));  // its youngest
}

std::uint64_t Retention::due_reading_us(const MonthRange& month) const {
  return timeline_.reading_after(remaining_us(month));
}

std::optional<Place> Retention::disposal_of(LeafIndex record) const {
  const Month* const month = month_of(record);
  return month == nullptr ? std::nullopt : month->disposal;
}

}  // namespace varve::rules
