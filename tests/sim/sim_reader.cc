// Looking, and comparing.
#include "tests/sim/sim_reader.h"

#include <algorithm>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/merkle/proof.h"

namespace varve::sim {

SimReader::SimReader(const state::Storage& storage, const SimFilesystem& disk,
                     std::vector<SourceId> sources, bool tail)
    : storage_(storage), disk_(disk), sources_(std::move(sources)) {
  const auto newest = storage_.latest();
  if (tail) ahead_ = newest ? newest->checkpoint.size : TreeSize{0};
}

bool SimReader::Seen::operator==(const Seen& other) const {
  if (under != other.under || id != other.id) return false;
  if (!position || !other.position) return position.has_value() == other.position.has_value();
  return position->next_batch == other.position->next_batch &&
         position->next_event == other.position->next_event &&
         position->last_seal == other.position->last_seal;
}

bool SimReader::is_durable(const std::string& note) const {
  return std::ranges::any_of(disk_.files(), [&](const auto& file) {
    return file.first.starts_with("segments/") &&
           text_of(file.second->durable).find(note) != std::string_view::npos;
  });
}

std::optional<std::string> SimReader::judge(const format::SignedCheckpoint& newest) const {
  if (newest_ && newest.checkpoint.size <= newest_->checkpoint.size)
    return "a reader saw a checkpoint that is not larger than the one before";
  if (!is_durable(newest.note)) return "a reader saw a checkpoint that is not durable";
  const auto root = merkle::tree_root(newest.checkpoint.size, *storage_.hashes);
  if (!root || *root != newest.checkpoint.root)
    return "a reader saw a checkpoint that the hash files do not lead to";
  return std::nullopt;
}

std::optional<std::string> SimReader::look() {
  const LedgerView view = storage_.view();
  if (!view.newest) return std::nullopt;
  if (view.newest != newest_) {
    if (auto wrong = judge(*view.newest)) return wrong;
    newest_ = view.newest;
  }
  const TreeSize under = view.newest->checkpoint.size;
  for (const LeafIndex event : view.keys->events)
    if (!contains(under, event)) return "a reader saw a key event that no checkpoint covers";
  for (const SourceId id : sources_) {
    auto position = storage_.source(id);
    Seen seen{under, id, position ? std::optional(std::move(*position)) : std::nullopt};
    if (std::ranges::find(seen_, seen) == seen_.end()) seen_.push_back(std::move(seen));
  }
  return std::nullopt;
}

/// Of what a durable checkpoint covers, which nothing changes.
void SimReader::index_leaves() {
  const auto newest = storage_.latest();
  const std::uint64_t size = newest ? newest->checkpoint.size.value : 0;
  if (size <= indexed_) return;
  const auto bytes = storage_.hashes->leaves(LeafIndex{indexed_}, size - indexed_);
  CHECK(bytes.has_value());
  for (ByteReader in(*bytes); !in.at_end();) index_of_.emplace(in.hash(), indexed_++);
}

std::optional<std::string> SimReader::compare(const std::vector<SentChain>& chains) {
  index_leaves();
  for (const Seen& seen : std::exchange(seen_, {}))
    for (const SentChain& chain : chains)
      if (chain.id == seen.id)
        if (auto wrong = compare(seen, chain)) return wrong;
  return std::nullopt;
}

std::optional<std::string> SimReader::compare(const Seen& seen, const SentChain& chain) const {
  SourceState then;
  for (const SentChain::Sealed& batch : chain.batches) {
    const auto at = index_of_.find(batch.seal);
    if (at == index_of_.end() || !contains(seen.under, LeafIndex{at->second})) break;
    ++then.next_batch;
    then.next_event += batch.events;
    then.last_seal = batch.seal;
  }
  if (seen.under == ahead_)
    return seen.position && seen.position->next_batch < then.next_batch
               ? std::optional<std::string>("a reader saw a source behind the checkpoint")
               : std::nullopt;
  if (chain.registered && contains(seen.under, *chain.registered) != seen.position.has_value())
    return "a reader saw a registration with another checkpoint than the one that covers it";
  if (!seen.position) {
    if (then.next_batch == 0) return std::nullopt;
    return "a reader did not see a source that has sent";
  }
  if (Seen{seen.under, seen.id, then} == seen) return std::nullopt;
  return "a reader saw a source at batch " + std::to_string(seen.position->next_batch) +
         " under a checkpoint of " + std::to_string(seen.under.value) +
         " records: there it is at " + std::to_string(then.next_batch);
}

}  // namespace varve::sim
