// Several connections, one plan.
#include "tools/audit/fetching.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "tools/audit/ask.h"
#include "tools/common/json.h"
#include "tools/common/progress.h"

namespace varve::audit {
namespace {

/// Several connections that take the next item of one plan, until all are done or one fails.
class Fetcher {
 public:
  Fetcher(const Request& request, const ExportPlan& plan, ExportWriter& writer)
      : request_(request), plan_(plan), writer_(writer) {}

  Result<void> run() {
    std::vector<std::thread> workers;
    for (std::uint32_t i = 0; i < request_.connections; ++i)
      workers.emplace_back([this] { work(); });
    for (std::thread& worker : workers) worker.join();
    if (error_) return *error_;
    return {};
  }

  [[nodiscard]] std::uint64_t fetched() const { return fetched_; }

 private:
  void work() {
    if (auto done = fetch_items(); !done) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::move(done).error();
      next_ = plan_.count();  // the others finish what they have and stop
    }
  }

  Result<void> fetch_items() {
    ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request_));
    for (std::uint64_t k = next_++; k < plan_.count(); k = next_++) {
      const ExportItem item = plan_.item(k);
      ASSIGN_OR_RETURN(const bool there, writer_.has(item.path()));
      if (!there) RETURN_IF_ERROR(fetch_item(log, item));
      const std::lock_guard lock(mutex_);
      progress_.show(++done_, plan_.count());
    }
    return {};
  }

  Result<void> fetch_item(const RemoteLog& log, const ExportItem& item) {
    ASSIGN_OR_RETURN(const Buffer bytes, item.is_bundle ? log.bundle(item.id) : log.tile(item.id));
    RETURN_IF_ERROR(item.check_shape(bytes));
    ++fetched_;
    return writer_.put(item.path(), bytes);
  }

  const Request& request_;
  const ExportPlan& plan_;
  ExportWriter& writer_;
  tools::Progress progress_{"fetching", "files"};
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint64_t> fetched_ = 0;
  std::mutex mutex_;  // guards done_, progress_ and error_
  std::uint64_t done_ = 0;
  std::optional<Error> error_;
};

Result<TreeSize> size_of(std::string_view note) {
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(note));
  ASSIGN_OR_RETURN(const format::Checkpoint checkpoint, format::parse_checkpoint_text(parsed.text));
  return checkpoint.size;
}

}  // namespace

Result<Target> choose_target(const RemoteLog& log) {
  Target target;
  ASSIGN_OR_RETURN(target.note, log.fetch("checkpoint"));
  ASSIGN_OR_RETURN(target.keys, log.fetch("keys"));
  ASSIGN_OR_RETURN(target.size, size_of(target.note));
  ASSIGN_OR_RETURN(const tools::Json json, tools::Json::parse(target.keys));
  ASSIGN_OR_RETURN(std::string keys_note, json.text("checkpoint"));
  ASSIGN_OR_RETURN(const TreeSize keys_size, size_of(keys_note));
  if (keys_size > target.size) {
    target.size = keys_size;
    target.note = std::move(keys_note);
  }
  return target;
}

Result<std::uint64_t> fetch_missing(const Request& request, const ExportPlan& plan,
                                    ExportWriter& writer) {
  Fetcher fetcher(request, plan, writer);
  RETURN_IF_ERROR(fetcher.run());
  return fetcher.fetched();
}

}  // namespace varve::audit
