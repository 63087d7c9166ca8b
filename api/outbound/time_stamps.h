// Has time-stamping authorities stamp a log's newest checkpoint, hourly or so, keeps what they sign, and once a
// day gives it to the log as evidence of the time. On a thread of its own: whoever is slow or dead there delays
// no append. docs/operating/time-stamps.md
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/access/journal.h"
#include "api/access/stamped.h"
#include "api/outbound/requests.h"
#include "api/outbound/time_exchange.h"
#include "ledger/base/mutex.h"
#include "ledger/env/posix.h"
#include "ledger/format/stamped_checkpoint.h"
#include "ledger/ledger.h"

namespace varve::api {

struct TimeStampOptions {
  std::string log;                // its name, for the journal
  std::vector<Peer> authorities;  // 1 to 16, each at another host
  std::uint64_t interval_s = 3'600;
  std::string kept_name;   // file of the newest stamped checkpoint
  bool has_ended = false;  // the log takes no record, so no evidence
  OutboundBounds bounds = {kTimeReplyMax};
  env::Clock* clock = &env::posix_clock();
  env::Random* random = &env::system_random();
};

/// Host and port of a URL that check_peer() takes.
std::string authority_name(const std::string& url);

/// A round is about one checkpoint. It begins when the interval has passed and the log has grown, or a day has
/// passed. Who gave no stamp is asked again in it, after a minute, then after twice as long, up to an interval.
class TimeStamps final : public StampedCheckpoints {
 public:
  static constexpr std::uint64_t kDay_us = 86'400'000'000;
  static constexpr std::int64_t kOffsetMax_us = 60'000'000;

  /// Reads what was kept, and starts the thread. All outlive it.
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
    std::uint64_t again_ms = 0;         // not before that
    std::uint64_t failures = 0;         // how often somebody was asked in vain
    std::uint64_t record_again_ms = 0;  // the log is not asked before that
    bool is_to_record = false;          // nor behind it
  };

  void run();
  bool wait() EXCLUDES(mutex_);
  void take_kept() EXCLUDES(mutex_);
  void step() EXCLUDES(mutex_);
  [[nodiscard]] bool is_round_due(std::uint64_t now_ms) const;
  /// Whether the policy names who may be asked.
  bool can_ask(const format::Policy& policy) EXCLUDES(mutex_);
  void ask(std::size_t authority, const format::Policy& policy) EXCLUDES(mutex_);
  void take(std::size_t authority, TimeAnswer answer, std::uint64_t asked_us) EXCLUDES(mutex_);
  void note_clock(TimeAuthorityStatus& status, std::int64_t offset_us) REQUIRES(mutex_);
  /// The stamps by sources of the policy, the first of each; `agreeing`: only where the clocks agree.
  [[nodiscard]] std::vector<TimeStamp> stamps_for(const format::Policy& policy,
                                                  bool agreeing) const;
  void keep(const format::Policy& policy) EXCLUDES(mutex_);
  void record(const rules::Retention& retention) EXCLUDES(mutex_);
  [[nodiscard]] bool is_evidence_due(const rules::Retention& retention,
                                     const std::vector<TimeStamp>& stamps) const;
  Result<void> give(const std::vector<TimeStamp>& stamps);
  void set_trouble(std::string trouble) EXCLUDES(mutex_);
  void say(Level level, std::string_view event, std::string_view authority,
           const std::string& message);

  const TimeStampOptions options_;
  Log& log_;
  env::Filesystem& files_;
  Journal& journal_;
  std::atomic<bool> cancelled_ = false;
  Round round_;                      // the thread's own
  std::string kept_text_;            // the thread's own: what the file has
  bool file_is_left_alone_ = false;  // fixed before the thread starts

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool looked_at_ GUARDED_BY(mutex_) = false;  // look() was called
  StampedStatus status_ GUARDED_BY(mutex_);
  std::string kept_trouble_ GUARDED_BY(mutex_);  // the file is left alone then
  std::shared_ptr<const std::string> newest_ GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all the others
};

}  // namespace varve::api
