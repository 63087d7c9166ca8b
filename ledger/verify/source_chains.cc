// The rules that make each source a chain.
#include "ledger/verify/source_chains.h"

#include <span>

#include "ledger/base/text.h"
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

Result<void> signed_by(const format::Note& note, const format::VerifierKey& key, const char* who) {
  const auto signers = format::verify_note(note, std::span(&key, 1));
  if (!signers)
    return corrupt(std::string("it is not signed by ") + who + ": " + signers.error().message);
  return {};
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
  if (open_ && (open_->destroyed || open_->source != record.source)) return expect_no_open_batch();
  const std::uint64_t expected =
      chain->second.next_event + (open_ ? open_->leaves.size().value : 0);
  if (record.sequence != expected) return gap("the event's number", record.sequence, expected);
  if (!open_) open_ = OpenBatch{record.source, index, record.sequence, {}, false};
  open_->leaves.append(leaf);
  return {};
}

Result<void> SourceChains::destroyed_event(LeafIndex index, const Hash& leaf) {
  if (open_ && !open_->destroyed) return expect_no_open_batch();
  if (!open_) open_ = OpenBatch{format::kLogItself, index, 0, {}, true};
  open_->leaves.append(leaf);
  return {};
}

Result<void> SourceChains::expect_no_open_batch() const {
  if (!open_) return {};
  if (open_->destroyed)
    return corrupt("the events from record " + to_string(open_->first.value) +
                   " on, whose key was destroyed, were never sealed");
  return corrupt("the events from record " + to_string(open_->first.value) + " on, of " +
                 name_of(open_->source) + ", were never sealed");
}

Result<void> SourceChains::seal(Bytes bytes, const Hash& leaf) {
  ASSIGN_OR_RETURN(const format::Seal seal, format::decode_seal(bytes));
  const auto chain = chains_.find(seal.source);
  if (chain == chains_.end()) return corrupt("its source was never registered");
  RETURN_IF_ERROR(continues(seal, chain->second));
  RETURN_IF_ERROR(is_signed(seal, chain->second));
  chain->second.next_batch = seal.sequence + 1;
  chain->second.next_event = seal.first_sequence + seal.count;
  chain->second.last_seal = leaf;
  open_.reset();
  ++batches_;
  return {};
}

Result<void> SourceChains::continues(const format::Seal& seal, const Chain& chain) const {
  if (seal.sequence != chain.next_batch)
    return gap("the batch's number", seal.sequence, chain.next_batch);
  if (seal.previous != chain.last_seal)
    return corrupt("batch " + to_string(seal.sequence) +
                   " does not continue this source's chain: "
                   "its previous-seal hash is of another seal");
  if (open_ && open_->destroyed) return seals_destroyed(seal, chain);
  if (!open_ || open_->source != seal.source)
    return corrupt("batch " + to_string(seal.sequence) +
                   " is sealed but its events are not before the seal");
  if (seal.first_sequence != open_->first_sequence || seal.count != open_->leaves.size().value)
    return corrupt("batch " + to_string(seal.sequence) + " sealed events " +
                   to_string(seal.first_sequence) + " to " +
                   to_string(seal.first_sequence + seal.count - 1) + ", before it are " +
                   to_string(open_->leaves.size().value) + " from " +
                   to_string(open_->first_sequence) + " on");
  if (seal.root != open_->leaves.root())
    return corrupt("batch " + to_string(seal.sequence) + ", records " +
                   to_string(open_->first.value) + " to " +
                   to_string(open_->first.value + seal.count - 1) +
                   ", is not what was sealed: one of these records was altered or exchanged");
  return {};
}

Result<void> SourceChains::seals_destroyed(const format::Seal& seal, const Chain& chain) const {
  if (seal.first_sequence != chain.next_event)
    return gap("the first event's number", seal.first_sequence, chain.next_event);
  if (seal.count == open_->leaves.size().value && seal.root == open_->leaves.root()) return {};
  return corrupt("batch " + to_string(seal.sequence) + ", records from " +
                 to_string(open_->first.value) +
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

Result<void> SourceChains::source_event(std::string_view note_text) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(note_text));
  ASSIGN_OR_RETURN(format::SourceEvent event, format::parse_source_event(note.text));
  if (event.origin != origin_) return corrupt("it is for another log: " + event.origin);
  ASSIGN_OR_RETURN(const SourceId id, format::source_id(event.key.name));
  RETURN_IF_ERROR(signed_by(note, event.key, "the key that it names"));
  const auto known = chains_.find(id);
  if (event.action == format::SourceAction::kRegister) {
    if (known != chains_.end()) return corrupt("the source was registered before");
    chains_[id].key = std::move(event.key);
    return {};
  }
  if (known == chains_.end() || !known->second.key || known->second.key->name != event.key.name)
    return corrupt("the source whose key it rotates was never registered");
  if (known->second.key == event.key) return corrupt("the source had this key before");
  RETURN_IF_ERROR(signed_by(note, *known->second.key, "the source's key before"));
  known->second.key = std::move(event.key);
  return {};
}

void SourceChains::encode(ByteWriter& out) const {
  out.u64(batches_).u32(static_cast<std::uint32_t>(chains_.size()));
  for (const auto& [id, chain] : chains_) {
    const std::string key = chain.key ? format::format_vkey(*chain.key) : "";
    out.u64(id.value).u64(chain.next_batch).u64(chain.next_event).hash(chain.last_seal);
    out.u32(static_cast<std::uint32_t>(key.size())).text(key);
  }
  out.u8(!open_ ? kNoBatch : open_->destroyed ? kDestroyedBatch : kBatch);
  if (!open_) return;
  out.u64(open_->source.value).u64(open_->first.value).u64(open_->first_sequence);
  encode_frontier(out, open_->leaves);
}

Result<void> SourceChains::decode(ByteReader& in) {
  chains_.clear();
  batches_ = in.u64();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    Chain& chain = chains_[SourceId{in.u64()}];
    chain.next_batch = in.u64();
    chain.next_event = in.u64();
    chain.last_seal = in.hash();
    const std::string key(text_of(in.take(in.u32())));
    if (key.empty()) continue;
    ASSIGN_OR_RETURN(chain.key, format::parse_vkey(key));
  }
  if (const std::uint8_t kind = in.u8(); kind == kBatch || kind == kDestroyedBatch) {
    OpenBatch open{SourceId{in.u64()}, LeafIndex{in.u64()}, in.u64(), {}, kind == kDestroyedBatch};
    ASSIGN_OR_RETURN(open.leaves, decode_frontier(in));
    open_ = std::move(open);
  }
  if (!in.ok() || !chains_.contains(format::kLogItself))
    return corrupt("the saved state of the sources is damaged");
  return {};
}

}  // namespace varve::verify
