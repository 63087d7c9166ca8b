// Recovery, from the files that are there to a log that may be appended to.
#include "ledger/recovery/recovery.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "ledger/base/later_format.h"
#include "ledger/base/trouble.h"
#include "ledger/merkle/proof.h"
#include "ledger/recovery/found_checkpoints.h"
#include "ledger/recovery/mark_check.h"
#include "ledger/recovery/replay.h"
#include "ledger/recovery/segment_period.h"
#include "ledger/state/sealing.h"
#include "ledger/store/later_files.h"
#include "ledger/store/open_files.h"
#include "ledger/store/segment_decryptor.h"
#include "ledger/store/segment_files.h"
#include "ledger/store/segment_reader.h"
#include "ledger/store/segment_writer.h"

namespace varve::recovery {
namespace {

// What making the derived files anew needs at the least. LMDB maps a file that it has not written
// yet: on a full disk that is no error but a SIGBUS.
constexpr std::uint64_t kSpaceToStart = 1u << 20;

const char* const kNothingChanged = ". Nothing was changed. See docs/operating/recovery.md";

/// Everything a replayed segment says goes into the storage; batches are not verified again, the
/// root that covers them was signed.
class Refill final : public ReplaySink {
 public:
  Refill(state::Storage& storage, state::LedgerState& state) : storage_(storage), state_(state) {}
  void frame(const state::FrameFacts& facts) override { storage_.add_frame(facts); }
  void checkpoint(const store::FrameRef& frame,
                  std::shared_ptr<const format::SignedCheckpoint> seen) override {
    storage_.add_checkpoint(frame);
    const TreeSize size = seen->checkpoint.size;
    storage_.publish({std::move(seen), state_.keys_at(size), nullptr, state_.grants_at(size),
                      state_.indexed_at(size), state_.witnessed_at(size)},
                     {});
  }
  Result<void> seal(const format::Seal&, const std::vector<Hash>&) override { return {}; }

 private:
  state::Storage& storage_;
  state::LedgerState& state_;
};

std::string ends_in_repair(const std::string& what) {
  return what + ". Nothing was changed. Repair this file from a copy before starting again";
}

std::uint64_t first_missing(const std::set<std::uint64_t>& ordinals) {
  std::uint64_t next = 0;
  for (const std::uint64_t ordinal : ordinals)
    if (ordinal == next) ++next;
  return next;
}

class Recovery {
 public:
  Recovery(const LogOptions& options, const Environment& environment, state::Storage& storage,
           state::Start start)
      : options_(options), env_(environment), storage_(storage), start_(std::move(start)) {}

  Result<state::Start> run() {
    ASSIGN_OR_RETURN(const std::uint64_t segments, count_segments());
    if (segments < start_.position.next_ordinal)
      return corrupt(ends_in_repair(store::segment_path(segments) +
                                    " is missing: the catalogue knows of " +
                                    std::to_string(start_.position.next_ordinal) +
                                    ", the folder has " + std::to_string(segments)));
    RETURN_IF_ERROR(env_.files.sync_directory("segments"));
    while (start_.position.next_ordinal < segments) {
      RETURN_IF_ERROR(replay(start_.position.next_ordinal));
      if (start_.position.next_ordinal % store::kAppendFilesMax == 0)
        RETURN_IF_ERROR(update_derived());
    }
    RETURN_IF_ERROR(check_marks());
    if (!not_understood_.empty() && env_.notice)
      env_.notice("kinds_not_understood", not_understood_.text());
    RETURN_IF_ERROR(update_derived());
    const auto newest = storage_.latest();
    const TreeSize covered = newest ? newest->checkpoint.size : TreeSize{0};
    start_.unsigned_tail = covered < start_.tree.size();
    ASSIGN_OR_RETURN(start_.earlier, earlier_months());
    return std::move(start_);
  }

 private:
  /// One that rotted since it was made is said: the next start makes all again.
  Result<void> update_derived() {
    auto updated = storage_.update_derived();
    if (updated || updated.error().code != Code::kCorrupt) return updated;
    if (env_.notice) env_.notice("derived_damaged", updated.error().message);
    return {};
  }

  /// Segments are numbered without gaps. A file without a good header was never written to: the
  /// header is synced before the first frame. It is set aside.
  Result<std::uint64_t> count_segments() {
    ASSIGN_OR_RETURN(const auto there, store::list_segments(env_.files));
    const std::set<std::uint64_t> ordinals(there.begin(), there.end());
    const std::uint64_t missing = first_missing(ordinals);
    if (missing != ordinals.size())
      return corrupt(ends_in_repair(store::segment_path(missing) + " is missing, and " +
                                    store::segment_path(*ordinals.rbegin()) + " is there"));
    if (ordinals.empty()) return std::uint64_t{0};
    const std::uint64_t last = *ordinals.rbegin();
    ASSIGN_OR_RETURN(const bool torn, set_aside_if_headless(last));
    return torn ? last : last + 1;
  }

  [[nodiscard]] Result<std::unique_ptr<env::File>> segment_file(std::uint64_t ordinal) const {
    auto file = store::open_segment(env_.files, ordinal);
    if (file || file.error().code != Code::kCorrupt) return file;
    return corrupt(file.error().message + ". Nothing was changed");
  }

  Result<bool> set_aside_if_headless(std::uint64_t last) {
    const std::string path = store::segment_path(last);
    ASSIGN_OR_RETURN(const auto file, segment_file(last));
    auto header = store::read_segment_header(*file);
    if (header) return false;
    if (header.error().code != Code::kCorrupt) return in_file(header.error(), path);
    ASSIGN_OR_RETURN(const TreeSize promised, promised_size(*file, ByteOffset{0}, options_.origin));
    const bool was_sealed = last < start_.position.next_ordinal;  // and is in the catalogue
    if (was_sealed || promised > start_.tree.size())
      return corrupt(ends_in_repair(path + ": " + header.error().message));
    RETURN_IF_ERROR(env_.files.rename(path, path + ".torn"));
    RETURN_IF_ERROR(env_.files.sync_directory("segments"));
    return true;
  }

  Result<void> replay(std::uint64_t ordinal) {
    const std::string path = store::segment_path(ordinal);
    ASSIGN_OR_RETURN(auto file, segment_file(ordinal));
    auto header = store::read_segment_header(*file);
    if (!header && is_trouble(header.error())) return in_file(header.error(), path);
    if (!header) return corrupt(ends_in_repair(path + ": " + header.error().message));
    RETURN_IF_ERROR(check_place(path, *header));
    auto opener = store::SegmentDecryptor::of(env_.files, *storage_.data_keys, *header);
    if (!opener) return std::move(opener).error().during("opening " + path);
    storage_.open_segment({ordinal, header->first, header->first}, opener->remains() != nullptr);
    Refill refill(storage_, start_.state);
    Replay sink(start_.state, start_.tree, storage_.hashes.get(), refill);
    auto scan = store::scan_segment(*file, *header, opener->get(), sink);
    if (!scan && scan.error().code == Code::kCorrupt)
      return corrupt(ends_in_repair(path + ": " + scan.error().message));
    if (!scan) return std::move(scan).error().during("replaying " + path);
    if (contains(start_.tree.size(), header->first))
      if (auto fits = check_period(*header, start_.state.retention()); !fits)
        return corrupt(ends_in_repair(path + ": " + fits.error().message));
    not_understood_.add(sink.not_understood());
    RETURN_IF_ERROR(storage_.hashes->flush());
    if (!scan->sealed) {
      RETURN_IF_ERROR(check_marks());  // before a byte of a wrong store is changed
      RETURN_IF_ERROR(close(path, *file, *scan));
    }
    // What a dead process wrote may be in memory only: the catalogue must not know more than the
    // disk.
    RETURN_IF_ERROR(file->sync());
    const state::Closed closed =
        state::close_segment(storage_, start_.state, start_.tree, scan->chain);
    start_.position = closed.position;
    return state::catalogue_closed(storage_, closed);
  }

  Result<void> check_place(const std::string& path, const store::SegmentHeader& header) {
    if (header.origin != merkle::sha256(bytes_of(options_.origin)))
      return invalid(path + " belongs to another log than " + options_.origin);
    const bool continues = header.ordinal == start_.position.next_ordinal &&
                           header.previous == start_.position.chain &&
                           header.first == end_of(start_.position.size);
    if (!continues)
      return corrupt(ends_in_repair(path + " does not continue the segment before it"));
    return {};
  }

  /// A tail behind the last good frame: torn when no checkpoint covers it, damaged when one does.
  Result<void> close(const std::string& path, const env::File& file, const store::Scan& scan) {
    ASSIGN_OR_RETURN(const bool sealed, store::has_footer(file));
    if (sealed)
      return corrupt(ends_in_repair(path + " was sealed and is damaged after record " +
                                    std::to_string(start_.tree.size().value) + ": " +
                                    (scan.tear ? scan.tear->message : "frames are missing")));
    if (scan.tear) {
      ASSIGN_OR_RETURN(const bool damaged,
                       is_damage(file, scan.valid_end, options_.origin, start_.tree.size()));
      if (damaged)
        return corrupt(ends_in_repair(
            path + ": records from " + std::to_string(start_.tree.size().value) +
            " on or their checkpoint were acknowledged and are damaged: " + scan.tear->message));
    }
    ASSIGN_OR_RETURN(const auto writable, env_.files.open_or_create(path));
    // The footer must not outlive the frames it speaks of: those first.
    RETURN_IF_ERROR(writable->sync());
    ASSIGN_OR_RETURN(const ByteOffset end, writable->size());
    const auto footer = state::make_footer(storage_, start_.tree, scan.valid_end, scan.chain);
    ASSIGN_OR_RETURN(const bool immutable, store::seal_segment(*writable, end, footer));
    state::note_sealed(storage_, env_, immutable);
    return {};
  }

  /// The newest checkpoint is in the last segments that were replayed, or in the catalogue.
  Result<void> load_newest_checkpoint() {
    if (storage_.latest()) return {};
    const auto place = storage_.catalogue->last_checkpoint();
    if (!place && place.error().code == Code::kNotFound) return {};  // none was ever signed
    if (!place) return place.error();
    ASSIGN_OR_RETURN(const auto file, segment_file(place->ordinal));
    ASSIGN_OR_RETURN(std::string note, store::read_checkpoint(*file, place->at));
    auto opened = format::open_checkpoint(note, options_.origin, start_.state.keys().active());
    if (!opened)
      return corrupt(ends_in_repair(store::segment_path(place->ordinal) +
                                    ": its last checkpoint: " + opened.error().message));
    ASSIGN_OR_RETURN(const Hash root, merkle::tree_root(opened->size, *storage_.hashes));
    if (root != opened->root)
      return corrupt(
          "the hash files disagree with the newest checkpoint: delete the folders tree "
          "and catalogue, they are made again");
    const TreeSize size = opened->size;
    auto newest = std::make_shared<format::SignedCheckpoint>(
        format::SignedCheckpoint{std::move(*opened), std::move(note)});
    storage_.publish({std::move(newest), start_.state.keys_at(size), nullptr, nullptr}, {});
    return {};
  }

  /// The store is what it was when its high-water marks were written, and more.
  Result<void> check_marks() {
    RETURN_IF_ERROR(load_newest_checkpoint());
    if (env_.marks == nullptr) return {};
    const auto newest = storage_.latest();
    auto marks = own_marks(*env_.marks, options_.origin);
    if (!marks && marks.error().code == Code::kInvalid)
      return invalid(marks.error().message + kNothingChanged);
    if (!marks) return std::move(marks).error();
    ASSIGN_OR_RETURN(
        const auto contradiction,
        contradicts(*marks, newest ? newest->checkpoint.size : TreeSize{0}, *storage_.hashes,
                    options_.ended ? Ends::kWhereItEnds : Ends::kAtItsMarks));
    if (contradiction) return corrupt(*contradiction + kNothingChanged);
    return {};
  }

  /// As the headers of its segments say: months ascend, and each holds a record.
  Result<std::vector<format::EarlierMonth>> earlier_months() const {
    std::vector<format::EarlierMonth> months;
    if (!start_.state.retention().timeline().empty()) return months;
    for (std::uint64_t ordinal = 0; ordinal < start_.position.next_ordinal; ++ordinal) {
      const std::string path = store::segment_path(ordinal);
      ASSIGN_OR_RETURN(const auto file, segment_file(ordinal));
      const auto header = store::read_segment_header(*file);
      if (!header && header.error().code == Code::kCorrupt)
        return corrupt(ends_in_repair(path + ": " + header.error().message));
      if (!header) return header.error();
      if (!contains(start_.tree.size(), header->first)) break;
      if (!months.empty() && header->month <= months.back().month) continue;
      if (!months.empty() && header->first == months.back().first) months.pop_back();
      months.push_back({header->month, header->first});
    }
    return months;
  }

  const LogOptions& options_;
  Environment env_;
  state::Storage& storage_;
  state::Start start_;
  format::NotUnderstood not_understood_;  // in what was replayed
};

/// What a start asks the catalogue for can be answered: it must not be refused for a derived file.
Result<void> check_rows(const store::Catalogue& catalogue, std::uint64_t segments) {
  for (std::uint64_t ordinal = 0; ordinal < segments; ++ordinal)
    RETURN_IF_ERROR(catalogue.segment(ordinal));
  const auto newest = catalogue.last_checkpoint();
  if (!newest && newest.error().code != Code::kNotFound) return newest.error();
  return {};
}

/// Catalogue, hash files and state at the catalogue's position, when all three agree.
/// Errors: kCorrupt, kNotFound  they do not: make them again.
Result<state::Start> load_at_mark(const LogOptions& options, state::Storage& storage) {
  state::Start start{state::LedgerState(options.origin, options.first_key), {}, {}, false, {}};
  ASSIGN_OR_RETURN(start.position, storage.catalogue->position());
  RETURN_IF_ERROR(check_rows(*storage.catalogue, start.position.next_ordinal));
  RETURN_IF_ERROR(storage.hashes->cut_to(start.position.size));
  if (start.position.next_ordinal > 0) {
    ASSIGN_OR_RETURN(const Buffer state, storage.catalogue->state());
    RETURN_IF_ERROR(start.state.restore(state));
    ASSIGN_OR_RETURN(start.tree, merkle::Frontier::load(start.position.size, *storage.hashes));
    if (start.tree.root() != start.position.root)
      return corrupt("the hash files do not agree with the catalogue");
  }
  RETURN_IF_ERROR(storage.load_derived());
  RETURN_IF_ERROR(storage.update_derived());
  return start;
}

Result<std::unique_ptr<state::Storage>> open_storage(const LogOptions& options,
                                                     const Environment& env) {
  ASSIGN_OR_RETURN(auto hashes, store::HashFiles::open(env.files));
  ASSIGN_OR_RETURN(auto catalogue, store::Catalogue::open(env.files));
  const store::AskForKey ask = [&files = env.files, &vault = env.vault](std::uint64_t ordinal) {
    return store::where_key_is(files, vault, ordinal);
  };
  const store::DerivedContext context{env.files, *hashes, ask, options.reserve_bytes};
  return std::make_unique<state::Storage>(
      env.files,
      std::make_unique<store::DataKeys>(env.files, env.vault, env.random, options.kek_prefix),
      std::move(hashes), std::move(catalogue), context);
}

bool means_rebuild(const Error& error) {
  return error.code == Code::kCorrupt || error.code == Code::kNotFound;
}

Result<Recovered> open_as_found(const LogOptions& options, const Environment& env) {
  ASSIGN_OR_RETURN(auto storage, open_storage(options, env));
  ASSIGN_OR_RETURN(state::Start start, load_at_mark(options, *storage));
  return Recovered{std::move(storage), std::move(start)};
}

/// Derived files that are damaged or do not agree are emptied; the replay fills them again.
Result<Recovered> open_derived(const LogOptions& options, const Environment& env) {
  auto found = open_as_found(options, env);
  if (found || !means_rebuild(found.error())) return found;
  if (env.notice)
    env.notice("derived_rebuilt",
               "catalogue, hash files and appends are made again from the segments: " +
                   found.error().message);
  RETURN_IF_ERROR(store::Catalogue::destroy(env.files));
  return open_as_found(options, env);
}

}  // namespace

Result<Recovered> recover(const LogOptions& options, const Environment& environment) {
  ASSIGN_OR_RETURN(const std::uint64_t free, environment.files.free_bytes());
  if (free < kSpaceToStart) return full("the disk is full: make space, then start again");
  RETURN_IF_ERROR(store::expect_no_later_files(environment.files));
  RETURN_IF_ERROR(environment.files.make_directory("segments"));
  ASSIGN_OR_RETURN(Recovered derived, open_derived(options, environment));
  ASSIGN_OR_RETURN(
      state::Start start,
      Recovery(options, environment, *derived.storage, std::move(derived.start)).run());
  return Recovered{std::move(derived.storage), std::move(start)};
}

}  // namespace varve::recovery
