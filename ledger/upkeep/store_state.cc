// Segment by segment, front to back.
#include "ledger/upkeep/store_state.h"

#include <algorithm>
#include <memory>
#include <string>

#include "ledger/base/trouble.h"
#include "ledger/merkle/tree.h"
#include "ledger/recovery/replay.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/stated_trees.h"

namespace varve::upkeep {
namespace {

constexpr const char* kMendIt = ": start and stop varved, or repair it";

/// How far the checkpoints go, and which trees records name. Batches are under the root that was signed.
class Covered final : public recovery::ReplaySink {
 public:
  void frame(const state::FrameFacts&) override {}
  void checkpoint(const store::FrameRef&,
                  std::shared_ptr<const format::SignedCheckpoint> seen) override {
    size = std::max(size, seen->checkpoint.size);
  }
  Result<void> seal(const format::Seal&, const std::vector<Hash>&) override { return {}; }
  void stated(rules::StatedTree tree) override { trees.push_back(std::move(tree)); }
  TreeSize size;
  std::vector<rules::StatedTree> trees;
};

class StoreReader {
 public:
  StoreReader(const env::Filesystem& files, const format::VerifierKey& first_key,
              const UnwrapDataKey& unwrap)
      : files_(files),
        origin_(merkle::sha256(bytes_of(first_key.name))),
        unwrap_(unwrap),
        state_(first_key.name, first_key) {}

  Result<void> segment(const store::SegmentHeader& header) {
    const std::string path = store::segment_path(header.ordinal);
    if (header.origin != origin_)
      return invalid(path + " belongs to another log than " + state_.origin());
    if (header.ordinal != next_ordinal_++ || header.previous != chain_ ||
        header.first != end_of(tree_.size()))
      return corrupt(path + ": " + std::string(kDoesNotContinue) + kMendIt);
    ASSIGN_OR_RETURN(const auto file, store::open_segment(files_, header.ordinal));
    ASSIGN_OR_RETURN(const auto opener,
                     store::SegmentDecryptor::with(files_, header, unwrap_(header)));
    recovery::Replay replay(state_, tree_, nullptr, covered_);
    const auto scan =
        store::scan_segment(*file, header, opener.get(), replay, store::ScanOn::kOneThread);
    if (!scan && (is_trouble(scan.error()) || scan.error().code == Code::kNotFound))
      return scan.error();
    if (!scan) return corrupt(path + ": " + scan.error().message + kMendIt);
    if (!scan->sealed) return corrupt(path + ": it is not sealed" + kMendIt);
    chain_ = scan->chain;
    return {};
  }

  Result<StoreState> finish() && {
    if (covered_.size < tree_.size())
      return corrupt("records from " + std::to_string(covered_.size.value) +
                     " on have no checkpoint: start varved, which has them signed, and stop it");
    const auto other = first_of_another_tree(covered_.trees, files_, {tree_.size(), tree_.root()});
    if (!other && other.error().code == Code::kNotFound)
      return invalid(
          "time stamps and disposals are held against the hash files, and there are none: start "
          "and stop varved, "
          "which makes them again");
    if (!other && is_trouble(other.error())) return other.error();
    if (!other) return corrupt("the hash files: " + other.error().message + kMendIt);
    if (*other)
      return corrupt("record " + std::to_string((*other)->record.value) +
                     ": it is over another tree than this log's");
    return StoreState{std::move(state_), {tree_.size(), tree_.root()}};
  }

 private:
  const env::Filesystem& files_;
  const Hash origin_;
  const UnwrapDataKey& unwrap_;
  state::LedgerState state_;
  merkle::Frontier tree_;
  Covered covered_;
  std::uint64_t next_ordinal_ = 0;
  Hash chain_;
};

}  // namespace

Result<StoreState> read_store_state(const env::Filesystem& files,
                                    const format::VerifierKey& first_key,
                                    const UnwrapDataKey& unwrap, const SegmentProgress& progress) {
  ASSIGN_OR_RETURN(const auto segments, store::all_segments(files));
  StoreReader reader(files, first_key, unwrap);
  for (const store::SegmentHeader& header : segments) {
    progress(header.ordinal, segments.size());
    RETURN_IF_ERROR(reader.segment(header));
  }
  return std::move(reader).finish();
}

}  // namespace varve::upkeep
