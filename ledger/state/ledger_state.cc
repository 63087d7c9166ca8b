// The fold over records.
#include "ledger/state/ledger_state.h"

#include <algorithm>
#include <span>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/rules/approver_rules.h"
#include "ledger/rules/renewal_rules.h"
#include "ledger/rules/retention_records.h"
#include "ledger/state/refusals.h"

namespace varve::state {
namespace {

Error not_next(const char* what, std::uint64_t got, std::uint64_t expected) {
  return invalid(std::string(what) + " is " + std::to_string(got) + ", expected " +
                 std::to_string(expected));
}

}  // namespace

LedgerState::LedgerState(std::string origin, format::VerifierKey first_key)
    : first_key_(first_key),
      keys_(rules::KeyHistory::trusting(std::move(origin), std::move(first_key))),
      newest_keys_(keys_after(0)) {}

std::shared_ptr<const LogKeys> LedgerState::keys_after(std::size_t events) const {
  auto keys =
      std::make_shared<LogKeys>(LogKeys{rules::KeyHistory::trusting(origin(), first_key_), {}});
  for (const rules::KeyEventAt& event : std::span(key_events_).first(events)) {
    CHECK(keys->history.apply(event.note));  // it was applied before
    keys->events.push_back(event.index);
  }
  return keys;
}

std::shared_ptr<const LogKeys> LedgerState::keys_at(TreeSize size) const {
  const auto later = std::ranges::find_if(
      key_events_, [&](const rules::KeyEventAt& event) { return !contains(size, event.index); });
  if (later == key_events_.end()) return newest_keys_;
  return keys_after(static_cast<std::size_t>(later - key_events_.begin()));
}

void LedgerState::show_retention(TreeSize end) {
  shown_.emplace_back(end, retention_.image());
}

std::shared_ptr<const rules::Retention> LedgerState::retention_at(TreeSize size) {
  while (shown_.size() > 1 && shown_[1].first <= size) shown_.pop_front();
  CHECK(!shown_.empty());
  return shown_.front().second;
}

std::shared_ptr<const rules::GrantsAt> LedgerState::grants_at(TreeSize size) {
  while (grants_.size() > 1 && contains(size, grants_[1]->index)) grants_.pop_front();
  return grants_.empty() || !contains(size, grants_.front()->index) ? nullptr : grants_.front();
}

rules::Indexed LedgerState::indexed_at(TreeSize size) {
  while (indexed_.size() > 1 && contains(size, indexed_[1].first)) indexed_.pop_front();
  return indexed_.front().second;
}

rules::WitnessedSeen LedgerState::witnessed_at(TreeSize size) {
  while (witnessed_.size() > 1 && contains(size, witnessed_[1].newest)) witnessed_.pop_front();
  return witnessed_.front();
}

const rules::GrantsAt* LedgerState::newest_grants() const {
  return grants_.empty() ? nullptr : grants_.back().get();
}

Result<void> LedgerState::apply_grants(const std::string& text, LeafIndex index) {
  ASSIGN_OR_RETURN(format::Grants grants, rules::judge_grants(newest_grants(), text, origin()));
  grants_.push_back(
      std::make_shared<const rules::GrantsAt>(rules::GrantsAt{index, std::move(grants)}));
  return {};
}

Result<void> LedgerState::apply_key_event(const std::string& note, const rules::Place& place) {
  RETURN_IF_ERROR(is_new(note));
  RETURN_IF_ERROR(keys_.apply(note));
  key_events_.push_back({place.index, note});
  rules::take_key_event(retention_, note, keys_, place);
  newest_keys_ = keys_after(key_events_.size());
  return {};
}

Result<void> LedgerState::apply_index(const std::string& text, LeafIndex index) {
  ASSIGN_OR_RETURN(const rules::Indexed next,
                   rules::judge_index(indexed_.back().second, text, origin(), index, retention_));
  indexed_.emplace_back(index, next);
  return {};
}

Result<void> LedgerState::judge_witnessed(const std::string& note, LeafIndex index) const {
  const auto signers = [this](TreeSize size) { return keys_at(size)->history.active(); };
  auto tree = rules::judge_witnessed(witnessed_.back(), note, keys_, signers, retention_, index);
  return tree ? Result<void>{} : tree.error();
}

Result<void> LedgerState::apply_witnessed(const std::string& note, LeafIndex index) {
  RETURN_IF_ERROR(judge_witnessed(note, index));
  witnessed_.push_back({witnessed_.back().count + 1, index});
  return {};
}

Result<void> LedgerState::apply(const format::Record& record, Bytes bytes, const Hash& leaf,
                                LeafIndex index) {
  const format::KindRow kind = format::row_of(record.kind);
  if (kind.is_control) {
    if (record.source != format::kLogItself)
      return invalid("a control record does not come from the log itself");
    if (record.sequence != own_.next_control)
      return not_next("the control record's number", record.sequence, own_.next_control);
    return apply_control(record.kind, std::string(text_of(record.payload)), {index, leaf});
  }
  if (kind.meaning == format::Meaning::kMonthSecret)
    return rules::check_month_secret(retention_, record, index);
  if (kind.meaning == format::Meaning::kHoldText) return rules::check_hold_text(record, origin());
  if (kind.meaning == format::Meaning::kHeartbeat) return hear(record, index);
  if (kind.meaning == format::Meaning::kReport) return rules::check_report(record, origin());
  if (!rules::may_be_nobodys(record, names_senders_))
    return invalid("the event names no sender, although this log knows who sends");
  if (kind.meaning != format::Meaning::kSeal)
    return {};  // its number is checked by the seal that follows
  ASSIGN_OR_RETURN(const format::Seal seal, format::decode_seal(bytes));
  RETURN_IF_ERROR(may_follow(seal));
  advance(seal, {index, leaf});
  return {};
}

std::optional<rules::KnownSource> LedgerState::known_source(SourceId id) const {
  if (id == format::kLogItself) return rules::KnownSource{format::Sealer::kLog, own_};
  const auto found = sources_.find(id);
  if (found == sources_.end()) return std::nullopt;
  const SourceState& source = found->second;
  return rules::KnownSource{source.key ? format::Sealer::kSource : format::Sealer::kLog, source};
}

Result<void> LedgerState::may_follow(const format::Seal& seal) const {
  const auto breach = rules::breach_of(seal, [this](SourceId id) { return known_source(id); });
  if (!breach) return {};
  switch (breach->what) {
    case rules::ChainBreach::kUnregistered:
      return not_registered();
    case rules::ChainBreach::kThereAlready:
      return worm("batch " + std::to_string(seal.sequence) +
                  " of this source is in the log already");
    case rules::ChainBreach::kAhead:
      return out_of_order("this is batch " + std::to_string(seal.sequence) + ", send batch " +
                          std::to_string(breach->expected) + " first");
    case rules::ChainBreach::kOtherChain:
      return invalid(
          "the seal does not continue this source's chain: its previous-seal hash is wrong");
    case rules::ChainBreach::kOtherSealer:
      return invalid("it is sealed by someone who may not seal for this source");
    case rules::ChainBreach::kOtherEvents:
      return not_next("the first event's number", breach->got, breach->expected);
  }
  check_failed("a breach that is none", __FILE__, __LINE__);
}

void LedgerState::advance(const format::Seal& seal, const rules::Place& place) {
  rules::advance(seal, place.leaf, [this](SourceId id) -> rules::ChainEnd& {
    if (id == format::kLogItself) return own_;
    return sources_.at(id);
  });
  std::uint64_t end = place.index.value - seal.count;
  for (const format::SealedRun& run : seal.covered()) {
    end += run.count;
    retention_.apply_source(place.index, run.source);
    if (run.source == format::kLogItself) continue;
    SourceState& source = sources_.at(run.source);
    source.last_event = LeafIndex{end - 1};
    source.last_sealed_us = seal.time_us;
    if (source.heartbeat && source.heartbeat->index != source.last_event) source.heartbeat.reset();
  }
}

Result<void> LedgerState::hear(const format::Record& record, LeafIndex index) {
  const auto by = known_source(record.source);
  if (!by) return not_registered();
  ASSIGN_OR_RETURN(const format::Heartbeat heard, rules::judge_heartbeat(record, by->sealer));
  sources_.at(record.source).heartbeat = {index, heard};
  return {};
}

/// No text of a key event can come twice: a key joins once and leaves once. Signatures may differ.
Result<void> LedgerState::is_new(const std::string& key_event) const {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(key_event));
  for (const rules::KeyEventAt& known : key_events_)
    if (known.note.starts_with(note.text + "\n"))
      return worm("this key event is in the log already, as record " +
                  std::to_string(known.index.value));
  return {};
}

Result<void> LedgerState::may_admit(format::Kind kind, const std::string& note) const {
  if (kind == format::Kind::kSourceEvent) return may_register(note);
  if (kind == format::Kind::kGrants) {
    RETURN_IF_ERROR(rules::judge_grants(newest_grants(), note, origin()));
  }
  constexpr LeafIndex kLast{UINT64_MAX};  // where it will stand is not known yet
  if (kind == format::Kind::kIndexCommitment) {
    RETURN_IF_ERROR(rules::judge_index(indexed_.back().second, note, origin(), kLast, retention_));
  }
  if (kind == format::Kind::kWitnessed)  // no clock record is in front of one that is refused
    RETURN_IF_ERROR(judge_witnessed(note, kLast));
  if (format::row_of(kind).meaning != format::Meaning::kKeys) return {};
  RETURN_IF_ERROR(format::expect_kind_of_key_event(kind, note));
  RETURN_IF_ERROR(is_new(note));
  RETURN_IF_ERROR(rules::may_admit(keys_, note));
  return rules::KeyHistory(keys_).apply(note);
}

Result<void> LedgerState::may_register(const std::string& note) const {
  ASSIGN_OR_RETURN(const rules::JudgedSourceEvent judged,
                   rules::judge_source_event(note, origin(), true, registered()));
  if (judged.breach == rules::SourceBreach::kReserved) return is_reserved();
  return {};
}

Result<void> LedgerState::judge_on(rules::Retention& trial, format::Kind kind,
                                   const std::string& note, const rules::Place& place) const {
  switch (format::row_of(kind).meaning) {
    case format::Meaning::kPolicy:
      return rules::take_policy(trial, note, keys_, place);
    case format::Meaning::kHold:
      return rules::take_hold(trial, note, keys_, place);
    case format::Meaning::kNotice:
      return rules::take_notice(trial, note, origin(), place);
    case format::Meaning::kDisposal:
      RETURN_IF_ERROR(rules::take_disposal(trial, note, keys_, place));
      return {};
    case format::Meaning::kDisposed:
      return rules::take_disposed(trial, note, origin(), place);
    default:
      check_failed("a record that says nothing of retention", __FILE__, __LINE__);
  }
}

Result<void> LedgerState::apply_control(format::Kind kind, const std::string& note,
                                        const rules::Place& place) {
  const format::KindRow row = format::row_of(kind);
  CHECK(row.is_control);
  switch (row.meaning) {
    case format::Meaning::kKeys:
      RETURN_IF_ERROR(format::expect_kind_of_key_event(kind, note));
      RETURN_IF_ERROR(apply_key_event(note, place));
      break;
    case format::Meaning::kSources:
      RETURN_IF_ERROR(apply_source_event(note));
      break;
    case format::Meaning::kSender:
      RETURN_IF_ERROR(apply_sender(note));
      break;
    case format::Meaning::kRenewal:
      RETURN_IF_ERROR(check_renewal(note, place.index));
      break;
    case format::Meaning::kPolicy:
    case format::Meaning::kHold:
    case format::Meaning::kNotice:
    case format::Meaning::kDisposal:
    case format::Meaning::kDisposed:
      RETURN_IF_ERROR(judge_on(retention_, kind, note, place));
      break;
    case format::Meaning::kGrants:
      RETURN_IF_ERROR(apply_grants(note, place.index));
      break;
    case format::Meaning::kIndex:
      RETURN_IF_ERROR(apply_index(note, place.index));
      break;
    case format::Meaning::kClock:
      RETURN_IF_ERROR(rules::take_clock(retention_, note, origin(), place));
      break;
    case format::Meaning::kTimestamp:
      RETURN_IF_ERROR(rules::take_timestamp(retention_, note, origin(), place));
      break;
    case format::Meaning::kWitnessed:
      RETURN_IF_ERROR(apply_witnessed(note, place.index));
      break;
    case format::Meaning::kStatement:
      RETURN_IF_ERROR((*row.check)(note, origin()));
      break;
    case format::Meaning::kNotUnderstood:
      CHECK(!row.is_critical);
      break;
    case format::Meaning::kEvent:
    case format::Meaning::kSeal:
    case format::Meaning::kMonthSecret:
    case format::Meaning::kHoldText:
    case format::Meaning::kHeartbeat:
    case format::Meaning::kReport:
      check_failed("a control record that is none", __FILE__, __LINE__);
  }
  ++own_.next_control;
  return {};
}

/// Changes nothing. That its root is the tree's is checked where the tree is: see Log.
Result<void> LedgerState::check_renewal(const std::string& text, LeafIndex index) const {
  ASSIGN_OR_RETURN(const rules::JudgedRenewal judged,
                   rules::judge_renewal(text, origin(), index, keys_.active()));
  if (judged.breach == rules::RenewalBreach::kOtherLog)
    return invalid("the renewal is of the log " + judged.renewal.origin);
  if (judged.breach == rules::RenewalBreach::kOfTheFuture)
    return invalid("the renewal is of more records than the log has");
  if (judged.breach == rules::RenewalBreach::kUnsigned)
    return corrupt("the renewal is not signed by an active key of the log");
  return {};
}

/// How the rules ask for a source; the key that they are shown stays the map's.
rules::RegisteredAs LedgerState::registered() const {
  return [this](SourceId id) -> std::optional<rules::Registered> {
    const auto known = sources_.find(id);
    if (known == sources_.end()) return std::nullopt;
    const auto& key = known->second.key;
    return rules::Registered{key ? &*key : nullptr};
  };
}

Result<void> LedgerState::apply_source_event(const std::string& text) {
  ASSIGN_OR_RETURN(rules::JudgedSourceEvent judged,
                   rules::judge_source_event(text, origin(), names_senders_, registered()));
  if (judged.breach) return refusal_of(judged, registered()(judged.id));
  SourceState& source = sources_[judged.id];
  source.name = judged.event.key.name;
  source.key = std::move(judged.event.key);
  return {};
}

Result<void> LedgerState::apply_sender(const std::string& text) {
  ASSIGN_OR_RETURN(rules::JudgedSender judged, rules::judge_sender(text, origin(), registered()));
  if (judged.breach == rules::SourceBreach::kOtherLog)
    return invalid("the sender record is of the log " + judged.record.origin);
  if (judged.breach)
    return invalid("the source " + judged.source +
                   " is registered already: give this sender another name");
  sources_[judged.id].name = std::move(judged.source);
  names_senders_ = true;
  return {};
}

Result<SourceState> LedgerState::source(SourceId id) const {
  const auto found = sources_.find(id);
  if (found == sources_.end()) return not_registered();
  return found->second;
}

Buffer LedgerState::encode() const {
  store::StateRow row{own_, key_events_, {}, {}, {}, {}, witnessed_.back(), {}};
  if (const rules::GrantsAt* newest = newest_grants()) {
    row.grants_index = newest->index;
    row.grants = format::grants_text(newest->grants);
  }
  row.indexed = indexed_.back().second;
  ByteWriter retention(row.retention);
  retention_.encode(retention);
  for (const auto& [id, chain] : sources_)
    row.sources.push_back({id, chain, chain.last_event, chain.last_sealed_us, chain.name,
                           chain.key ? format::format_vkey(*chain.key) : ""});
  return store::encode_state(row);
}

Result<void> LedgerState::restore(Bytes encoded) {
  ASSIGN_OR_RETURN(store::StateRow row, store::decode_state(encoded));
  LedgerState next(origin(), first_key_);
  next.own_ = row.own;
  for (const rules::KeyEventAt& event : row.key_events)
    RETURN_IF_ERROR(next.keys_.apply(event.note));
  next.key_events_ = std::move(row.key_events);
  for (store::SourceRow& source : row.sources) {
    SourceState chain{source.end,        std::move(source.name), {},
                      source.last_event, source.last_sealed_us,  {}};
    if (!source.vkey.empty()) {
      ASSIGN_OR_RETURN(chain.key, format::parse_vkey(source.vkey));
    }
    next.names_senders_ = next.names_senders_ || !chain.key;
    next.sources_.emplace(source.id, std::move(chain));
  }
  if (!row.grants.empty()) {
    ASSIGN_OR_RETURN(format::Grants grants, format::parse_grants(row.grants));
    next.grants_.push_back(std::make_shared<const rules::GrantsAt>(
        rules::GrantsAt{row.grants_index, std::move(grants)}));
  }
  next.indexed_ = {{LeafIndex{}, row.indexed}};
  next.witnessed_ = {row.witnessed};
  ByteReader retention(row.retention);
  ASSIGN_OR_RETURN(next.retention_, rules::Retention::decode(retention));
  RETURN_IF_ERROR(rules::check_witnessed(row.witnessed, next.retention_));
  next.newest_keys_ = next.keys_after(next.key_events_.size());
  *this = std::move(next);
  return {};
}

}  // namespace varve::state
