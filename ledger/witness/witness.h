// A witness of logs (c2sp.org/tlog-witness): it cosigns a log's checkpoint when all that it cosigned of that log
// before is a beginning of it, and never another history. This is the witness without its HTTP.
//
//   add()      any thread: parses, finds the log, verifies the log's signature
//   a round    one thread: what was asked meanwhile is judged in order against what is stored, signed, and
//              written in one durable transaction (store/witness_state.h), then the mark; then it is answered
//
// So nothing is answered that is not durable, and two requests for one log never meet.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "ledger/env/high_water_mark.h"
#include "ledger/env/signer.h"
#include "ledger/format/add_checkpoint.h"
#include "ledger/format/contradiction.h"
#include "ledger/format/cosignature.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/store/witness_state.h"
#include "ledger/witness/known_logs.h"
#include "ledger/witness/rate.h"

namespace varve::witness {

enum class Means : std::uint8_t {
  kCosigned,
  kMalformed,  // also: the old size is larger than the checkpoint's
  kUnknownLog,
  kNotSigned,  // by no key that the witness knows the log by, or wrongly
  kConflict,   // the old size is not that of what was cosigned last
  kNotProven,
  kContradicted,  // the log has signed two histories, now or earlier: it is cosigned never again
  kTooOften,
  kTrouble,  // of the witness; ask again
};
inline constexpr std::size_t kMeanings = 9;

struct Answer {
  Means means = Means::kTrouble;
  std::string text;    // kCosigned: signature lines; else what is wrong
  TreeSize size = {};  // kConflict: of what was cosigned last
};
/// Called once, from any thread; does not block.
using Done = std::function<void(Answer)>;

struct WitnessOptions {
  format::CosignerKey key;
  env::Signer* signer = nullptr;
  env::Clock* clock = nullptr;
  env::HighWaterMark* mark = nullptr;  // null: none is kept
  /// Told of what an operator should know: an event's name, the log's origin, a sentence. Does not block.
  std::function<void(std::string_view event, std::string_view origin, const std::string& message)>
      notice;
  /// Told that a log which is followed asked, and whether a key signed that is known. Does not block.
  std::function<void(const std::string& origin, bool key_is_known)> followed_log_asked;
};

struct WitnessStatus {
  std::array<std::uint64_t, kMeanings> answers{};  // since the start, by meaning
  std::uint64_t logs = 0;                          // listed
  std::uint64_t cosigned = 0;                      // logs of which anything was ever cosigned
  std::uint64_t contradicted = 0;
  std::vector<std::string>
      contradicted_names;     // origins, the first hundred; hashes of those not listed
  std::uint64_t waiting = 0;  // requests for the next round
  std::string trouble;        // why the last round could not store or sign; empty: it could
};

/// Thread: any.
class Witness {
 public:
  /// Opens the state in `files`, and holds it against the mark. What options point to outlives the witness.
  /// Errors: as WitnessState::open.  kWorm  the state is older than the mark says, or another one; or
  ///         another process has it.  As HighWaterMark::read.
  static Result<std::unique_ptr<Witness>> open(env::Filesystem& files, WitnessOptions options);
  ~Witness();  // as stop()
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  /// The logs that there are from now on. A log that was there before keeps what was cosigned of it, and what
  /// it contradicted. Errors: kInvalid  a log has the witness's own key.  kCorrupt  what is stored of a log
  /// cannot be read. Nothing has changed then.
  Result<void> set_logs(const format::LogList& list);
  /// A request to cosign, the body of POST add-checkpoint.
  void add(std::string_view body, Done done);
  /// The checkpoint of a log that was cosigned last, as it was answered. Nothing: none ever was.
  /// `log`: SHA-256 of its origin, and the same below. Errors: kCorrupt, kIo.
  [[nodiscard]] Result<std::optional<std::string>> checkpoint(const Hash& log) const;
  /// The evidence against a log. Nothing: there is none. Errors: kCorrupt, kIo.
  [[nodiscard]] Result<std::optional<std::string>> contradiction(const Hash& log) const;

  [[nodiscard]] SharedLog find_log(const Hash& log) const { return logs_.find(log); }
  [[nodiscard]] SharedLog find_log(std::string_view origin) const { return logs_.find(origin); }
  /// From now on these keys of a log count: its history shows them, in a tree that begins with what was
  /// cosigned. `json`: as verify::open_keys made `proven` of it. Durable when it returns.
  /// Returns whether anything was new.
  /// Errors: kCorrupt  keys that were proven before are gone.  kFull, kIo.
  Result<bool> learn(const SharedLog& log, std::string_view json, verify::VerifiedKeys proven);

  /// The log has contradicted itself, as its own server shows: it is cosigned never again. Durable when it
  /// returns. `contradiction`: of two checkpoints that its keys signed, which were verified.
  /// Errors: kFull, kIo.
  Result<void> accuse(const SharedLog& log, const format::Contradiction& contradiction);

  [[nodiscard]] const format::CosignerKey& key() const { return options_.key; }
  [[nodiscard]] WitnessStatus status() const;
  /// Answers what is waiting, and nothing more. Idempotent.
  void stop();

 private:
  struct Task {
    SharedLog log;
    format::AddCheckpoint request;
    format::SignedCheckpoint now;  // with the signatures of its log alone
    std::string text;              // of the note
    Done done;
  };
  struct Told {
    std::string origin;
    std::string message;
  };
  using Rounds = store::WitnessState::Round;

  Witness(WitnessOptions options, std::unique_ptr<env::Lock> lock,
          std::unique_ptr<store::WitnessState> state);
  Result<Task> admit(std::string_view body, Answer& refusal);
  void tell_follower(const KnownLog& log, bool key_is_known) const;
  void answer(const Done& done, Answer answer);
  void run();
  std::vector<Task> take_tasks();
  void run_round(std::vector<Task> tasks);
  Result<void> settle(std::vector<Task>& tasks, std::vector<Answer>& answers,
                      std::vector<Told>& told);
  Result<Answer> judge(const Task& task, Rounds& round, std::vector<Told>& told);
  Result<Answer> cosign(const Task& task, Rounds& round);
  Result<std::string> sign(const Task& task, format::NoteSignature& line) const;
  Result<void> make_durable(Rounds round) REQUIRES(writing_);
  Result<Rounds> begin() REQUIRES(writing_);
  void tell(const Result<void>& settled, const std::vector<Told>& told);
  bool may_ask(const Task& task, bool grows);
  [[nodiscard]] Result<SharedLog> known(const std::string& origin,
                                        const format::ListedLog& listed) const;

  const WitnessOptions options_;
  const std::unique_ptr<env::Lock> lock_;
  const std::unique_ptr<store::WitnessState> state_;
  KnownLogs logs_;
  Mutex writing_;                                 // a transaction and its mark
  bool has_double_ GUARDED_BY(writing_) = false;  // somebody else writes the mark
  // Of the thread of the rounds. A log's own checkpoints can be sent again by anybody, so that they take nothing
  // from those that are new.
  std::map<Hash, std::pair<Allowance, Allowance>> allowances_;
  std::string
      unsigned_;  // of that thread too: why the token signed nothing the last time it was asked

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  std::array<std::uint64_t, kMeanings> answers_ GUARDED_BY(mutex_){};
  std::string trouble_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last
};

}  // namespace varve::witness
