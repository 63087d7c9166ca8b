// Which logs there are, and what followed ones show of their keys.
#include <algorithm>
#include <string>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/verify/cosigning.h"
#include "ledger/witness/witness.h"

namespace varve::witness {
namespace {

constexpr std::size_t kKeysMax = 4u << 20;

Result<void> expect_all_of(const KnownLog& before, const rules::KeyTimeline& now) {
  if (!before.proven) return {};
  const auto& then = before.proven->timeline.events();
  if (then.size() <= now.events().size() &&
      std::equal(then.begin(), then.end(), now.events().begin()))
    return {};
  return corrupt("it no longer shows a key event that it showed before");
}

TreeSize size_of(const std::optional<KeptCheckpoint>& kept) {
  return kept ? kept->as.checkpoint.size : TreeSize{};
}

/// What its tree says of what was cosigned last, which may have grown since it was asked.
verify::CosigningJudgement judge_tree(const std::optional<KeptCheckpoint>& kept,
                                      const ShownHistory& shown) {
  const format::SignedCheckpoint& under = shown.keys.under;
  const TreeSize size = size_of(kept);
  if (size != shown.from || under.checkpoint.size < size)
    return {verify::CosigningVerdict::kConflict};
  return verify::judge_cosigning(kept ? std::optional(kept->as) : std::nullopt,
                                 {size, shown.proof, under.note}, under, shown.beginning);
}

Result<void> as_result(verify::CosigningVerdict verdict, const ShownHistory& shown,
                       TreeSize cosigned) {
  if (verdict == verify::CosigningVerdict::kCosign) return {};
  if (cosigned != shown.from)
    return out_of_order(
        "more of it was cosigned while its server was asked: only keys that leave are taken");
  if (verdict == verify::CosigningVerdict::kConflict)
    return busy(
        "its server shows an older tree than the one that was cosigned: only keys that leave are "
        "taken");
  return corrupt(
      "its server does not prove that its tree begins with the one that was cosigned: only keys "
      "that leave are "
      "taken");
}

}  // namespace

Result<SharedLog> Witness::known(const std::string& origin, const format::ListedLog& listed) const {
  KnownLog log{origin, log_id(origin), listed, {}};
  if (!log.is_followed()) {
    log.keys = listed.keys;
    return std::make_shared<const KnownLog>(std::move(log));
  }
  auto row = state_->get(store::WitnessTable::kKeys, log.id);
  if (!row && row.error().code != Code::kCorrupt) return std::move(row).error();
  Result<void> taken;
  if (!row)
    taken = std::move(row).error();
  else if (*row)
    taken = take_key_row(log, **row);
  if (!taken) options_.notice("state_damaged", origin, taken.error().message);
  return std::make_shared<const KnownLog>(std::move(log));
}

Result<void> Witness::set_logs(format::LogList list) {
  leave_out_own_key(list, options_.key);
  {
    const MutexLock alone(writing_);  // what is learnt meanwhile is not lost
    std::vector<SharedLog> logs;
    for (const auto& [origin, listed] : list.logs) {
      ASSIGN_OR_RETURN(SharedLog log, known(origin, listed));
      logs.push_back(std::move(log));
    }
    logs_.replace(std::move(logs));
    std::erase_if(suspected_, [&](const auto& one) { return logs_.find(one.first) == nullptr; });
  }
  for (const std::string& why : list.skipped) options_.notice("list_item_skipped", "", why);
  return {};
}

Result<TreeSize> Witness::cosigned_size(const Hash& log) const {
  ASSIGN_OR_RETURN(auto row, state_->get(store::WitnessTable::kCosigned, log));
  ASSIGN_OR_RETURN(const auto kept, read_kept(std::move(row)));
  return kept ? kept->as.checkpoint.size : TreeSize{};
}

/// By the history that `log` has shown now.
Result<std::optional<Witness::Told>> Witness::judge_evidence(
    const KnownLog& log, const std::optional<format::Contradiction>& of_its_server, Rounds& round) {
  constexpr auto kTable = store::WitnessTable::kContradictions;
  ASSIGN_OR_RETURN(const auto before, round.get(kTable, log.id));
  if (before) return std::optional<Told>{};  // for ever: a log must not revoke its way out
  const auto suspected = suspected_.find(log.id);
  const format::Contradiction* found = nullptr;
  if (of_its_server && is_evidence(log, *of_its_server))
    found = &*of_its_server;
  else if (suspected != suspected_.end() && is_evidence(log, suspected->second))
    found = &suspected->second;
  if (found == nullptr) return std::optional<Told>{};
  RETURN_IF_ERROR(round.put(kTable, log.id, format::format_contradiction(*found)));
  return std::optional<Told>({"log_contradicts", log.origin,
                              "it signed two trees that cannot both be its own: GET /" +
                                  hex(log.id.view()) + "/contradiction is the evidence"});
}

/// Into `log`, and into the round where anything is new.
Result<Witness::Learnt> Witness::take_history(KnownLog& log, ShownHistory& shown, Rounds& round) {
  RETURN_IF_ERROR(round.get(store::WitnessTable::kKeys, log.id));  // a damaged one stays
  RETURN_IF_ERROR(expect_all_of(log, shown.keys.timeline));
  ASSIGN_OR_RETURN(auto row, round.get(store::WitnessTable::kCosigned, log.id));
  ASSIGN_OR_RETURN(const auto kept, read_kept(std::move(row)));
  const verify::CosigningJudgement judged = judge_tree(kept, shown);
  const std::size_t events = shown.keys.timeline.events().size();
  const std::size_t before = log.proven ? log.proven->timeline.events().size() : 0;
  const std::size_t believed = log.believed;
  Learnt learnt;
  learnt.follows = as_result(judged.verdict, shown, size_of(kept));
  if (learnt.follows) log.believed = events;
  log.proven = std::move(shown.keys);
  set_keys(log);
  learnt.is_new = events != before || log.believed != believed;
  learnt.changes = learnt.is_new;
  if (learnt.changes)
    RETURN_IF_ERROR(
        round.put(store::WitnessTable::kKeys, log.id, format_key_row(log.believed, shown.json)));
  ASSIGN_OR_RETURN(learnt.told, judge_evidence(log, judged.contradiction, round));
  learnt.changes = learnt.changes || learnt.told;
  return learnt;
}

Result<bool> Witness::learn(const SharedLog& log, ShownHistory shown) {
  if (shown.json.size() > kKeysMax) return invalid("the history of its keys is larger than 4 MiB");
  Learnt learnt;
  {
    const MutexLock alone(writing_);
    const SharedLog before = logs_.find(log->origin);
    if (before == nullptr || before->listed.keys != log->listed.keys || !before->is_followed())
      return busy("the list of logs has changed meanwhile");
    ASSIGN_OR_RETURN(Rounds round, begin());
    KnownLog next = *before;
    ASSIGN_OR_RETURN(learnt, take_history(next, shown, round));
    if (learnt.changes) RETURN_IF_ERROR(make_durable(std::move(round)));
    suspected_.erase(log->id);
    logs_.update(std::move(next));
  }
  if (learnt.told) options_.notice(learnt.told->event, learnt.told->origin, learnt.told->message);
  RETURN_IF_ERROR(learnt.follows);
  return learnt.is_new;
}

}  // namespace varve::witness
