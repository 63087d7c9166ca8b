// Replaying frames.
#include "ledger/recovery/replay.h"

#include <utility>

#include "ledger/format/tombstone.h"
#include "ledger/rules/retention_records.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/segment_decryptor.h"

namespace varve::recovery {

Result<void> Replay::records(const store::FrameRef& ref, const store::FrameHeader& header,
                             Buffer body) {
  if (ref.first != tree_.size().value)
    return corrupt("the frame at byte " + std::to_string(ref.at.value) + " begins with record " +
                   std::to_string(ref.first) + ", expected " + std::to_string(tree_.size().value));
  ASSIGN_OR_RETURN(store::FrameBody parts, store::decode_frame_body(body, header.count));
  state::FrameFacts facts{ref, {}, {}};
  facts.add(parts.requests);
  ASSIGN_OR_RETURN(const std::vector<Hash> leaves, store::leaves_of(parts.records));
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const LeafIndex index{ref.first + i};
    RETURN_IF_ERROR(format::expect_known(index, parts.records[i]));
    if (auto ok = record(parts.records[i], leaves[i], index, facts); !ok)
      return corrupt("record " + std::to_string(index.value) + ": " + ok.error().message);
  }
  tree_.append_all(leaves, nodes_);
  uncovered_.add(tree_);
  facts.end = end_of(tree_.size());
  sink_.frame(facts);
  return {};
}

Result<void> Replay::record(Bytes bytes, const Hash& leaf, LeafIndex index,
                            state::FrameFacts& facts) {
  if (format::is_tombstone(bytes)) return destroyed(leaf);
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
  const format::KindRow kind = format::row_of(record.kind);
  not_understood_.take(record.kind);
  if (kind.meaning == format::Meaning::kSeal) {
    RETURN_IF_ERROR(batch_seal(bytes, index, facts));
  } else if (kind.fate == format::Fate::kGoes) {
    RETURN_IF_ERROR(sealed_later(record, leaf));
  } else if (!open_.is_empty()) {
    return invalid("it stands inside a batch");
  }
  RETURN_IF_ERROR(state_.apply(record, bytes, leaf, index));
  ASSIGN_OR_RETURN(auto stated,
                   rules::stated_tree(record, state_.retention().policy().mode, index));
  if (stated) sink_.stated(std::move(*stated));
  return {};
}

/// An event, or another record that goes: the seal behind its batch covers it.
Result<void> Replay::sealed_later(const format::Record& record, const Hash& leaf) {
  const auto source = state_.known_source(record.source);
  if (!source) return invalid("the event's source is not registered");
  if (!open_.may_take(record.source, source->sealer) ||
      record.sequence != open_.next_sequence(record.source, source->end))
    return invalid("the event is not the next one of its source, or not of its batch");
  open_.take(record.source, source->sealer, record.sequence);
  batch_.push_back(leaf);
  return {};
}

/// A batch is in one frame, so it is destroyed as a whole.
Result<void> Replay::destroyed(const Hash& leaf) {
  if (!open_.may_take_destroyed()) return invalid("it stands inside a batch");
  open_.take_destroyed();
  batch_.push_back(leaf);
  return {};
}

Result<void> Replay::batch_seal(Bytes bytes, LeafIndex index, state::FrameFacts& facts) {
  ASSIGN_OR_RETURN(const format::Seal seal, format::decode_seal(bytes));
  if (!open_.is_sealed_by(seal)) return invalid("the seal is not of the events before it");
  RETURN_IF_ERROR(sink_.seal(seal, batch_));
  if (seal.source != format::kLogItself)
    facts.add({seal.source, seal.sequence}, LeafIndex{index.value - batch_.size()}, seal.count + 1,
              seal.root);
  batch_.clear();
  open_ = {};
  return {};
}

Result<void> Replay::checkpoint(const store::FrameRef& ref, const std::string& note) {
  auto opened = format::open_checkpoint(note, state_.origin(), state_.keys().active());
  if (!opened)
    return corrupt("the checkpoint at byte " + std::to_string(ref.at.value) + ": " +
                   opened.error().message);
  if (!uncovered_.cover(*opened))
    return corrupt("the checkpoint at byte " + std::to_string(ref.at.value) + " is of size " +
                   std::to_string(opened->size.value) +
                   " and another root than the records before it");
  sink_.checkpoint(ref, std::make_shared<format::SignedCheckpoint>(
                            format::SignedCheckpoint{std::move(*opened), note}));
  return {};
}

}  // namespace varve::recovery
