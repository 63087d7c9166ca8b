// Sealing a segment.
#include "ledger/state/sealing.h"

namespace varve::state {

store::SegmentFooter make_footer(const Storage& storage, const merkle::Frontier& tree,
                                 ByteOffset valid_end, const Hash& chain) {
  const store::SegmentFacts& facts = storage.open_facts();
  return {end_of(tree.size()), valid_end, chain, tree.root(), facts.frames, facts.checkpoints};
}

void note_sealed(Storage& storage, const Environment& environment, bool immutable) {
  if (immutable || ++storage.mutable_segments > 1 || !environment.notice) return;
  environment.notice(
      "segment_not_immutable",
      "sealed segments do not get the immutable flag: the file system has none, or "
      "the server lacks CAP_LINUX_IMMUTABLE; they are read-only and verified as always");
}

Closed close_segment(Storage& storage, const LedgerState& state, const merkle::Frontier& tree,
                     const Hash& chain) {
  const std::uint64_t next = storage.open_facts().row.ordinal + 1;
  storage.close_segment();
  return {{next, tree.size(), tree.root(), chain}, state.encode()};
}

Result<void> catalogue_closed(Storage& storage, const Closed& closed) {
  RETURN_IF_ERROR(storage.hashes->sync());
  return storage.catalogue_closed(closed.position, closed.state);
}

}  // namespace varve::state
