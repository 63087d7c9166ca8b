// Asks the witnesses of a log's policy to cosign its checkpoints, each on a thread of its own: one that is slow,
// dead or hostile delays no other, and none of them delays an append.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/access/journal.h"
#include "api/access/witnessed.h"
#include "api/outbound/cosigned_evidence.h"
#include "api/outbound/requests.h"
#include "api/outbound/witness_exchange.h"
#include "api/outbound/witness_rounds.h"
#include "api/outbound/witnessed_file.h"
#include "api/outbound/witnessed_record.h"
#include "ledger/base/mutex.h"
#include "ledger/env/posix.h"
#include "ledger/format/witness_alarms.h"
#include "ledger/format/witness_policy.h"
#include "ledger/ledger.h"

namespace varve::api {

struct WitnessOptions {
  std::string log;  // its name, for the journal
  format::WitnessPolicy policy;
  std::string ca_file;            // PEM; empty: the system's
  std::uint64_t interval_s = 60;  // from one round to the next, when the log has grown
  std::string kept_name;          // file of the newest witnessed checkpoint
  std::string alarms_name;        // file of what witnesses said against the log
  const env::Filesystem* records_in = nullptr;  // the log's directory, where it takes what is
                                                // witnessed once a day; null: it takes nothing
  OutboundBounds bounds = {kWitnessAnswerMax};
  env::Clock* clock = &env::posix_clock();
};

/// The address that `witness` is asked at. Requires a URL.
std::string add_checkpoint_url(const format::Witness& witness);

/// A round begins when the interval has passed and the log has grown, or an hour has passed. Whoever gave no
/// cosignature is asked again after the interval, then after twice as long, and so on up to an hour; or when
/// it says itself, though not before the interval and not after an hour.
class Witnesses final : public WitnessedCheckpoints {
 public:
  static constexpr std::uint64_t kHour_ms = 3'600'000;

  /// Reads what was kept, and starts the threads. The log, `files`, the journal and the clock outlive it.
  Witnesses(WitnessOptions options, Log& log, env::Filesystem& files, Journal& journal);
  ~Witnesses() override { stop(); }
  Witnesses(const Witnesses&) = delete;
  Witnesses& operator=(const Witnesses&) = delete;

  /// Ends what is under way, within 100 ms, or when the token has answered. To be called before the log is stopped.
  void stop();
  /// Has the threads look at the clock and the log now; else they do so each second.
  void look();

  [[nodiscard]] std::shared_ptr<const std::string> newest() const override;
  [[nodiscard]] WitnessedStatus status() const override;

 private:
  struct Address {  // asked once, even for several witnesses
    Peer peer;
    std::vector<std::size_t> witnesses;     // of the policy
    std::vector<format::CosignerKey> keys;  // theirs, in that order
  };
  struct Standing {                   // with an address
    TreeSize old;                     // what it has cosigned last, as far as is known
    std::uint64_t turn = 0;           // the last round in which it was asked
    std::uint64_t not_before_ms = 0;  // after a failure
    std::uint64_t failures = 0;       // since the last cosignature
    bool was_told_when = false;       // its Retry-After is what it waits for
    bool is_asked = false;            // its answer is awaited, or not kept yet
  };
  struct Task {
    std::shared_ptr<const format::SignedCheckpoint> checkpoint;  // null: a round is to begin
    TreeSize old;
  };
  struct Outcome {
    WitnessAnswer answer;
    TreeSize old;                           // for the next time
    std::optional<TreeSize> stood_at = {};  // where it says that it stood instead
  };

  void find_addresses();
  /// At the start, and again before each round while the file cannot be read.
  void take_kept() EXCLUDES(mutex_);
  void use_kept(KeptWitnessed kept) REQUIRES(mutex_);
  void take_alarms();
  /// Of a witness that the policy does not name any more, one is made: its alarm stands.
  WitnessStatus& status_of(const format::CosignerKey& key) REQUIRES(mutex_);
  void run(std::size_t address);
  /// Waits until the address is to be asked, or a round to be begun. Nothing: this is the end.
  std::optional<Task> next(std::size_t address) EXCLUDES(mutex_);
  [[nodiscard]] bool is_round_due(std::uint64_t now_ms) const REQUIRES(mutex_);
  /// Where the system gives no thread it is not asked.
  void start_asking(std::size_t address) EXCLUDES(mutex_);
  /// Asks the token, for all addresses; without its signature they get the signing keys' alone. Whoever has its
  /// task from next() does this.
  void begin_round() EXCLUDES(mutex_);
  void note_key(const std::string& trouble) REQUIRES(mutex_);
  /// Not in place of what the policy's lines `log` take, where the witness key is what they name.
  [[nodiscard]] bool may_keep(const std::string& note) const REQUIRES(mutex_);
  [[nodiscard]] Outcome ask(const Address& address, const Task& task) const;
  [[nodiscard]] Result<WitnessAnswer> ask_from(const Address& address, const Task& task,
                                               TreeSize old) const;
  void take(std::size_t address, const Task& task, Outcome outcome) EXCLUDES(mutex_);
  void take_cosignatures(const Address& address, const Task& task, WitnessAnswer& answer)
      REQUIRES(mutex_);
  void wait_before_next(Standing& standing, const WitnessAnswer& answer) REQUIRES(mutex_);
  void in_trouble(std::size_t witness, const WitnessAnswer& answer) REQUIRES(mutex_);
  void keep() EXCLUDES(mutex_, file_mutex_);
  /// What the address answered is kept. Whether nobody is left who may still cosign what the newest round is about.
  bool is_end_of_round(std::size_t address) EXCLUDES(mutex_);
  /// Has the log take what is kept, where that is due.
  void record_newest() EXCLUDES(mutex_);
  /// Makes the newest witnessed checkpoint durable, and then visible.
  void keep_newest() REQUIRES(file_mutex_) EXCLUDES(mutex_);
  /// Makes what witnesses said against the log durable. It is visible before.
  void keep_alarms() REQUIRES(file_mutex_) EXCLUDES(mutex_);
  void say(Level level, std::string_view event, std::string_view witness,
           const std::string& message);

  const WitnessOptions options_;
  Log& log_;
  env::Filesystem& files_;
  Journal& journal_;
  std::vector<Address> addresses_;  // fixed before the threads start
  std::atomic<bool> cancelled_ = false;
  WitnessedRecord record_;
  CosignedEvidence evidence_;

  Mutex file_mutex_;  // before mutex_
  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  WitnessRounds rounds_ GUARDED_BY(mutex_);
  std::uint64_t turn_ GUARDED_BY(mutex_) = 0;  // number of the newest round, from 1
  std::uint64_t turn_began_ms_ GUARDED_BY(mutex_) = 0;
  bool beginning_ GUARDED_BY(mutex_) = false;  // a thread has the task of begin_round()
  std::uint64_t not_begun_before_ms_ GUARDED_BY(mutex_) = 0;  // after the token failed
  std::string key_trouble_ GUARDED_BY(mutex_);
  std::vector<Standing> standings_ GUARDED_BY(mutex_);  // as addresses_
  std::vector<WitnessStatus> statuses_
      GUARDED_BY(mutex_);  // the policy's witnesses, then others with an alarm
  std::vector<HeardCosignature> heard_ GUARDED_BY(mutex_);  // as the policy's witnesses
  std::optional<Witnessed> to_keep_ GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> newest_ GUARDED_BY(mutex_);
  TreeSize newest_size_ GUARDED_BY(mutex_);
  std::string kept_trouble_ GUARDED_BY(mutex_);     // the file is left alone then
  bool kept_is_unread_ GUARDED_BY(mutex_) = false;  // it may be sound, and is read again
  std::vector<format::WitnessAlarm> alarms_
      GUARDED_BY(mutex_);  // as the file; also of other policies
  bool alarms_to_keep_ GUARDED_BY(mutex_) = false;
  std::string alarms_trouble_ GUARDED_BY(mutex_);  // their file is left alone then
  std::vector<std::thread> threads_;
};

}  // namespace varve::api
