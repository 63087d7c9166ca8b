// The chain of a source, one batch after the other.
#include "tools/collect/sealer.h"

#include <algorithm>

#include "ledger/merkle/tree.h"

namespace varve::collect {
namespace {

format::Salt fresh_salt(env::Random& random) {
  format::Salt salt;
  random.fill(salt);
  return salt;
}

}  // namespace

Sealer::Sealer(const SourceKey& key, std::string origin, BatchLimits limits, Chain chain,
               env::Clock& clock, env::Random& random)
    : key_(key),
      origin_(std::move(origin)),
      limits_(limits),
      chain_(chain),
      clock_(clock),
      random_(random) {
  limits_.events_max = std::clamp(limits_.events_max, 1u, format::kBatchRecordsMax);
  // One more record and the seal still fit what the log takes.
  limits_.bytes_max = std::min(limits_.bytes_max, format::kBatchBytesMax - 2 * 65'537);
}

Result<void> Sealer::add(format::Kind kind, std::string_view media_type, Bytes payload) {
  format::Record record;
  record.kind = kind;
  record.source = key_.source();
  record.sequence = chain_.next_event + leaves_.size();
  record.time_us = clock_.now_us();
  record.salt = fresh_salt(random_);
  record.media_type = media_type;
  record.payload = payload;
  ASSIGN_OR_RETURN(const Buffer bytes, format::encode_record(record));
  if (empty()) since_ms_ = clock_.steady_ms();
  leaves_.push_back(merkle::leaf_hash(bytes));
  format::append_to_bundle(bundle_, bytes);
  return {};
}

bool Sealer::full() const {
  return leaves_.size() >= limits_.events_max || bundle_.size() >= limits_.bytes_max;
}

std::uint64_t Sealer::due_in_ms() const {
  if (empty()) return limits_.age_max_ms;
  const std::uint64_t age = clock_.steady_ms() - since_ms_;
  return age >= limits_.age_max_ms ? 0 : limits_.age_max_ms - age;
}

Result<Buffer> Sealer::sign_seal(std::uint64_t time_us) {
  format::Seal seal;
  seal.sealer = format::Sealer::kSource;
  seal.source = key_.source();
  seal.sequence = chain_.next_batch;
  seal.time_us = time_us;
  seal.salt = fresh_salt(random_);
  seal.first_sequence = chain_.next_event;
  seal.count = static_cast<std::uint32_t>(leaves_.size());
  seal.previous = chain_.last_seal;
  seal.root = merkle::root_of(leaves_);
  ASSIGN_OR_RETURN(const Buffer message, format::seal_message(seal, origin_));
  seal.signature = key_.sign(message);
  return format::encode_seal(seal);
}

Result<Sealed> Sealer::seal() {
  CHECK(!empty());
  ASSIGN_OR_RETURN(const Buffer seal, sign_seal(clock_.now_us()));
  format::append_to_bundle(bundle_, seal);
  Sealed sealed;
  sealed.sequence = chain_.next_batch;
  sealed.events = static_cast<std::uint32_t>(leaves_.size());
  chain_.next_batch += 1;
  chain_.next_event += leaves_.size();
  chain_.last_seal = merkle::leaf_hash(seal);
  sealed.after = chain_;
  sealed.bytes = std::move(bundle_);
  bundle_.clear();
  leaves_.clear();
  return sealed;
}

}  // namespace varve::collect
