// The scrub of a log that serves: a thread that re-reads all sealed segments within a configured
// time, at an even pace, for as long as the log runs. What it finds is told to the operator and,
// when all was read, to the ledger itself. It never holds what an append waits for.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/ledger.h"
#include "ledger/rules/key_history.h"
#include "ledger/state/storage.h"
#include "ledger/store/scrub_state.h"
#include "ledger/upkeep/scrub.h"

namespace varve::upkeep {

/// Thread: any. Reads nothing before start(); with a period of 0 nothing at all.
class Scrubber {
 public:
  /// Appends an audit run's text to the log.
  using Record = std::function<void(std::string text, AppendDone done)>;
  using Keys = std::function<rules::KeyHistory()>;

  Scrubber(const LogOptions& options, const Environment& environment, const state::Storage& storage,
           Keys keys, Record record);
  ~Scrubber() { stop(); }
  Scrubber(const Scrubber&) = delete;
  Scrubber& operator=(const Scrubber&) = delete;

  /// Errors: kIo  how far the scrub is, and what is damaged, cannot be read.
  Result<void> start();
  /// Requires that what Record was given is answered without it. Idempotent.
  void stop();
  /// The keys of these segments are to go. Returns when none of them is in memory here.
  void forget(const std::set<std::uint64_t>& ordinals);
  /// Fills in status.scrub.
  void report(LogStatus& status) const;

 private:
  Result<void> begin_again(const Error& why);
  void run();
  bool begin_pass();
  void choose_pace();
  bool read_again_what_was_damaged();
  bool read_segments();
  bool scrub_one(std::uint64_t ordinal, SegmentScrub& scrubbed);
  void note(const SegmentScrub& scrubbed);
  bool record_pass();
  void tell_of_pass();
  Result<void> append_record();
  bool wait_until_next_pass();
  bool pause(double seconds);
  bool may_read_on(std::uint64_t ordinal, double seconds);
  bool begin_segment(std::uint64_t ordinal);
  void end_segment();
  [[nodiscard]] double seconds_for(std::uint64_t bytes) const;
  [[nodiscard]] std::vector<std::string> damaged_files() const;
  [[nodiscard]] std::uint64_t due_us() const;
  void show();
  void save();

  const LogOptions& options_;
  Environment env_;
  const state::Storage& storage_;
  const Keys keys_;
  const Record record_;
  store::ScrubState state_;  // the thread's own
  std::uint64_t started_us_ = 0;
  double bytes_per_s_ = 0;  // at which the segment is read; 0: as fast as it can be
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::set<std::uint64_t> forgotten_ GUARDED_BY(mutex_);
  std::optional<std::uint64_t> reading_ GUARDED_BY(mutex_);
  ScrubStatus seen_ GUARDED_BY(mutex_);
  std::thread thread_;  // start() and stop()
};

}  // namespace varve::upkeep
