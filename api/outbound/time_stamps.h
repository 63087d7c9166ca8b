// Has time-stamping authorities stamp a log's newest checkpoint, hourly or so, keeps what they sign, and once a
// day gives it to the log as evidence of the time. On a thread of its own, and one for each that is asked: whoever is
// slow or dead there delays no append, and no other. docs/operating/time-stamps.md
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/access/journal.h"
#include "api/access/stamped.h"
#include "api/outbound/clock_watch.h"
#include "api/outbound/requests.h"
#include "api/outbound/stamped_file.h"
#include "api/outbound/time_evidence.h"
#include "ledger/base/mutex.h"
#include "ledger/env/posix.h"
#include "ledger/env/thread.h"
#include "ledger/env/thread_on_demand.h"
#include "ledger/format/stamped_checkpoint.h"
#include "ledger/ledger.h"

namespace varve::api {

struct TimeStampOptions {
  std::string log;                // its name, for the journal
  std::vector<Peer> authorities;  // 1 to 16, each at another host
  std::uint64_t interval_s = 3'600;
  std::string kept_name;                        // file of the newest stamped checkpoint
  const env::Filesystem* records_in = nullptr;  // the log's directory; null: it takes no evidence
  OutboundBounds bounds = {kTimeReplyMax};
  env::Clock* clock = &env::posix_clock();
  env::Random* random = &env::system_random();
};

/// A round is about one checkpoint. It begins when the interval has passed and the log has grown, or a day has
/// passed. Who gave no stamp, or one by a clock that is off, is asked again, after a minute, then after twice as long,
/// up to an interval. (A day: in a draft log, a minute.)
class TimeStamps final : public StampedCheckpoints {
 public:
  static constexpr std::int64_t kOffsetMax_us = 60'000'000;

  /// Reads what was kept, and starts the thread. Where the system gives none, it asks nobody, and says so. All outlive
  /// it.
  TimeStamps(TimeStampOptions options, Log& log, env::Filesystem& files, Journal& journal);
  ~TimeStamps() override { stop(); }
  TimeStamps(const TimeStamps&) = delete;
  TimeStamps& operator=(const TimeStamps&) = delete;

  /// Ends what is under way, within 100 ms, or when the log has answered. To be called before the log is stopped.
  void stop();
  /// Has the thread look at the clock and the log now; else it does so each second.
  void look();

  [[nodiscard]] std::shared_ptr<const std::string> newest() const override;
  [[nodiscard]] StampedStatus status() const override;

 private:
  /// What one authority gave in this round.
  struct Given {
    TimeStamp stamp;
    bool clock_is_off = false;
  };
  /// The thread's own: what is asked now, and what has come.
  struct Round {
    std::optional<format::Checkpoint> checkpoint;  // nothing: none has begun
    std::vector<std::optional<Given>> given;       // as the authorities
    std::uint64_t began_ms = 0;
    std::uint64_t record_again_ms = 0;  // the log is not asked before that
    bool is_to_record = false;          // nor behind it
  };

  /// The thread's own, of an authority across rounds.
  struct Turn {
    std::uint64_t again_ms = 0;  // not asked before that
    std::uint64_t failures = 0;  // in a row
  };

  /// What came back from one that was asked.
  struct Answered {
    std::size_t authority = 0;
    Result<client::HttpResponse> response;
    std::uint64_t asked_us = 0;
    std::uint64_t answered_us = 0;
  };

  void run();
  bool wait() EXCLUDES(mutex_);
  void take_kept() EXCLUDES(mutex_);
  void step() EXCLUDES(mutex_);
  [[nodiscard]] bool is_round_due(std::uint64_t now_ms, const format::Policy& policy) const;
  /// Serves what was kept where enough sources that the policy names today have stamped it.
  void serve(const rules::Retention& retention) EXCLUDES(mutex_);
  /// What is wrong with the policy, the writer and the file; empty: nothing.
  [[nodiscard]] std::string trouble_of(const format::Policy& policy) const;
  /// All at once, who are to be asked; returns when each has answered or was given up.
  void ask_all(const rules::Retention& retention) EXCLUDES(mutex_);
  void wait_before_next(Turn& turn, std::optional<std::uint64_t> retry_after_s) const;
  void ask(std::size_t authority, const Buffer& query) EXCLUDES(mutex_);
  [[nodiscard]] Answered next_answer() EXCLUDES(mutex_);
  void take(const Answered& answered, const TimeQuestion& question) EXCLUDES(mutex_);
  void note_clock(TimeAuthorityStatus& status, std::int64_t offset_us) REQUIRES(mutex_);
  /// The stamps by sources of the policy, the first of each; `agreeing`: only where the clocks agree.
  [[nodiscard]] std::vector<TimeStamp> stamps_for(const format::Policy& policy,
                                                  bool agreeing) const;
  void keep(const format::Policy& policy) EXCLUDES(mutex_);
  void record(const rules::Retention& retention) EXCLUDES(mutex_);
  [[nodiscard]] EvidenceChoice choose(const rules::Retention& retention) const;
  Result<void> give(const std::vector<TimeStamp>& stamps);
  void set_evidence_trouble(std::string trouble, bool waits) EXCLUDES(mutex_);
  /// Writes the file; says in the journal which it is, and returns it without.
  [[nodiscard]] std::string write_kept(const std::string& text, TreeSize size);
  void set_trouble(std::string trouble) EXCLUDES(mutex_);
  void say(Level level, std::string_view event, std::string_view authority,
           const std::string& message);

  const TimeStampOptions options_;
  Log& log_;
  env::Filesystem& files_;
  Journal& journal_;
  std::atomic<bool> cancelled_ = false;
  ClockWatch clock_watch_;  // the thread's own, as all up to the mutex
  Round round_;
  std::vector<Turn> turns_;          // as the authorities
  std::optional<KeptStamped> kept_;  // what the file has, as far as is known
  bool file_is_left_alone_ = false;  // what it has is refused, or cannot be read now
  bool is_refused_ = false;          // it is not this log's, or another server's
  bool kept_is_unread_ = false;      // it is tried again
  std::uint64_t read_again_ms_ = 0;  // not before that
  std::string kept_trouble_;         // of the file as it was read
  std::string keep_trouble_;         // of the file that is to be written
  std::string writer_trouble_;       // another server may write the log

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool looked_at_ GUARDED_BY(mutex_) = false;  // look() was called
  CondVar came_;                               // answered_ has more
  std::deque<Answered> answered_ GUARDED_BY(mutex_);
  StampedStatus status_ GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> newest_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<env::ThreadOnDemand>> askers_;  // as the authorities
  std::thread thread_;                                        // last: it uses all the others
};

}  // namespace varve::api
