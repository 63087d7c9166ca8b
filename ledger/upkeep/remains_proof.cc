// Through the readers' own path, so that what they would refuse is refused while the file is there.
#include "ledger/upkeep/remains_proof.h"

#include <utility>
#include <vector>

#include "ledger/base/trouble.h"
#include "ledger/format/newer.h"
#include "ledger/format/tombstone.h"
#include "ledger/rules/source_chain.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"

namespace varve::upkeep {
namespace {

/// A leaf hash says nothing of what its record was. The seals do: each is of the hashes before it, and of no
/// other. So nothing that is kept can hide behind a hash, and nothing that goes can stay.
class ReplayOfRemains final : public store::ScanSink {
 public:
  ReplayOfRemains(merkle::Frontier tree, const store::GoesOn& goes_on)
      : tree_(std::move(tree)), goes_on_(goes_on) {}

  Result<void> records(const store::FrameRef& ref, const store::FrameHeader& header,
                       Buffer body) override {
    RETURN_IF_ERROR(goes_on_());
    if (ref.first != tree_.size().value) return corrupt("a frame of records is missing");
    ASSIGN_OR_RETURN(const auto parts, store::decode_frame_body(body, header.count));
    ASSIGN_OR_RETURN(const auto leaves, store::leaves_of(parts.records));
    for (std::size_t k = 0; k < leaves.size(); ++k) {
      const LeafIndex index{ref.first + k};
      RETURN_IF_ERROR(format::expect_known(index, parts.records[k]));
      if (auto taken = take(parts.records[k], leaves[k]); !taken)
        return corrupt("record " + std::to_string(index.value) + ": " + taken.error().message);
    }
    tree_.append_all(leaves);
    return {};
  }
  /// The chain is that of the file, and a part of it.
  Result<void> checkpoint(const store::FrameRef&, const std::string&) override { return {}; }

  [[nodiscard]] bool is_sealed() const { return open_.is_empty(); }
  [[nodiscard]] const merkle::Frontier& tree() const { return tree_; }

 private:
  Result<void> take(Bytes entry, const Hash& leaf) {
    if (format::is_tombstone(entry)) {
      open_.take_destroyed();
      batch_.push_back(leaf);
      return {};
    }
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entry));
    const format::KindRow kind = format::row_of(record.kind);
    if (kind.meaning == format::Meaning::kSeal) return take_seal(entry);
    if (kind.fate == format::Fate::kGoes) return corrupt("it goes, and is there whole");
    if (!open_.is_empty()) return corrupt("a seal is missing in front of it");
    return {};
  }

  Result<void> take_seal(Bytes entry) {
    ASSIGN_OR_RETURN(const format::Seal seal, format::decode_seal(entry));
    if (!open_.is_sealed_by(seal) || merkle::root_of(batch_) != seal.root)
      return corrupt("the seal is not of the hashes before it");
    open_ = {};
    batch_.clear();
    return {};
  }

  merkle::Frontier tree_;
  const store::GoesOn& goes_on_;
  rules::OpenBatch open_;
  std::vector<Hash> batch_;
};

Result<void> leads_to_the_root(const merkle::Frontier& tree, const TreeOfRemains& of) {
  if (of.newest.size < tree.size()) return corrupt("no checkpoint covers so many records");
  RETURN_IF_ERROR(merkle::checked_consistency({tree.size(), tree.root()}, of.newest, of.hashes));
  return {};
}

/// The tree in front of the segment, as the hash files have it.
Result<merkle::Frontier> tree_before(LeafIndex first, const TreeOfRemains& of) {
  const TreeSize size{first.value};
  if (of.newest.size < size) return corrupt("no checkpoint covers what is in front of them");
  auto tree = merkle::Frontier::load(size, of.hashes);
  Result<void> good;
  if (tree)
    good = leads_to_the_root(*tree, of);
  else
    good = tree.error();
  if (good) return tree;
  if (is_trouble(good.error())) return std::move(good).error();
  return corrupt("tree: " + good.error().message + ": delete the folder tree, it is made again");
}

Result<void> check_outline(const env::Filesystem& files, const env::File& outline,
                           const store::SegmentHeader& header) {
  ASSIGN_OR_RETURN(const store::SegmentHeader header_there, store::read_segment_header(outline));
  ASSIGN_OR_RETURN(const store::FooterPlace footer_there, store::read_footer(outline));
  ASSIGN_OR_RETURN(const auto file, files.open_read(store::segment_path(header.ordinal)));
  ASSIGN_OR_RETURN(const store::FooterPlace footer, store::read_footer(*file));
  if (header_there.chain == header.chain && footer_there.at == footer.at &&
      footer_there.footer.chain == footer.footer.chain &&
      footer_there.footer.root == footer.footer.root)
    return {};
  return corrupt("they are of another file than " + store::segment_path(header.ordinal));
}

Result<void> replay(const env::Filesystem& files, const store::SegmentHeader& header,
                    const state::DisposedOf& by, const TreeOfRemains& of,
                    const store::GoesOn& goes_on) {
  ASSIGN_OR_RETURN(const store::Remains remains, store::read_remains(files, header));
  RETURN_IF_ERROR(state::check_remains(store::head_of(remains), by));
  ASSIGN_OR_RETURN(const auto file, store::open_remains(files, header.ordinal));
  RETURN_IF_ERROR(check_outline(files, *file, header));
  ASSIGN_OR_RETURN(auto before, tree_before(header.first, of));
  ReplayOfRemains sink(std::move(before), goes_on);
  const store::RemainsOpener opener(remains, store::FramesAre::kGone);
  ASSIGN_OR_RETURN(const store::Scan scan, store::scan_segment(*file, header, opener, sink));
  if (scan.tear) return corrupt(scan.tear->message);
  if (!scan.sealed || !sink.is_sealed()) return corrupt("they end before the segment ends");
  const merkle::SignedTree after{sink.tree().size(), sink.tree().root()};
  ASSIGN_OR_RETURN(const store::FooterPlace footer, store::read_footer(*file));
  if (footer.footer.end != end_of(after.size) || footer.footer.root != after.root)
    return corrupt("they are not of the tree that the segment's footer names");
  return leads_to_the_root(sink.tree(), of);
}

}  // namespace

Result<void> prove_remains(const env::Filesystem& files, const store::SegmentHeader& header,
                           const state::DisposedOf& by, const TreeOfRemains& tree,
                           const store::GoesOn& goes_on) {
  auto proved = replay(files, header, by, tree, goes_on);
  if (proved) return proved;
  return std::move(proved).error().during("checking " + store::remains_path(header.ordinal) +
                                          " before key or file may go");
}

}  // namespace varve::upkeep
