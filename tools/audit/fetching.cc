// Several connections, one plan.
#include "tools/audit/fetching.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/env/posix.h"
#include "ledger/format/batch.h"
#include "ledger/format/json.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/kept_events.h"
#include "ledger/verify/open_keys.h"
#include "tools/audit/ask.h"
#include "tools/audit/lib/directory_source.h"
#include "tools/common/progress.h"

namespace varve::audit {
namespace {

/// Several connections that take the next item of one plan, until all are done or one fails.
class Fetcher {
 public:
  Fetcher(const Request& request, const ExportPlan& plan, const Before& before,
          ExportWriter& writer)
      : request_(request), plan_(plan), before_(before), writer_(writer) {}

  Result<Fetched> run() {
    std::vector<std::thread> workers;
    for (std::uint32_t i = 0; i < request_.connections; ++i)
      workers.emplace_back([this] { work(); });
    for (std::thread& worker : workers) worker.join();
    const MutexLock lock(mutex_);
    if (error_) return *error_;
    fetched_.visited = std::min(next_.load(), plan_.count());
    return fetched_;
  }

 private:
  void work() {
    if (auto done = fetch_items(); !done) {
      const MutexLock lock(mutex_);
      if (!error_) error_ = std::move(done).error();
      stopped_ = true;  // the others finish what they have and stop
    }
  }

  Result<void> fetch_items() {
    ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request_));
    while (!stopped_) {
      const std::uint64_t k = next_++;
      if (k >= plan_.count()) break;
      const ExportItem item = plan_.item(k);
      ASSIGN_OR_RETURN(const bool there, writer_.has(item.path()));
      if (!there) RETURN_IF_ERROR(fetch_item(log, item));
      const MutexLock lock(mutex_);
      progress_.show(++done_, plan_.count());
    }
    return {};
  }

  Result<void> fetch_item(const RemoteLog& log, const ExportItem& item) {
    ASSIGN_OR_RETURN(Buffer bytes, item.is_bundle ? log.bundle(item.id) : log.tile(item.id));
    RETURN_IF_ERROR(item.check_shape(bytes));
    ASSIGN_OR_RETURN(const bool true_as_far, hold_against_copy(item, bytes));
    return true_as_far ? writer_.put(item.path(), bytes) : Result<void>();
  }

  /// With what the directory had of the same file before. Returns whether the server can have told
  /// the truth of it.
  Result<bool> hold_against_copy(const ExportItem& item, Buffer& bytes) {
    merkle::TileId part = item.id;
    part.width = merkle::tile_width(item.id.level, item.id.index, before_.size);
    bool lost = part.width == item.id.width;
    verify::MergedBundle merged;
    if (item.is_bundle && part.width > 0 && !lost) {
      const auto held = read_file_of(writer_.files(), verify::bundle_url_path(part));
      if (!held && held.error().code != Code::kNotFound) return held.error();
      lost = !held;
      if (held) {
        const LeafIndex first{item.id.index * merkle::kTileWidth};
        ASSIGN_OR_RETURN(const std::uint16_t key_minutes, held_key_minutes());
        auto kept =
            verify::keep_events(*held, bytes, first, {env::posix_clock().now_us(), 0, key_minutes});
        if (!kept)
          return std::move(kept).error().during("comparing it with " +
                                                verify::bundle_url_path(part));
        merged = std::move(*kept);
        bytes = std::move(merged.bundle);
      }
    }
    const MutexLock lock(mutex_);
    if (lost && fetched_.again.empty()) RETURN_IF_ERROR(before_.incomplete());
    if (lost) fetched_.again.push_back(item);
    ++fetched_.files;
    fetched_.kept.merge(merged.kept);  // one bundle at most was there in part
    if (!merged.lie) return true;
    fetched_.lie = verify::Finding{merged.lie->index, "", "tombstone", std::move(merged.lie->why)};
    stopped_ = true;
    return false;
  }

  /// Of the log's key periods, as the policy says that the directory has as record 1.
  [[nodiscard]] Result<std::uint16_t> held_key_minutes() const {
    const merkle::TileId id{0, 0, merkle::tile_width(0, 0, before_.size)};
    ASSIGN_OR_RETURN(const Buffer bundle,
                     read_file_of(writer_.files(), verify::bundle_url_path(id)));
    ASSIGN_OR_RETURN(const auto entries, format::split_bundle(bundle, merkle::kTileWidth));
    if (entries.size() < 2) return std::uint16_t{0};
    const auto policy = format::decode_record(entries[1]);
    return policy ? rules::key_minutes_of(*policy).value_or(0) : std::uint16_t{0};
  }

  const Request& request_;
  const ExportPlan& plan_;
  const Before& before_;
  ExportWriter& writer_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  Mutex mutex_;
  tools::Progress progress_ GUARDED_BY(mutex_){"fetching", "files"};
  std::uint64_t done_ GUARDED_BY(mutex_) = 0;
  Fetched fetched_ GUARDED_BY(mutex_);
  std::optional<Error> error_ GUARDED_BY(mutex_);
};

/// Fills in what is signed. Errors: as open_keys and open_checkpoint_of.
Result<void> verify(Target& target, const format::VerifierKey& first) {
  ASSIGN_OR_RETURN(const verify::VerifiedKeys keys, verify::open_keys(target.keys, first));
  ASSIGN_OR_RETURN(const format::SignedCheckpoint now,
                   verify::open_checkpoint_of(target.note, keys.timeline));
  const bool keys_are_newer = keys.under.checkpoint.size > now.checkpoint.size;
  const format::SignedCheckpoint& newer = keys_are_newer ? keys.under : now;
  target.size = newer.checkpoint.size;
  target.note = newer.note;
  return {};
}

}  // namespace

Result<Target> choose_target(const RemoteLog& log, const format::VerifierKey& first) {
  Target target;
  ASSIGN_OR_RETURN(target.note, log.fetch("checkpoint"));
  ASSIGN_OR_RETURN(target.keys, log.fetch("keys"));
  if (auto verified = verify(target, first); !verified)
    target.lie = verify::Finding{{}, "", "checkpoint", std::move(verified).error().message};
  return target;
}

Result<Fetched> fetch_missing(const Request& request, const ExportPlan& plan, const Before& before,
                              ExportWriter& writer) {
  return Fetcher(request, plan, before, writer).run();
}

}  // namespace varve::audit
