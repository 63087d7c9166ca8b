// The audit of a store at rest: one replay of everything, with every rule checked.
#include "ledger/upkeep/audit.h"

#include <algorithm>
#include <utility>

#include "ledger/base/later_format.h"
#include "ledger/base/trouble.h"
#include "ledger/recovery/found_checkpoints.h"
#include "ledger/recovery/mark_check.h"
#include "ledger/recovery/replay.h"
#include "ledger/recovery/segment_period.h"
#include "ledger/rules/tombstone_check.h"
#include "ledger/state/remains_check.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/later_files.h"
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"
#include "ledger/upkeep/audit_derived.h"
#include "ledger/upkeep/derived_checks.h"
#include "ledger/upkeep/keys_ahead.h"
#include "ledger/upkeep/stated_trees.h"

namespace varve::upkeep {
namespace {

/// Collects a segment's facts and verifies every seal.
class SealCheck final : public recovery::ReplaySink {
 public:
  /// `stated`: to which it adds the trees that records name.
  SealCheck(const state::LedgerState& state, AuditReport& report,
            std::vector<rules::StatedTree>& stated)
      : state_(state), report_(report), stated_(stated) {}

  void frame(const state::FrameFacts& facts) override {
    ++report_.frames;
    report_.records += facts.end.value - facts.frame.first;
    add_to(facts_, facts);
  }

  void checkpoint(const store::FrameRef& frame,
                  std::shared_ptr<const format::SignedCheckpoint> seen) override {
    ++report_.checkpoints;
    covered_ = seen->checkpoint.size;
    facts_.checkpoints.push_back(frame);
  }

  Result<void> seal(const format::Seal& seal, const std::vector<Hash>& events) override {
    if (merkle::root_of(events) != seal.root)
      return corrupt("the batch's root is not that of its events");
    if (seal.source == format::kLogItself) return {};
    ASSIGN_OR_RETURN(const SourceState source, state_.source(seal.source));
    if (!source.key) return corrupt("the seal is by a source for which only the log seals");
    ASSIGN_OR_RETURN(const Buffer message, format::seal_message(seal, state_.origin()));
    if (!format::verify_signature(*source.key, message, seal.signature))
      return corrupt("the seal is not signed by the source's key");
    return {};
  }

  void stated(rules::StatedTree tree) override { stated_.push_back(std::move(tree)); }

  store::SegmentFacts& facts() { return facts_; }
  /// Under this segment's last checkpoint; 0 when it has none.
  [[nodiscard]] TreeSize covered() const { return covered_; }

 private:
  const state::LedgerState& state_;
  AuditReport& report_;
  std::vector<rules::StatedTree>& stated_;
  store::SegmentFacts facts_;
  TreeSize covered_;
};

class Auditor {
 public:
  Auditor(const LogOptions& options, const Environment& environment, const AuditProgress& progress,
          unsigned keys_at_once)
      : options_(options),
        env_(environment),
        progress_(progress),
        keys_at_once_(keys_at_once),
        state_(options.origin, options.first_key),
        hash_files_(environment.files, report_.findings),
        catalogue_(environment.files, report_) {
    derived_ = derived_checks({env_.files, env_.random, report_});
  }

  /// What was found is told, whatever happens afterwards.
  Result<AuditReport> run() {
    auto looked_at_all = look();
    report_.is_draft = state_.retention().policy().mode == format::Mode::kDraft;
    if (!looked_at_all && report_.findings.empty()) return std::move(looked_at_all).error();
    if (!looked_at_all) report_.trouble = std::move(looked_at_all).error();
    return std::move(report_);
  }

 private:
  Result<void> look() {
    RETURN_IF_ERROR(store::expect_no_later_files(env_.files));
    ASSIGN_OR_RETURN(const auto segments, list_segments());
    KeysAhead keys(env_.files, env_.vault, segments, keys_at_once_);
    for (const std::uint64_t ordinal : segments) {
      if (ordinal != position_.next_ordinal)
        return found(store::segment_path(position_.next_ordinal), "the segment is missing");
      ASSIGN_OR_RETURN(const bool whole, segment(ordinal, ordinal == segments.back(), keys));
      RETURN_IF_ERROR(looked());
      if (!whole) return {};
    }
    catalogue_.end();
    const SealedPart sealed{catalogue_.recorded(), hash_files_.leaves_match()};
    for (const auto& check : derived_) RETURN_IF_ERROR(check->end(sealed));
    RETURN_IF_ERROR(looked());
    check_graves();
    // The hash files are those of the records by now, or there is a finding about them.
    if (report_.findings.empty()) RETURN_IF_ERROR(check_stated_trees());
    if (env_.marks != nullptr && report_.findings.empty()) RETURN_IF_ERROR(check_marks());
    return {};
  }

  Result<void> found(const std::string& where, const std::string& what) {
    report_.findings.push_back({where, what});
    return {};
  }
  bool damaged(const std::string& where, const std::string& what) {
    report_.findings.push_back({where, what});
    return false;
  }

  /// Errors: kIo  derived files could not be looked at: then nothing is said of the store.
  [[nodiscard]] Result<void> looked() const {
    RETURN_IF_ERROR(hash_files_.looked());
    return catalogue_.looked();
  }

  Result<void> check_stated_trees() {
    const auto other = first_of_another_tree(stated_, env_.files, {position_.size, position_.root});
    if (!other && is_trouble(other.error())) return other.error();
    if (!other)
      damaged("tree", other.error().message + ": delete the folder tree, it is made again");
    else if (*other)
      damaged("record " + std::to_string((*other)->record.value),
              "it is over another tree than this log's");
    return {};
  }

  Result<void> check_marks() {
    const auto hashes = store::HashFiles::open_to_read(env_.files);
    if (!hashes && hashes.error().code == Code::kNotFound) {
      damaged("tree", hashes.error().message + ": delete the folder tree, it is made again");
      return {};
    }
    if (!hashes) return hashes.error();
    const auto marks = recovery::own_marks(*env_.marks, options_.origin);
    if (!marks && is_trouble(marks.error())) return marks.error();
    if (!marks) {
      report_.mark_unknown = marks.error();
      return {};
    }
    ASSIGN_OR_RETURN(const auto contradiction,
                     recovery::contradicts(*marks, covered_, **hashes,
                                           options_.ended ? recovery::Ends::kWhereItEnds
                                                          : recovery::Ends::kAtItsMarks));
    if (contradiction) report_.findings.push_back({"segments", *contradiction});
    return {};
  }

  Result<std::vector<std::uint64_t>> list_segments() {
    ASSIGN_OR_RETURN(const auto ordinals, store::list_segments(env_.files));
    for (const std::uint64_t ordinal : ordinals) {
      const auto size = store::stored_size(env_.files, ordinal);
      if (!size && is_trouble(size.error())) return size.error();
      if (size) total_bytes_ += *size;  // else a finding, when its turn comes
    }
    return ordinals;
  }

  /// Returns whether what follows can be audited too.
  Result<bool> segment(std::uint64_t ordinal, bool last, KeysAhead& keys) {
    const std::string path = store::segment_path(ordinal);
    const auto opened = store::open_segment(env_.files, ordinal);
    if (!opened && is_trouble(opened.error())) return opened.error();
    if (!opened) return damaged(store::remains_path(ordinal), opened.error().message);
    const env::File& file = **opened;
    const auto header = store::read_segment_header(file);
    if (!header && is_trouble(header.error())) return in_file(header.error(), path);
    if (!header) return damaged(path, header.error().message);
    if (header->origin != merkle::sha256(bytes_of(options_.origin)))
      return damaged(path, "it belongs to another log");
    if (header->ordinal != ordinal || header->previous != position_.chain ||
        header->first != end_of(position_.size))
      return damaged(path, std::string(kDoesNotContinue));
    newest_us_ = std::max(newest_us_, header->created_us);
    auto opener = store::SegmentDecryptor::with(env_.files, *header, keys.take(*header));
    if (!opener && !store::is_gone(opener.error())) return opener.error();
    if (!opener) return cannot_be_opened(*header, opener.error());
    if (const store::Remains* remains = opener->remains()) note_destroyed(path, *header, *remains);
    return replay(path, file, *header, *opener, last);
  }

  /// Another copy of the segment's file does not help where remains stand for it.
  Result<bool> cannot_be_opened(const store::SegmentHeader& header, const Error& why) {
    ASSIGN_OR_RETURN(const bool there, store::has_segment_file(env_.files, header.ordinal));
    if (!there) return damaged(store::remains_path(header.ordinal), why.message);
    return damaged(store::segment_path(header.ordinal), "its data key: " + why.message);
  }

  void note_destroyed(const std::string& path, const store::SegmentHeader& header,
                      const store::Remains& remains) {
    format::Tombstone tombstone{remains.month, remains.ordinal, remains.made_us, {}};
    rules::DestroyedMonth& month = report_.destroyed[header.period()];
    if (remains.file) {
      tombstone.destroyed_us = 0;
      tombstone.disposal = month.named = remains.file->disposal;
      tombstone.key_minutes = remains.file->key_minutes;
      named_.push_back(store::head_of(remains));
    }
    const LeafIndex last{remains.first.value + remains.entries.size() - 1};
    month.add(remains.first, last, remains.destroyed(), tombstone.destroyed_us);
    report_.unreadable.push_back(path);
    report_.unreadable_records += remains.destroyed();
    graves_.emplace_back(path, tombstone);
  }

  /// A month was over when its key was destroyed, and is, by the log's own clock; where it has none
  /// by the clock here, or by the store's newest segment where that is ahead. When exactly the key
  /// went is for no clock to judge that may have been put back.
  void check_graves() {
    rules::judge(report_.destroyed, state_.retention());
    const rules::Timeline& time = state_.retention().timeline();
    const rules::Present now{std::max(env_.clock.now_us(), newest_us_),
                             time.empty() ? 0 : time.newest().reading_us,
                             state_.retention().key_period(0).minutes};
    for (const store::RemainsHead& remains : named_) {
      const auto lawful = state::check_remains(remains, state_.retention());
      if (!lawful) damaged(store::remains_path(remains.ordinal), lawful.error().message);
    }
    for (auto& [path, tombstone] : graves_) {
      auto possible = rules::check_possible(tombstone, now.key_minutes);
      tombstone.destroyed_us = std::min(tombstone.destroyed_us, now.reader_us);
      if (possible) possible = rules::check_past(tombstone, now);
      if (!possible) damaged(path, "its remains cannot be true: " + possible.error().message);
    }
  }

  Result<bool> replay(const std::string& path, const env::File& file,
                      const store::SegmentHeader& header, const store::SegmentDecryptor& opener,
                      bool last) {
    SealCheck sink(state_, report_, stated_);
    sink.facts().row = {header.ordinal, header.first, header.first};
    sink.facts().disposed = opener.remains() != nullptr;
    recovery::Replay replay(state_, tree_, &hash_files_, sink);
    const auto scan =
        store::scan_segment(file, header, opener.get(), replay, store::ScanOn::kTwoThreads);
    if (!scan && is_trouble(scan.error())) return scan.error();
    if (!scan && scan.error().code == Code::kNotFound) return scan.error();  // newer: no damage
    report_.not_understood.add(replay.not_understood());
    if (!scan) return damaged(path, scan.error().message);
    covered_ = std::max(covered_, sink.covered());
    if (contains(tree_.size(), header.first))
      if (auto fits = recovery::check_period(header, state_.retention()); !fits)
        return damaged(path, fits.error().message);
    ++report_.segments;
    ASSIGN_OR_RETURN(const std::uint64_t size, store::stored_size(env_.files, header.ordinal));
    report_.bytes += size;
    progress_(report_.bytes, total_bytes_);
    ASSIGN_OR_RETURN(const bool was_sealed, catalogue_.knows(header.ordinal));
    ASSIGN_OR_RETURN(const bool torn, is_torn_tail(file, *scan));
    const bool may_be_torn = last && !was_sealed;
    if (scan->tear && !(may_be_torn && torn)) {
      ASSIGN_OR_RETURN(const std::string damage, describe_damage(file, *scan));
      return damaged(path, damage);
    }
    if (!scan->sealed && !may_be_torn) return damaged(path, "it has no footer");
    if (scan->sealed) RETURN_IF_ERROR(check_footer(path, file, sink.facts(), *scan));
    position_ = {header.ordinal + 1, tree_.size(), tree_.root(), scan->chain};
    if (!scan->sealed) return true;
    catalogue_.segment(sink.facts(), position_, state_.encode());
    for (const auto& check : derived_) check->segment(sink.facts(), position_.root);
    return true;
  }

  /// A tail that a crash tore off before it was acknowledged is no damage.
  Result<bool> is_torn_tail(const env::File& file, const store::Scan& scan) const {
    if (!scan.tear) return false;
    ASSIGN_OR_RETURN(const bool was_sealed, store::has_footer(file));
    if (was_sealed) return false;
    ASSIGN_OR_RETURN(const bool damage,
                     recovery::is_damage(file, scan.valid_end, options_.origin, tree_.size()));
    ASSIGN_OR_RETURN(const auto behind, recovery::found_checkpoints(file, scan.valid_end));
    return !damage && std::ranges::all_of(behind, [this](const format::Checkpoint& checkpoint) {
      return checkpoint.origin == options_.origin;
    });
  }

  Result<std::string> describe_damage(const env::File& file, const store::Scan& scan) {
    std::string records = "records from " + std::to_string(tree_.size().value) + " on";
    Buffer bytes(store::kFrameHeaderSize);
    const auto read = file.read(scan.valid_end, bytes);
    if (!read && is_trouble(read.error())) return read.error();
    if (read) {
      const auto header = store::decode_frame_header(bytes);
      if (header && header->count > 0 && header->first == tree_.size().value)
        records = "records " + std::to_string(header->first) + " to " +
                  std::to_string(header->first + header->count - 1);
    }
    return "frame at byte " + std::to_string(scan.valid_end.value) + ", " + records + ": " +
           scan.tear->message;
  }

  Result<void> check_footer(const std::string& path, const env::File& file,
                            const store::SegmentFacts& facts, const store::Scan& scan) {
    const auto footer = store::read_footer(file);
    if (!footer && is_trouble(footer.error())) return footer.error();
    const bool same =
        footer && footer->footer.end == end_of(tree_.size()) &&
        footer->footer.root == tree_.root() && footer->footer.valid_end == scan.valid_end &&
        footer->footer.frames == facts.frames && footer->footer.checkpoints == facts.checkpoints;
    if (!same) report_.findings.push_back({path, "its footer does not describe its frames"});
    return {};
  }

  const LogOptions& options_;
  Environment env_;
  const AuditProgress& progress_;
  const unsigned keys_at_once_;
  AuditReport report_;
  state::LedgerState state_;
  merkle::Frontier tree_;
  HashFileCheck hash_files_;
  CatalogueCheck catalogue_;
  std::vector<std::unique_ptr<DerivedCheck>> derived_;
  TreeSize covered_;                       // under the newest checkpoint
  std::vector<rules::StatedTree> stated_;  // by time stamps and disposals
  store::CataloguePosition position_;      // behind the last segment that was replayed
  std::uint64_t total_bytes_ = 0;
  std::vector<std::pair<std::string, format::Tombstone>> graves_;  // of segments, by their path
  std::vector<store::RemainsHead> named_;  // of segments whose remains name a disposal
  std::uint64_t newest_us_ = 0;            // when a segment was begun, by the server's clock
};

}  // namespace

Result<AuditReport> audit_files(const LogOptions& options, const Environment& environment,
                                const AuditProgress& progress, unsigned keys_at_once) {
  return Auditor(options, environment, progress, keys_at_once).run();
}

}  // namespace varve::upkeep
