// One segment, front to back.
#include "ledger/upkeep/scrub.h"

#include <optional>
#include <utility>

#include "ledger/base/later_format.h"
#include "ledger/base/trouble.h"
#include "ledger/merkle/checked.h"
#include "ledger/recovery/uncovered_trees.h"
#include "ledger/state/remains_check.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"
#include "ledger/upkeep/audit_derived.h"

namespace varve::upkeep {
namespace {

/// Feeds the tree from the segment's frames, and notes where they are.
class Reread final : public store::ScanSink {
 public:
  Reread(merkle::Frontier tree, merkle::NodeSink& nodes, const rules::KeyHistory& keys,
         const ScrubPace& pace)
      : tree_(std::move(tree)), uncovered_(tree_), nodes_(nodes), keys_(keys), pace_(pace) {}

  Result<void> records(const store::FrameRef& ref, const store::FrameHeader& header,
                       Buffer body) override {
    if (ref.first != tree_.size().value)
      return corrupt("the frame at byte " + std::to_string(ref.at.value) + " begins with record " +
                     std::to_string(ref.first) + ", expected " +
                     std::to_string(tree_.size().value));
    ASSIGN_OR_RETURN(const auto parts, store::decode_frame_body(body, header.count));
    ASSIGN_OR_RETURN(const auto leaves, store::leaves_of(parts.records));
    tree_.append_all(leaves, &nodes_);
    uncovered_.add(tree_);
    frames_.push_back(ref);
    return go_on(header.stored_length);
  }

  /// Its own file says that it was signed: by a key of the log, over the tree of these records.
  Result<void> checkpoint(const store::FrameRef& ref, const std::string& note) override {
    const auto opened = format::open_checkpoint(note, keys_.origin(), keys_.all());
    if (!opened || !uncovered_.cover(*opened))
      return corrupt("the checkpoint at byte " + std::to_string(ref.at.value) +
                     " is not of the records before it");
    checkpoints_.push_back(ref);
    return go_on(note.size());
  }

  [[nodiscard]] const merkle::Frontier& tree() const { return tree_; }
  [[nodiscard]] bool is_described_by(const store::SegmentFooter& footer,
                                     const store::Scan& scan) const {
    return footer.end == end_of(tree_.size()) && footer.root == tree_.root() &&
           footer.valid_end == scan.valid_end && footer.chain == scan.chain &&
           footer.frames == frames_ && footer.checkpoints == checkpoints_;
  }

 private:
  Result<void> go_on(std::uint64_t bytes) {
    if (pace_(store::kFrameHeaderSize + bytes)) return {};
    return busy("the scrub was stopped");
  }

  merkle::Frontier tree_;
  recovery::UncoveredTrees uncovered_;
  merkle::NodeSink& nodes_;
  const rules::KeyHistory& keys_;
  const ScrubPace& pace_;
  std::vector<store::FrameRef> frames_;
  std::vector<store::FrameRef> checkpoints_;
};

class Scrub {
 public:
  Scrub(std::uint64_t ordinal, const state::Storage& storage, env::KeyVault& vault,
        const rules::KeyHistory& keys, const ScrubPace& pace)
      : path_(store::segment_path(ordinal)),
        storage_(storage),
        vault_(vault),
        keys_(keys),
        pace_(pace) {}

  Result<SegmentScrub> run(std::uint64_t ordinal) {
    ASSIGN_OR_RETURN(out_.row, storage_.catalogue->segment(ordinal));
    if (auto read = segment(); !read) {
      if (trouble_) return std::move(*trouble_);
      if (read.error().code == Code::kBusy) return std::move(read).error();
      found(path_, read.error().message);
    }
    return std::move(out_);
  }

 private:
  void found(const std::string& where, const std::string& what) {
    out_.findings.push_back({where, what});
  }

  /// That a file cannot be opened, for want of a descriptor or a permission, says nothing of what
  /// is in it; that an open one cannot be read is the disk's damage.
  Result<std::unique_ptr<env::File>> open_to_look(std::uint64_t ordinal) {
    auto file = store::open_segment(storage_.files, ordinal);
    if (!file && is_trouble(file.error())) trouble_ = file.error();
    return file;
  }

  /// Errors: kBusy and what trouble_ holds  as scrub_segment.  Any other  what is wrong with the
  /// segment: also that the disk does not give it.
  Result<void> segment() {
    ASSIGN_OR_RETURN(const auto file, open_to_look(out_.row.ordinal));
    const auto size = store::stored_size(storage_.files, out_.row.ordinal);
    if (!size && is_trouble(size.error())) trouble_ = size.error();
    if (!size) return size.error();
    out_.bytes = *size;
    const auto read = store::read_segment_header(*file);
    if (!read && is_later_format(read.error())) trouble_ = in_file(read.error(), path_);
    ASSIGN_OR_RETURN(const store::SegmentHeader header, read);
    RETURN_IF_ERROR(check_place(header));
    ASSIGN_OR_RETURN(const store::SegmentDecryptor opener, opener_of(header));
    if (const store::Remains* const remains = opener.remains()) {
      out_.destroyed = remains->destroyed();
      check_disposal(*remains);
    }
    const auto newest = storage_.latest();
    if (end_of(newest->checkpoint.size) < out_.row.end)  // sealed by a start without the token
      return busy("no checkpoint covers it yet");
    const merkle::SignedTree signed_tree{newest->checkpoint.size, newest->checkpoint.root};
    const TreeSize before{out_.row.first.value};
    auto edge = edge_at(before, signed_tree);
    if (!edge)
      return {};  // noted; the hash files are made again, the segment's turn comes after that
    HashFileCheck hash_files(storage_.files, out_.findings);
    if (!hash_files.looked()) {
      trouble_ = hash_files.looked().error();
      return hash_files.looked();
    }
    Reread reread(std::move(*edge), hash_files, keys_, pace_);
    ASSIGN_OR_RETURN(const store::Scan scan,
                     store::scan_segment(*file, header, opener.get(), reread));
    if (!hash_files.looked()) found("tree", hash_files.looked().error().message);
    if (scan.tear) return corrupt(scan.tear->message);
    RETURN_IF_ERROR(check_footer(*file, scan, reread));
    if (reread.tree().size().value != out_.row.end.value)
      return corrupt("it does not end where the catalogue says");
    if (out_.findings.empty()) check_root(reread.tree(), signed_tree);
    return {};
  }

  Result<void> check_place(const store::SegmentHeader& header) {
    Hash chain;
    if (out_.row.ordinal > 0) {
      ASSIGN_OR_RETURN(const auto before, open_to_look(out_.row.ordinal - 1));
      const auto footer = store::read_footer(*before);
      chain =
          footer ? footer->footer.chain : header.previous;  // that one's damage is not this one's
    }
    if (header.origin != merkle::sha256(bytes_of(keys_.origin())))
      return corrupt("it belongs to another log");
    if (header.ordinal != out_.row.ordinal || header.first != out_.row.first ||
        header.previous != chain)
      return corrupt(std::string(kDoesNotContinue));
    return {};
  }

  /// Whoever removes a segment's file has to have a record for it.
  void check_disposal(const store::Remains& remains) {
    const auto log = storage_.view().retention;
    if (!remains.file || !log) return;
    const auto lawful = state::check_remains(store::head_of(remains), *log);
    if (!lawful) found(store::remains_path(remains.ordinal), lawful.error().message);
  }

  Result<store::SegmentDecryptor> opener_of(const store::SegmentHeader& header) const {
    auto key = store::SegmentDecryptor::anew(storage_.files, vault_, header);
    if (key) return key;
    if (!store::is_gone(key.error())) return busy(key.error().message);  // the token's trouble
    return corrupt("its data key or remains: " + key.error().message);
  }

  /// The tree before the segment, when the hash files lead from it to the signed root.
  std::optional<merkle::Frontier> edge_at(TreeSize size, const merkle::SignedTree& signed_tree) {
    auto edge = merkle::Frontier::load(size, *storage_.hashes);
    if (edge) {
      const merkle::SignedTree before{size, edge->root()};
      const auto leads = merkle::checked_consistency(before, signed_tree, *storage_.hashes);
      if (leads) return std::move(*edge);
      found("tree", leads.error().message + ": delete the folder tree, it is made again");
    } else {
      found("tree", edge.error().message + ": delete the folder tree, it is made again");
    }
    return std::nullopt;
  }

  static Result<void> check_footer(const env::File& file, const store::Scan& scan,
                                   const Reread& reread) {
    if (!scan.sealed) return corrupt("it has no footer");
    ASSIGN_OR_RETURN(const auto footer, store::read_footer(file));
    if (!reread.is_described_by(footer.footer, scan))
      return corrupt("its footer does not describe its frames");
    return {};
  }

  /// The hash files are these records' by now, so what they lead to decides about the records.
  void check_root(const merkle::Frontier& tree, const merkle::SignedTree& signed_tree) {
    const merkle::SignedTree after{tree.size(), tree.root()};
    const auto leads = merkle::checked_consistency(after, signed_tree, *storage_.hashes);
    if (!leads) found(path_, leads.error().message);
  }

  const std::string path_;
  const state::Storage& storage_;
  env::KeyVault& vault_;
  const rules::KeyHistory& keys_;
  const ScrubPace& pace_;
  SegmentScrub out_;
  std::optional<Error> trouble_;  // of the one who looks: then nothing is said of the segment
};

}  // namespace

Result<SegmentScrub> scrub_segment(std::uint64_t ordinal, const state::Storage& storage,
                                   env::KeyVault& vault, const rules::KeyHistory& keys,
                                   const ScrubPace& pace) {
  return Scrub(ordinal, storage, vault, keys, pace).run(ordinal);
}

}  // namespace varve::upkeep
