// Two maps over the same logs.
#include "ledger/witness/known_logs.h"

#include <utility>

#include "ledger/merkle/tree.h"
#include "ledger/verify/contradictions.h"

namespace varve::witness {

Hash log_id(std::string_view origin) {
  return merkle::sha256(bytes_of(origin));
}

std::vector<format::VerifierKey> signing_keys(const rules::KeyHistory& history) {
  std::vector<format::VerifierKey> keys = history.active();
  if (const format::VerifierKey* key = history.witness_key()) keys.push_back(*key);
  return keys;
}

bool is_evidence(const KnownLog& log, const format::Contradiction& contradiction) {
  if (!log.proven) return true;
  const verify::Trust trust{log.origin, log.listed.keys.front(), log.proven->timeline,
                            log.proven->under.checkpoint};
  return verify::verify_contradiction(format::format_contradiction(contradiction), trust)
      .has_value();
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
  if (found == logs_.end() || found->second->listed.keys != log.listed.keys) return;
  log.listed = found->second->listed;  // the list may be newer
  found->second = std::make_shared<const KnownLog>(std::move(log));
  by_id_[found->second->id] = found->second;
}

}  // namespace varve::witness
