// Two maps over the same logs.
#include "ledger/witness/known_logs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "ledger/format/lines.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/contradictions.h"

namespace varve::witness {
namespace {

constexpr std::string_view kEventsLabel = "events ";

std::vector<format::VerifierKey> signing_keys(const rules::KeyHistory& history) {
  std::vector<format::VerifierKey> keys = history.active();
  if (const format::VerifierKey* key = history.witness_key()) keys.push_back(*key);
  return keys;
}

}  // namespace

Hash log_id(std::string_view origin) {
  return merkle::sha256(bytes_of(origin));
}

std::string format_key_row(std::size_t believed, std::string_view json) {
  return std::string(kEventsLabel) + std::to_string(believed) + "\n" + std::string(json);
}

Result<void> take_key_row(KnownLog& log, std::string_view row) {
  const auto believed = decode_decimal(format::take_labelled(row, kEventsLabel).value_or(""));
  if (!believed) return corrupt("what the log has shown of its keys was not written by a witness");
  auto proven = verify::open_keys(row, log.listed.keys.front());
  if (!proven) return {};
  log.believed = static_cast<std::size_t>(*believed);
  log.proven = std::move(*proven);
  set_keys(log);
  return {};
}

void set_keys(KnownLog& log) {
  const rules::KeyTimeline& all = log.proven->timeline;
  log.keys = signing_keys(all.history());
  if (log.believed >= all.events().size()) return;
  rules::KeyTimeline then(log.listed.keys.front());
  for (std::size_t i = 0; i < log.believed; ++i)
    CHECK(then.apply(all.events()[i].index, all.events()[i].note).has_value());
  const auto before =
      log.believed == 0 ? std::vector<format::VerifierKey>{} : signing_keys(then.history());
  std::erase_if(log.keys, [&](const format::VerifierKey& key) {
    return std::ranges::find(before, key) == before.end();
  });
}

bool is_evidence(const KnownLog& log, const format::Contradiction& contradiction) {
  if (!log.is_followed()) return true;
  if (!log.proven) return false;
  const verify::Trust trust{log.origin, log.listed.keys.front(), log.proven->timeline,
                            log.proven->under.checkpoint};
  return verify::verify_contradiction(format::format_contradiction(contradiction), trust)
      .has_value();
}

void leave_out_own_key(format::LogList& list, const format::CosignerKey& own) {
  const auto is_own = [&](const format::VerifierKey& key) { return key.key == own.key; };
  for (auto item = list.logs.begin(); item != list.logs.end();) {
    auto& keys = item->second.keys;
    if (std::erase_if(keys, is_own) != 0)
      list.skip("the log " + visible(item->first) + " has this witness's own key");
    item = keys.empty() ? list.logs.erase(item) : std::next(item);
  }
}

SharedLog KnownLogs::find(std::string_view origin) const {
  const MutexLock lock(mutex_);
  const auto found = logs_.find(origin);
  return found == logs_.end() ? nullptr : found->second;
}

SharedLog KnownLogs::find(const Hash& id) const {
  const MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::size_t KnownLogs::size() const {
  const MutexLock lock(mutex_);
  return logs_.size();
}

void KnownLogs::replace(std::vector<SharedLog> logs) {
  ByOrigin by_origin;
  std::map<Hash, SharedLog> by_id;
  for (SharedLog& log : logs) {
    by_id.emplace(log->id, log);
    by_origin.emplace(log->origin, std::move(log));
  }
  const MutexLock lock(mutex_);
  logs_.swap(by_origin);
  by_id_.swap(by_id);
}

void KnownLogs::update(KnownLog log) {
  const MutexLock lock(mutex_);
  const auto found = logs_.find(log.origin);
  CHECK(found != logs_.end());
  found->second = std::make_shared<const KnownLog>(std::move(log));
  by_id_[found->second->id] = found->second;
}

}  // namespace varve::witness
