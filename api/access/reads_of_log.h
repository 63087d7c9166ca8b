// What was read of one log and is not on record yet: in memory (reads_of_log.cc), and what the file `reads` has of it
// (reads_of_log_file.cc). Private to reads.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "api/access/reads.h"
#include "api/access/reads_file.h"
#include "api/access/refused_attempts.h"
#include "ledger/base/mutex.h"
#include "ledger/env/clock.h"
#include "ledger/ledger.h"

namespace varve::api {

// One append takes all that may wait, with the records that come last.
inline constexpr std::uint64_t kWaitingBytesMax = kReportsBytesMax - 2 * format::kReportBytesMax;

// The file keeps so much of one reader who breaks the glass: others find room as well.
inline constexpr std::uint64_t kSpooledBytesOfOneMax = 128u << 10;

// Break-glass waits for the log no longer; what the log takes later is then on record twice.
inline constexpr std::uint64_t kBreakGlassWaitsMs = 2'000;

/// A read is refused for that.
Error cannot_record(const std::optional<Error>& why);

/// Thread: any. The log keeps it alive while it has reports of it.
class ReadsOfLog : public std::enable_shared_from_this<ReadsOfLog> {
 public:
  /// All outlive it.
  /// `look_again` is called when the log has answered what somebody waits for; as Recorded.
  ReadsOfLog(const HostedLog& hosted, const env::Clock& clock, Journal& journal,
             ReadAnswered answered, std::function<void()> look_again)
      : hosted_(hosted),
        clock_(clock),
        journal_(journal),
        once_recorded_(answered == ReadAnswered::kOnceItIsOnRecord),
        look_again_(std::move(look_again)) {}

  /// Errors: as Reads::take.
  Result<void> take(const format::Reader& reader, const ReadAnswer& answer);
  void take(const format::Reader& reader, const ReadAnswer& answer, ReadBy by, Recorded recorded);
  void take(const format::Refused& attempt);
  /// Spools what break-glass waits for, and hands what is due to the log, unless the log has some of it still. Returns
  /// in how many milliseconds to look again; nothing: nothing waits.
  std::optional<std::uint64_t> write_due();
  /// Hands over all that waits, whatever the log has still.
  void write_rest();
  // As Reads::start, stop and end.
  Result<void> begin();
  void stop();
  void end();
  [[nodiscard]] ReadsStatus status() const;
  [[nodiscard]] std::uint64_t waiting_of(const format::Reader& reader) const;

 private:
  using Open = std::map<format::Reader, Readings>;

  /// A record that is not in the log yet.
  struct Pending {
    Report report;
    std::uint64_t requests = 0;                 // of access records
    std::uint64_t bytes = 0;                    // that it counts for
    std::uint64_t first_us = 0;                 // of access records: when the first was answered
    bool is_answered = true;                    // else whoever asked waits for it
    std::optional<format::Reader> reader = {};  // of access records of this run
    std::uint64_t spooled = 0;                  // its number in `spooled_`; 0: it is not there
    std::optional<Readings> readings = {};      // more of the reader, who broke the glass, may join
  };
  /// Whoever is not answered before a record is there.
  struct Waiting {
    Recorded recorded;
    format::Reader reader;
    ReadAnswer answer;
    ReadBy by = ReadBy::kAnybody;
    std::uint64_t since_ms = 0;  // of the steady clock
  };
  /// Records for one append.
  struct Batch {
    std::vector<Pending> pending;
    std::uint64_t number = 0;  // who waits for them in `handed_`
  };
  /// What the file has.
  struct Spooled {
    Report report;
    std::optional<format::Reader> reader;  // of this run
  };
  using SpooledReports = std::map<std::uint64_t, Spooled>;
  /// One reader who breaks the glass, and what the file is to say of him.
  struct Breaking {
    std::vector<Waiting> waiting;
    std::vector<Pending> joined;  // the last is open to more
    Result<void> kept;
  };
  using AllBreaking = std::map<format::Reader, Breaking>;

  [[nodiscard]] bool is_due_at_once(const format::Reader& reader, const ReadAnswer& answer) const
      REQUIRES(mutex_);
  void remember(const format::Reader& reader, const ReadAnswer& answer) REQUIRES(mutex_);
  [[nodiscard]] bool is_full(const format::Reader& reader, ReadBy by) const REQUIRES(mutex_);
  Result<void> take_answered(const format::Reader& reader, const ReadAnswer& answer, ReadBy by)
      REQUIRES(mutex_);
  void take_into(Open& open, const format::Reader& reader, const ReadAnswer& answer)
      REQUIRES(mutex_);
  void add_waiting(const format::Reader& reader, std::uint64_t requests) REQUIRES(mutex_);
  void take_off(const Pending& pending) REQUIRES(mutex_);
  void close(const Open& open, const format::Reader& reader, const Readings& readings)
      REQUIRES(mutex_);
  void close_all(Open& open) REQUIRES(mutex_);
  void close_refused() REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t sum_due_ms() const REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t refused_due_ms() const REQUIRES(mutex_);
  /// How much of what waits: what is due, all but what is summed up, or all.
  enum class Part : std::uint8_t { kDue, kNotSummed, kAll };
  Batch take_part(Part part);
  void add(Report report, std::uint64_t requests, std::uint64_t first_us) REQUIRES(mutex_);
  Result<void> take_up(LeftReads left);
  [[nodiscard]] bool takes_none() const REQUIRES(mutex_);
  [[nodiscard]] bool goes_to_spool(const format::Reader& reader, const ReadAnswer& answer,
                                   ReadBy by) const REQUIRES(mutex_);
  [[nodiscard]] Pending pending_of(const format::Reader& reader, const Readings& readings) const;
  AllBreaking take_breaking();
  void take_overdue(std::vector<Waiting>& from) REQUIRES(mutex_);
  void gather_glass() REQUIRES(mutex_);
  [[nodiscard]] Pending spooled_of(const format::Reader& reader, const Readings& readings,
                                   std::uint64_t number) const;
  void join(const format::Reader& reader, Breaking& one) REQUIRES(mutex_);
  SpooledReports find_room(AllBreaking& all) REQUIRES(mutex_);
  void spool();
  void write_spool(AllBreaking& all);
  [[nodiscard]] Error cannot_keep(Error why) const REQUIRES(mutex_);
  SpooledReports to_write() REQUIRES(mutex_);
  Result<void> write_taken_up();
  Result<void> write_file(std::uint64_t us, const SpooledReports& spooled);
  void keep(const format::Reader& reader, const Breaking& one) REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t all_before_us() const;
  void advance_file();
  Result<void> keep_file_aside(const Error& why);
  [[nodiscard]] std::optional<std::uint64_t> next_look() const;
  void append(Batch batch);
  void settle(const Result<Appended>& done, Batch batch);
  /// Returns how many requests of it the file had.
  std::uint64_t settle_recorded(const Batch& batch, const std::vector<Waiting>& waiting)
      REQUIRES(mutex_);
  void settle_refused(const Error& why, Batch& batch, std::vector<Waiting>& waiting)
      REQUIRES(mutex_);
  void settle_waiting(std::vector<Waiting>& waiting) REQUIRES(mutex_);

  const HostedLog& hosted_;
  const env::Clock& clock_;
  std::optional<ReadsFile>
      file_;  // of a run that keeps one; begin(), write_due() and end() use it in turn
  Journal& journal_;
  const bool once_recorded_;
  const std::function<void()> look_again_;
  mutable Mutex mutex_;
  Open open_ GUARDED_BY(mutex_);
  Open awaited_ GUARDED_BY(mutex_);  // the same, of whoever waits for it
  std::vector<Waiting> waiting_ GUARDED_BY(mutex_);
  std::map<std::uint64_t, std::vector<Waiting>> handed_
      GUARDED_BY(mutex_);                             // by the number of their batch
  bool stopped_ GUARDED_BY(mutex_) = false;           // nobody spools any more
  std::vector<Waiting> to_spool_ GUARDED_BY(mutex_);  // of break-glass
  SpooledReports spooled_ GUARDED_BY(mutex_);         // what the log does not have of the file
  bool file_is_behind_ GUARDED_BY(mutex_) = false;    // it has more or other than `spooled_`
  std::uint64_t last_number_ GUARDED_BY(mutex_) = 0;  // of a spooled report or a batch
  std::map<format::Reader, Pending> glass_ GUARDED_BY(mutex_);  // spooled, and open to more
  Open summed_ GUARDED_BY(mutex_);                              // of what told of no event
  std::uint64_t summed_since_ms_ GUARDED_BY(mutex_) = 0;        // if there are any
  // Which records each reader was given in bundles or by searches, for an hour.
  std::map<format::Reader, std::vector<format::IndexRange>> given_ GUARDED_BY(mutex_);
  std::set<format::Reader> told_nothing_
      GUARDED_BY(mutex_);  // that a search found nothing, for as long
  std::uint64_t given_since_ms_ GUARDED_BY(mutex_) = 0;
  RefusedAttempts refused_ GUARDED_BY(mutex_);
  std::optional<std::uint64_t> refused_ms_ GUARDED_BY(mutex_);  // the last record of them was made
  bool refused_waits_ GUARDED_BY(mutex_) = false;               // that record is not in the log yet
  std::vector<Pending> closed_ GUARDED_BY(mutex_);
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;  // of all, and of what the log has
  std::map<format::Reader, std::uint64_t> bytes_of_ GUARDED_BY(mutex_);  // of these, each reader's
  unsigned under_way_ GUARDED_BY(mutex_) = 0;  // appends that the log has not answered
  std::uint64_t handed_since_us_ GUARDED_BY(mutex_) =
      0;                                             // the first answer of these, if there are any
  std::uint64_t handed_ms_ GUARDED_BY(mutex_) = 0;   // when the log got the first of these
  std::optional<Error> why_not_ GUARDED_BY(mutex_);  // the log took no record the last time
  // What was answered waits for a log that did not take it, and is handed to it each half second.
  bool asks_again_ GUARDED_BY(mutex_) = false;
  ReadsStatus status_ GUARDED_BY(mutex_);
  // Its share of what waits, for each reader that has one.
  std::map<format::Reader, std::uint64_t> waiting_of_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
