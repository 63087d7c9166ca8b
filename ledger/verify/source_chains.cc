// The rules that make each source a chain.
#include "ledger/verify/source_chains.h"

#include <utility>

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

constexpr std::string_view kTheLogItself = "the log itself";

Error gap(const std::string& what, std::uint64_t got, std::uint64_t expected) {
  const char* verdict = got > expected ? ": something before it is missing" : ": it is there twice";
  return corrupt(what + " is " + to_string(got) + ", expected " + to_string(expected) + verdict);
}

/// "events 3 to 5"
std::string numbers_of(const format::SealedRun& run) {
  return "events " + to_string(run.first_sequence) + " to " +
         to_string(run.first_sequence + run.count - 1);
}

}  // namespace

std::string sentence_of(const rules::JudgedSourceEvent& judged) {
  switch (*judged.breach) {
    case rules::SourceBreach::kOtherLog:
      return "it is for another log: " + judged.event.origin;
    case rules::SourceBreach::kReserved:
      return "it takes a name that only a sender's source has: " + judged.event.key.name;
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

SourceChains::SourceChains(std::string origin) : origin_(std::move(origin)) {
  chains_[format::kLogItself].name = kTheLogItself;
}

std::string SourceChains::name_of(SourceId id) const {
  const auto found = chains_.find(id);
  if (found != chains_.end()) return found->second.name;
  return "unregistered " + source_text(id);
}

std::optional<rules::KnownSource> SourceChains::known_source(SourceId id) const {
  const auto found = chains_.find(id);
  if (found == chains_.end()) return std::nullopt;
  const auto sealer = found->second.key ? format::Sealer::kSource : format::Sealer::kLog;
  return rules::KnownSource{sealer, found->second.end};
}

Result<void> SourceChains::event(const format::Record& record, LeafIndex index, const Hash& leaf) {
  const auto source = known_source(record.source);
  if (!source) return corrupt("its source was never registered");
  if (!rules::may_be_nobodys(record, names_senders_))
    return corrupt("it names no sender, although this log knew by then who sends");
  if (!open_.batch.may_take(record.source, source->sealer)) return expect_no_open_batch();
  const std::uint64_t expected = open_.batch.next_sequence(record.source, source->end);
  if (record.sequence != expected) return gap("the event's number", record.sequence, expected);
  if (record.kind == format::Kind::kHeartbeat) {
    ASSIGN_OR_RETURN(const auto heartbeat, rules::judge_heartbeat(record, source->sealer));
    chains_.at(record.source).heartbeat = {index, heartbeat};
  }
  if (open_.batch.is_empty()) open_.first = index;
  open_.batch.take(record.source, source->sealer, record.sequence);
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

Result<format::Seal> SourceChains::seal(Bytes bytes, LeafIndex index, const Hash& leaf) {
  ASSIGN_OR_RETURN(format::Seal seal, format::decode_seal(bytes));
  RETURN_IF_ERROR(continues(seal));
  RETURN_IF_ERROR(covers(seal));
  RETURN_IF_ERROR(is_signed(seal));
  rules::advance(seal, leaf,
                 [this](SourceId id) -> rules::ChainEnd& { return chains_.at(id).end; });
  std::uint64_t end = index.value - seal.count;
  for (const format::SealedRun& run : seal.covered()) {
    end += run.count;
    Chain& chain = chains_.at(run.source);
    chain.last_event = LeafIndex{end - 1};
    chain.last_sealed_us = seal.time_us;
    if (chain.heartbeat && chain.heartbeat->index != chain.last_event) chain.heartbeat.reset();
  }
  open_ = {};
  ++batches_;
  return seal;
}

Result<void> SourceChains::continues(const format::Seal& seal) const {
  const auto breach = rules::breach_of(seal, [this](SourceId id) { return known_source(id); });
  if (!breach) return {};
  switch (breach->what) {
    case rules::ChainBreach::kUnregistered:
      if (breach->source == seal.source) return corrupt("its source was never registered");
      return corrupt("it lists a source that was never registered: " + name_of(breach->source));
    case rules::ChainBreach::kThereAlready:
    case rules::ChainBreach::kAhead:
      return gap("the batch's number", breach->got, breach->expected);
    case rules::ChainBreach::kOtherChain:
      return corrupt("batch " + to_string(seal.sequence) +
                     " does not continue this source's chain: "
                     "its previous-seal hash is of another seal");
    case rules::ChainBreach::kOtherSealer:
      return corrupt("it was sealed by someone who may not seal for this source: " +
                     name_of(breach->source));
    case rules::ChainBreach::kOtherEvents:
      if (!open_.batch.is_destroyed()) RETURN_IF_ERROR(covers(seal));
      return gap("the number of the first event of " + name_of(breach->source), breach->got,
                 breach->expected);
  }
  return {};
}

Result<void> SourceChains::covers(const format::Seal& seal) const {
  const std::string batch = "batch " + to_string(seal.sequence);
  const bool same = open_.batch.is_sealed_by(seal);
  if (open_.batch.is_destroyed() && (!same || seal.root != open_.leaves.root()))
    return corrupt(batch + ", records from " + to_string(open_.first.value) +
                   " on, is not what was sealed: the hashes that are left of it are others");
  if (open_.batch.is_empty())
    return corrupt(batch + " is sealed but its events are not before the seal");
  if (!same) return corrupt(batch + " sealed " + difference(seal.covered()));
  if (seal.root != open_.leaves.root())
    return corrupt(batch + ", records " + to_string(open_.first.value) + " to " +
                   to_string(open_.first.value + seal.count - 1) +
                   ", is not what was sealed: one of these records was altered or exchanged");
  return {};
}

/// The first one in which what was sealed is not what stands before the seal.
std::string SourceChains::difference(const std::vector<format::SealedRun>& sealed) const {
  const auto text = [this](const std::vector<format::SealedRun>& runs, std::size_t k) {
    return k < runs.size() ? numbers_of(runs[k]) + " of " + name_of(runs[k].source) : "no more";
  };
  const std::vector<format::SealedRun>& there = open_.batch.runs();
  std::size_t k = 0;
  while (k < sealed.size() && k < there.size() && sealed[k] == there[k]) ++k;
  return text(sealed, k) + ", before it are " + text(there, k);
}

Result<void> SourceChains::is_signed(const format::Seal& seal) const {
  const Chain& chain = chains_.at(seal.source);
  if (!chain.key) return {};
  ASSIGN_OR_RETURN(const Buffer message, format::seal_message(seal, origin_));
  if (auto ok = format::verify_signature(*chain.key, message, seal.signature); !ok)
    return corrupt("batch " + to_string(seal.sequence) + " is not signed by its source's key");
  return {};
}

rules::RegisteredAs SourceChains::registered() const {
  return [this](SourceId id) -> std::optional<rules::Registered> {
    const auto known = chains_.find(id);
    if (known == chains_.end()) return std::nullopt;
    const auto& key = known->second.key;
    return rules::Registered{key ? &*key : nullptr};
  };
}

Result<void> SourceChains::source_event(std::string_view note) {
  ASSIGN_OR_RETURN(rules::JudgedSourceEvent judged,
                   rules::judge_source_event(note, origin_, names_senders_, registered()));
  if (judged.breach) return corrupt(sentence_of(judged));
  Chain& chain = chains_[judged.id];
  chain.name = judged.event.key.name;
  chain.key = std::move(judged.event.key);
  return {};
}

Result<void> SourceChains::sender(std::string_view text) {
  ASSIGN_OR_RETURN(rules::JudgedSender judged, rules::judge_sender(text, origin_, registered()));
  if (judged.breach == rules::SourceBreach::kOtherLog)
    return corrupt("it is for another log: " + judged.record.origin);
  if (judged.breach) return corrupt("the source " + judged.source + " was registered before");
  chains_[judged.id].name = std::move(judged.source);
  names_senders_ = true;
  return {};
}

void SourceChains::encode(ByteWriter& out) const {
  out.u64(batches_).u32(static_cast<std::uint32_t>(chains_.size()));
  for (const auto& [id, chain] : chains_) {
    const std::string key = chain.key ? format::format_vkey(*chain.key) : "";
    out.u64(id.value).u64(chain.end.next_batch).u64(chain.end.next_event);
    out.hash(chain.end.last_seal).u64(chain.last_event.value).u64(chain.last_sealed_us);
    out.u8(chain.heartbeat ? 1 : 0);
    if (chain.heartbeat)
      out.u64(chain.heartbeat->index.value)
          .u64(chain.heartbeat->heartbeat.since_us)
          .u64(chain.heartbeat->heartbeat.interval_s)
          .u64(chain.heartbeat->heartbeat.waiting);
    out.u32(static_cast<std::uint32_t>(chain.name.size())).text(chain.name);
    out.u32(static_cast<std::uint32_t>(key.size())).text(key);
  }
  const rules::OpenBatch& batch = open_.batch;
  out.u8(batch.is_empty() ? kNoBatch : batch.is_destroyed() ? kDestroyedBatch : kBatch);
  if (batch.is_empty()) return;
  out.u8(static_cast<std::uint8_t>(batch.sealer())).u64(open_.first.value);
  out.u32(static_cast<std::uint32_t>(batch.runs().size()));
  for (const format::SealedRun& run : batch.runs())
    out.u64(run.source.value).u64(run.first_sequence).u32(run.count);
  encode_frontier(out, open_.leaves);
}

Result<void> SourceChains::decode(ByteReader& in) {
  chains_.clear();
  names_senders_ = false;
  batches_ = in.u64();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const SourceId id{in.u64()};
    Chain& chain = chains_[id];
    chain.end = {in.u64(), in.u64(), in.hash()};
    chain.last_event = LeafIndex{in.u64()};
    chain.last_sealed_us = in.u64();
    if (in.u8() != 0) chain.heartbeat = {LeafIndex{in.u64()}, {in.u64(), in.u64(), in.u64()}};
    chain.name = text_of(in.take(in.u32()));
    const std::string key(text_of(in.take(in.u32())));
    names_senders_ = names_senders_ || (key.empty() && id != format::kLogItself);
    if (key.empty()) continue;
    ASSIGN_OR_RETURN(chain.key, format::parse_vkey(key));
  }
  RETURN_IF_ERROR(decode_open(in));
  if (!in.ok() || !chains_.contains(format::kLogItself))
    return corrupt("the saved state of the sources is damaged");
  return {};
}

Result<void> SourceChains::decode_open(ByteReader& in) {
  open_ = {};
  const std::uint8_t kind = in.u8();
  if (kind != kBatch && kind != kDestroyedBatch) return {};
  const format::Sealer sealer{in.u8()};
  open_.first = LeafIndex{in.u64()};
  std::vector<format::SealedRun> runs;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left)
    runs.push_back({SourceId{in.u64()}, in.u64(), in.u32()});
  if (runs.empty()) return corrupt("the saved state of the sources is damaged");
  open_.batch = rules::OpenBatch::of(std::move(runs), sealer, kind == kDestroyedBatch);
  ASSIGN_OR_RETURN(open_.leaves, decode_frontier(in));
  return {};
}

}  // namespace varve::verify
