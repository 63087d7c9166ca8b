// Replaying frames.
#include "ledger/log/replay.h"

#include <utility>

#include "ledger/store/frame_body.h"

namespace varve::log {

Result<void> Replay::records(const store::FrameRef& ref, const store::FrameHeader& header,
                             Buffer body) {
  if (ref.first != tree_.size().value)
    return corrupt("the frame at byte " + std::to_string(ref.at.value) + " begins with record " +
                   std::to_string(ref.first) + ", expected " + std::to_string(tree_.size().value));
  ASSIGN_OR_RETURN(store::FrameBody parts, store::decode_frame_body(body, header.count));
  FrameFacts facts{ref, {}, {}, std::move(parts.requests)};
  for (const Bytes bytes : parts.records) {
    const std::uint64_t index = tree_.size().value;
    if (auto ok = record(bytes, facts); !ok)
      return corrupt("record " + std::to_string(index) + ": " + ok.error().message);
  }
  facts.end = end_of(tree_.size());
  sink_.frame(std::move(facts));
  return {};
}

Result<void> Replay::record(Bytes bytes, FrameFacts& facts) {
  const LeafIndex index = end_of(tree_.size());
  const Hash leaf = merkle::leaf_hash(bytes);
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(bytes));
  if (record.kind == format::Kind::kEvent) {
    batch_.push_back(leaf);
  } else if (record.kind == format::Kind::kBatchSeal) {
    ASSIGN_OR_RETURN(const format::Seal seal, format::decode_seal(bytes));
    RETURN_IF_ERROR(sink_.seal(seal, batch_));
    const auto leaves = static_cast<std::uint32_t>(batch_.size() + 1);
    if (seal.source != format::kLogItself)
      facts.batches.push_back({{seal.source, seal.sequence},
                               {LeafIndex{index.value - batch_.size()}, leaves, seal.root}});
    batch_.clear();
  }
  RETURN_IF_ERROR(state_.apply(record, bytes, leaf, index));
  tree_.append(leaf, nodes_);
  return {};
}

Result<void> Replay::checkpoint(const store::FrameRef& ref, const std::string& note) {
  auto opened = format::open_checkpoint(note, state_.origin(), state_.keys().active());
  if (!opened)
    return corrupt("the checkpoint at byte " + std::to_string(ref.at.value) + ": " +
                   opened.error().message);
  if (opened->size != tree_.size() || opened->root != tree_.root())
    return corrupt("the checkpoint at byte " + std::to_string(ref.at.value) + " is of size " +
                   std::to_string(opened->size.value) + " and another root than the records before it");
  sink_.checkpoint(ref, std::make_shared<Published>(Published{std::move(*opened), note}));
  return {};
}

}  // namespace varve::log
