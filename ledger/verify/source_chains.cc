// The rules that make each source a chain.
#include "ledger/verify/source_chains.h"

#include <utility>

#include "ledger/base/text.h"
#include "ledger/rules/source_event.h"
#include "ledger/verify/edge.h"
#include "ledger/verify/source_text.h"

namespace varve::verify {
namespace {

using std::to_string;

// In a saved state: whether events wait for their seal, and of which sort.
constexpr std::uint8_t kNoBatch = 0;
constexpr std::uint8_t kBatch = 1;
constexpr std::uint8_t kDestroyedBatch = 2;

Error gap(const char* what, std::uint64_t got, std::uint64_t expected) {
  const char* verdict = got > expected ? ": something before it is missing" : ": it is there twice";
  return corrupt(std::string(what) + " is " + to_string(got) + ", expected " + to_string(expected) +
                 verdict);
}

/// Why a source event may not stand there. Requires a breach.
std::string sentence_of(const rules::JudgedSourceEvent& judged) {
  switch (*judged.breach) {
    case rules::SourceBreach::kOtherLog:
      return "it is for another log: " + judged.event.origin;
    case rules::SourceBreach::kUnsigned:
      return "it is not signed by the key that it names: " + judged.why;
    case rules::SourceBreach::kRegistered:
      return "the source was registered before";
    case rules::SourceBreach::kUnknown:
      return "the source whose key it rotates was never registered";
    case rules::SourceBreach::kSameKey:
      return "the source had this key before";
    case rules::SourceBreach::kUnsignedByOld:
      return "it is not signed by the source's key before: " + judged.why;
  }
  return "";
}

}  // namespace

SourceChains::SourceChains(std::string origin) : origin_(std::move(origin)) {
  chains_[format::kLogItself];
}

std::string SourceChains::name_of(SourceId id) const {
  if (id == format::kLogItself) return "the log itself";
  const auto found = chains_.find(id);
  if (found != chains_.end()) return found->second.key->name;
  return "unregistered " + source_text(id);
}

Result<void> SourceChains::event(const format::Record& record, LeafIndex index, const Hash& leaf) {
  const auto chain = chains_.find(record.source);
  if (chain == chains_.end()) return corrupt("its source was never registered");
  if (!open_.batch.may_take(record.source)) return expect_no_open_batch();
  const std::uint64_t expected = open_.batch.next_sequence(chain->second.end);
  if (record.sequence != expected) return gap("the event's number", record.sequence, expected);
  if (open_.batch.is_empty()) open_.first = index;
  open_.batch.take(record.source, record.sequence);
  open_.leaves.append(leaf);
  return {};
}

Result<void> SourceChains::destroyed_event(LeafIndex index, const Hash& leaf) {
  if (!open_.batch.may_take_destroyed()) return expect_no_open_batch();
  if (open_.batch.is_empty()) open_.first = index;
  open_.batch.take_destroyed();
  open_.leaves.append(leaf);
  return {};
}

Result<void> SourceChains::expect_no_open_batch() const {
  if (open_.batch.is_empty()) return {};
  if (open_.batch.is_destroyed())
    return corrupt("the events from record " + to_string(open_.first.value) +
                   " on, whose key was destroyed, were never sealed");
  return corrupt("the events from record " + to_string(open_.first.value) + " on, of " +
                 name_of(open_.batch.source()) + ", were never sealed");
}

Result<void> SourceChains::seal(Bytes bytes, const Hash& leaf) {
  ASSIGN_OR_RETURN(const format::Seal seal, format::decode_seal(bytes));
  const auto chain = chains_.find(seal.source);
  if (chain == chains_.end()) return corrupt("its source was never registered");
  RETURN_IF_ERROR(continues(seal, chain->second));
  RETURN_IF_ERROR(is_signed(seal, chain->second));
  chain->second.end = rules::end_after(seal, leaf);
  open_ = {};
  ++batches_;
  return {};
}

Result<void> SourceChains::continues(const format::Seal& seal, const Chain& chain) const {
  const auto breach = rules::breach_of(seal, chain.end);
  if (breach == rules::ChainBreach::kThereAlready || breach == rules::ChainBreach::kAhead)
    return gap("the batch's number", seal.sequence, chain.end.next_batch);
  if (breach == rules::ChainBreach::kOtherChain)
    return corrupt("batch " + to_string(seal.sequence) +
                   " does not continue this source's chain: "
                   "its previous-seal hash is of another seal");
  if (open_.batch.is_destroyed()) return seals_destroyed(seal, chain);
  if (open_.batch.is_empty() || open_.batch.source() != seal.source)
    return corrupt("batch " + to_string(seal.sequence) +
                   " is sealed but its events are not before the seal");
  if (breach || !open_.batch.is_sealed_by(seal))
    return corrupt("batch " + to_string(seal.sequence) + " sealed events " +
                   to_string(seal.first_sequence) + " to " +
                   to_string(seal.first_sequence + seal.count - 1) + ", before it are " +
                   to_string(open_.batch.count()) + " from " +
                   to_string(open_.batch.first_sequence()) + " on");
  if (seal.root != open_.leaves.root())
    return corrupt("batch " + to_string(seal.sequence) + ", records " +
                   to_string(open_.first.value) + " to " +
                   to_string(open_.first.value + seal.count - 1) +
                   ", is not what was sealed: one of these records was altered or exchanged");
  return {};
}

Result<void> SourceChains::seals_destroyed(const format::Seal& seal, const Chain& chain) const {
  if (rules::breach_of(seal, chain.end))
    return gap("the first event's number", seal.first_sequence, chain.end.next_event);
  if (open_.batch.is_sealed_by(seal) && seal.root == open_.leaves.root()) return {};
  return corrupt("batch " + to_string(seal.sequence) + ", records from " +
                 to_string(open_.first.value) +
                 " on, is not what was sealed: the hashes that are left of it are others");
}

Result<void> SourceChains::is_signed(const format::Seal& seal, const Chain& chain) const {
  const auto sealer = chain.key ? format::Sealer::kSource : format::Sealer::kLog;
  if (seal.sealer != sealer)
    return corrupt("it was sealed by someone who may not seal for this source");
  if (!chain.key) return {};
  ASSIGN_OR_RETURN(const Buffer message, format::seal_message(seal, origin_));
  if (auto ok = format::verify_signature(*chain.key, message, seal.signature); !ok)
    return corrupt("batch " + to_string(seal.sequence) + " is not signed by its source's key");
  return {};
}

Result<void> SourceChains::source_event(std::string_view note) {
  const auto key_of = [this](SourceId id) {
    const auto known = chains_.find(id);
    const bool has_key = known != chains_.end() && known->second.key;
    return has_key ? &*known->second.key : nullptr;
  };
  ASSIGN_OR_RETURN(rules::JudgedSourceEvent judged,
                   rules::judge_source_event(note, origin_, key_of));
  if (judged.breach) return corrupt(sentence_of(judged));
  chains_[judged.id].key = std::move(judged.event.key);
  return {};
}

void SourceChains::encode(ByteWriter& out) const {
  out.u64(batches_).u32(static_cast<std::uint32_t>(chains_.size()));
  for (const auto& [id, chain] : chains_) {
    const std::string key = chain.key ? format::format_vkey(*chain.key) : "";
    out.u64(id.value).u64(chain.end.next_batch).u64(chain.end.next_event);
    out.hash(chain.end.last_seal);
    out.u32(static_cast<std::uint32_t>(key.size())).text(key);
  }
  const rules::OpenBatch& batch = open_.batch;
  out.u8(batch.is_empty() ? kNoBatch : batch.is_destroyed() ? kDestroyedBatch : kBatch);
  if (batch.is_empty()) return;
  out.u64(batch.source().value).u64(open_.first.value).u64(batch.first_sequence());
  encode_frontier(out, open_.leaves);
}

Result<void> SourceChains::decode(ByteReader& in) {
  chains_.clear();
  batches_ = in.u64();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    Chain& chain = chains_[SourceId{in.u64()}];
    chain.end = {in.u64(), in.u64(), in.hash()};
    const std::string key(text_of(in.take(in.u32())));
    if (key.empty()) continue;
    ASSIGN_OR_RETURN(chain.key, format::parse_vkey(key));
  }
  open_ = {};
  if (const std::uint8_t kind = in.u8(); kind == kBatch || kind == kDestroyedBatch) {
    const SourceId source{in.u64()};
    open_.first = LeafIndex{in.u64()};
    const std::uint64_t first_sequence = in.u64();
    ASSIGN_OR_RETURN(open_.leaves, decode_frontier(in));
    open_.batch = rules::OpenBatch::of(source, first_sequence, open_.leaves.size().value,
                                       kind == kDestroyedBatch);
  }
  if (!in.ok() || !chains_.contains(format::kLogItself))
    return corrupt("the saved state of the sources is damaged");
  return {};
}

}  // namespace varve::verify
