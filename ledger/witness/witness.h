// A witness of logs (c2sp.org/tlog-witness): it cosigns a log's checkpoint when all that it cosigned of that log
// before is a beginning of it, and never another history. This is the witness without its HTTP.
//
//   add()      any thread: parses, finds the log, verifies the log's signature
//   a round    one thread: what was asked meanwhile is judged in order against what is stored, signed, and
//              written in one durable transaction (store/witness_state.h), then the mark; then it is answered
//   learn()    what a log of Varve shows of its own keys. Of such a log nothing is cosigned before, and whether a
//              second history speaks against it is judged here alone, by a history that was just shown
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
#include "ledger/witness/guarded_mark.h"
#include "ledger/witness/kept.h"
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

/// How soon a followed log has to show its keys again.
enum class Urgency : std::uint8_t {
  kSoon,    // no known key signed, or nothing was shown yet
  kHourly,  // a known key signed, which may have been revoked
  kNow,     // it seems to have signed two histories
};

/// What a followed log has shown of its keys, and of the tree that they are in.
struct ShownHistory {
  std::string json;           // the answer of GET keys
  verify::VerifiedKeys keys;  // as verify::open_keys made it of that
  TreeSize from;              // of what had been cosigned last, before it was asked
  merkle::Proof proof;        // consistency, from there to the tree of keys.under
  /// The root of that tree's first `from` records, which the proof does not hold where `from` is a power of two.
  /// Nothing: the server did not show it.
  std::optional<Hash> beginning = {};
};

struct WitnessOptions {
  format::CosignerKey key;
  env::Signer* signer = nullptr;
  env::Clock* clock = nullptr;
  env::HighWaterMark* mark = nullptr;  // null: none is kept
  /// Told of what an operator should know: an event's name, the log's origin, a sentence. Does not block.
  std::function<void(std::string_view event, std::string_view origin, const std::string& message)>
      notice;
  /// Told that a followed log is to show its keys: learn() is called in the end. Does not block.
  std::function<void(const std::string& origin, Urgency urgency)> follow;
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
  /// Errors: as WitnessState::open and GuardedMark::open.  kWorm  another process has the state.
  static Result<std::unique_ptr<Witness>> open(env::Filesystem& files, WitnessOptions options);
  ~Witness();  // as stop()
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  /// The logs that there are from now on. A log that was there before keeps what was cosigned of it, and what
  /// it contradicted. What the list left out is told, and so is a log that has the witness's own key, which is left
  /// out, and one of which a stored row is damaged, which shows nothing and is not cosigned.
  /// Errors: kIo. Nothing has changed then.
  Result<void> set_logs(format::LogList list);
  /// A request to cosign, the body of POST add-checkpoint.
  void add(std::string_view body, Done done);
  /// The checkpoint of a log that was cosigned last, as it was answered. Nothing: none ever was.
  /// `log`: SHA-256 of its origin, and the same below. Errors: kCorrupt, kIo.
  [[nodiscard]] Result<std::optional<std::string>> checkpoint(const Hash& log) const;
  /// The evidence against a log. Nothing: there is none. Errors: kCorrupt, kIo.
  [[nodiscard]] Result<std::optional<std::string>> contradiction(const Hash& log) const;

  [[nodiscard]] SharedLog find_log(const Hash& log) const { return logs_.find(log); }
  [[nodiscard]] SharedLog find_log(std::string_view origin) const { return logs_.find(origin); }
  /// From now on a key that the log's history revokes or retires counts no more, and a new one does when the
  /// shown tree begins with what was cosigned. Evidence is judged by this history: that of the log's own server, what
  /// was seen before, and what was kept, of which nothing stays that a revocation took its worth. Durable when it
  /// returns. Returns whether a key event is new, or counts only now.
  /// Errors: kCorrupt  key events that it showed before are gone; or its tree does not begin with what was
  ///         cosigned, or contradicts it; or what is stored of it is damaged.  kBusy  its tree is older than
  ///         shown.from; or the list has changed since it was asked.  kOutOfOrder  more was cosigned since shown.from:
  ///         ask again.  kInvalid  it is larger than 4 MiB.
  ///         kWorm  as GuardedMark::check.  kFull, kIo.
  Result<bool> learn(const SharedLog& log, ShownHistory shown);
  /// Of what was cosigned last; 0: nothing was. Errors: kCorrupt, kIo.
  [[nodiscard]] Result<TreeSize> cosigned_size(const Hash& log) const;

  [[nodiscard]] const format::CosignerKey& key() const { return options_.key; }
  [[nodiscard]] WitnessStatus status() const;
  /// Finishes the round that is under way, and refuses what waits. Idempotent.
  void stop();

 private:
  struct Task {
    SharedLog log;  // as it was known when it asked
    format::AddCheckpoint request;
    format::Note note;             // as it came
    format::SignedCheckpoint now;  // with one signature of each of its log's keys
    Done done;
    std::uint64_t came_ms = 0;
  };
  struct Told {
    std::string_view event;
    std::string origin;
    std::string message;
  };
  /// What is new, and what is cosigned again with another text: everybody can send that again.
  using Allowances = std::pair<Allowance, Allowance>;
  /// What a round makes of its tasks, in order; nothing of it holds before it is durable.
  struct Outcome {
    std::vector<Answer> answers;  // fewer than tasks: there was no time for the rest
    std::vector<Told> told;
    std::map<Hash, Allowances> allowances;
    bool token_failed = false;
    bool changes = false;
  };
  struct Learnt {
    std::optional<Told> told;
    bool is_new = false;   // a key event, or that it counts
    bool changes = false;  // the round has something
    Result<void> follows;  // whether the tree begins with what was cosigned
  };
  using Rounds = store::WitnessState::Round;

  Witness(WitnessOptions options, std::unique_ptr<env::Lock> lock,
          std::unique_ptr<store::WitnessState> state);
  Result<Task> admit(std::string_view body, Answer& refusal);
  /// Whether a known key of its log signed it, and what else a followed log has to keep to.
  bool is_admitted(Task& task, Answer& refusal) const;
  void follow(const KnownLog& log, Urgency urgency) const;
  void answer(const Done& done, Answer answer);
  void run();
  std::vector<Task> take_tasks();
  void run_round(std::vector<Task> tasks);
  void refuse_the_rest();
  Result<void> settle(std::vector<Task>& tasks, Outcome& outcome);
  Result<Answer> judge(Task& task, Rounds& round, Outcome& outcome) REQUIRES(writing_);
  Result<Answer> judge_known(const Task& task, Rounds& round, Outcome& outcome) REQUIRES(writing_);
  Result<void> contradict(const Task& task, const format::Contradiction& contradiction,
                          Rounds& round, Outcome& outcome) REQUIRES(writing_);
  Result<Answer> cosign(const Task& task, const std::optional<KeptCheckpoint>& kept, Rounds& round,
                        Outcome& outcome);
  Result<Answer> sign(const Task& task, std::uint64_t time_s, Rounds& round, Outcome& outcome);
  [[nodiscard]] Result<format::NoteSignature> signature_of(const std::string& text,
                                                           std::uint64_t time_s) const;
  Result<void> make_durable(Rounds round) REQUIRES(writing_);
  Result<Rounds> begin() REQUIRES(writing_);
  void tell(const Result<void>& settled, const std::vector<Told>& told);
  [[nodiscard]] Result<SharedLog> known(const std::string& origin,
                                        const format::ListedLog& listed) const;
  Result<std::optional<Told>> judge_evidence(
      const KnownLog& log, const std::optional<format::Contradiction>& of_its_server, Rounds& round)
      REQUIRES(writing_);
  Result<Learnt> take_history(KnownLog& log, ShownHistory& shown, Rounds& round) REQUIRES(writing_);
  Result<void> open_mark();

  const WitnessOptions options_;
  const std::unique_ptr<env::Lock> lock_;
  const std::unique_ptr<store::WitnessState> state_;
  KnownLogs logs_;  // changed under writing_
  Mutex writing_;   // a transaction and its mark
  GuardedMark mark_ GUARDED_BY(writing_);
  // What followed logs seem to have signed besides: until they have shown their keys again nothing is cosigned of
  // them. One of each, of those that are listed.
  std::map<Hash, format::Contradiction> suspected_ GUARDED_BY(writing_);
  std::map<Hash, Allowances> allowances_;  // of the thread of the rounds
  std::string
      unsigned_;  // of that thread too: why the token signed nothing the last time it was asked

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  std::map<Hash, std::size_t> waiting_ GUARDED_BY(mutex_);  // of the queue, by log
  std::array<std::uint64_t, kMeanings> answers_ GUARDED_BY(mutex_){};
  std::string trouble_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last
};

}  // namespace varve::witness
