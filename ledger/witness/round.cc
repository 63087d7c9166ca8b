// One round: each request against what is stored, and all of them durable at once.
#include <bit>
#include <string>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/verify/cosigning.h"
#include "ledger/witness/witness.h"

namespace varve::witness {
namespace {

constexpr std::uint64_t kRoundMs = 200;  // what a slow token may take before somebody is answered
constexpr std::uint64_t kAgeMaxMs = 10'000;  // of a request: who asked waits no longer
constexpr std::uint64_t kMicroseconds = 1'000'000;
constexpr std::uint64_t kSignedAgainS = 60;

Answer contradicted() {
  return {Means::kContradicted,
          "the log has signed two histories, which the witness has evidence of: it is cosigned "
          "never again",
          {}};
}

Answer answer_to(verify::CosigningVerdict verdict, TreeSize kept) {
  if (verdict == verify::CosigningVerdict::kConflict)
    return {Means::kConflict, "another tree was cosigned last", kept};
  return {Means::kNotProven,
          "the proof does not lead from what was cosigned last to this checkpoint",
          {}};
}

}  // namespace

Result<format::NoteSignature> Witness::signature_of(const std::string& text,
                                                    std::uint64_t time_s) const {
  const std::string message = format::cosigned_message(text, time_s);
  ASSIGN_OR_RETURN(const Buffer signature,
                   options_.signer->sign(options_.key.key, bytes_of(message)));
  format::NoteSignature line{options_.key.name, options_.key.id, {}};
  ByteWriter(line.signature).u64(time_s).bytes(signature);
  ASSIGN_OR_RETURN(const auto verified, format::cosignature_of({text, {line}}, options_.key));
  if (!verified) return io_error("the token gave a signature that is none");
  return line;
}

/// A token that failed once is not asked again in this round: each time may take until its timeout.
Result<Answer> Witness::sign(const Task& task, std::uint64_t time_s, Rounds& round,
                             Outcome& outcome) {
  const Answer unsigned_answer{Means::kTrouble, "the witness's token does not sign", {}};
  if (outcome.token_failed) return unsigned_answer;
  const std::string& text = task.note.text;
  auto line = signature_of(text, time_s);
  unsigned_ = line ? "" : line.error().message;
  outcome.token_failed = !line;
  if (!line) return unsigned_answer;
  std::string answer = signature_line(text, *line);
  RETURN_IF_ERROR(round.put(store::WitnessTable::kCosigned, task.log->id, task.now.note + answer));
  outcome.changes = true;
  return Answer{Means::kCosigned, std::move(answer), {}};
}

/// Everybody can send what was cosigned last: the signature that there is will do for a minute. No time goes back:
/// the larger tree is the later one.
Result<Answer> Witness::cosign(const Task& task, const std::optional<KeptCheckpoint>& kept,
                               Rounds& round, Outcome& outcome) {
  const std::uint64_t now_s = options_.clock->now_us() / kMicroseconds;
  bool grows = true;
  bool is_again = false;
  if (kept) {
    ASSIGN_OR_RETURN(const format::Cosignature own, own_cosignature(*kept, options_.key));
    grows = task.now.checkpoint.size > kept->as.checkpoint.size;
    is_again = !grows && task.note.text == kept->note.text;
    if (is_again && now_s < own.time_s + kSignedAgainS)
      return Answer{Means::kCosigned, signature_line(task.note.text, own.line), {}};
    if (now_s < own.time_s) {
      outcome.told.push_back({"clock_set_back", task.log->origin,
                              "the clock is behind the time of this log's last cosignature, " +
                                  std::to_string(own.time_s) + ": set it"});
      return Answer{Means::kTrouble, "the witness's clock is behind", {}};
    }
  }
  const Hash& id = task.log->id;
  Allowances left = outcome.allowances.contains(id) ? outcome.allowances[id] : allowances_[id];
  if (!is_again && !(grows ? left.first : left.second)
                        .take(options_.clock->steady_ms(), task.log->listed.requests_per_day))
    return Answer{Means::kTooOften, "the log asks more often than it may in a day", {}};
  ASSIGN_OR_RETURN(Answer answer, sign(task, now_s, round, outcome));
  if (answer.means == Means::kCosigned) outcome.allowances[id] = left;
  return answer;
}

/// Of a followed log nothing is evidence before it has shown its keys again: one may have been revoked.
Result<void> Witness::contradict(const Task& task, const format::Contradiction& contradiction,
                                 Rounds& round, Outcome& outcome) {
  const KnownLog& log = *task.log;
  if (!is_evidence(log, contradiction)) return {};
  if (log.is_followed()) {
    suspected_.emplace(log.id, contradiction);
    follow(log, Urgency::kNow);
    return {};
  }
  RETURN_IF_ERROR(round.put(store::WitnessTable::kContradictions, log.id,
                            format::format_contradiction(contradiction)));
  outcome.changes = true;
  outcome.told.push_back({"log_contradicts", log.origin,
                          "it signed two trees that cannot both be its own: GET /" +
                              hex(log.id.view()) + "/contradiction is the evidence"});
  return {};
}

Result<Answer> Witness::judge_known(const Task& task, Rounds& round, Outcome& outcome) {
  const Hash& id = task.log->id;
  ASSIGN_OR_RETURN(const auto evidence, round.get(store::WitnessTable::kContradictions, id));
  if (evidence) return contradicted();
  if (suspected_.contains(id)) {
    follow(*task.log, Urgency::kSoon);
    return Answer{Means::kTrouble,
                  "the log seems to have signed two histories, and has to show its keys: ask again",
                  {}};
  }
  ASSIGN_OR_RETURN(auto row, round.get(store::WitnessTable::kCosigned, id));
  ASSIGN_OR_RETURN(const auto kept, read_kept(std::move(row)));
  const auto judged = verify::judge_cosigning(kept ? std::optional(kept->as) : std::nullopt,
                                              task.request, task.now);
  if (judged.contradiction)
    RETURN_IF_ERROR(contradict(task, *judged.contradiction, round, outcome));
  const TreeSize size = kept ? kept->as.checkpoint.size : TreeSize{};
  // Its own server may show the root that this proof does not hold.
  if (judged.verdict == verify::CosigningVerdict::kNotProven && std::has_single_bit(size.value))
    follow(*task.log, Urgency::kSoon);
  if (judged.verdict != verify::CosigningVerdict::kCosign) return answer_to(judged.verdict, size);
  return cosign(task, kept, round, outcome);
}

/// The list and the log's keys may have changed while it waited.
Result<Answer> Witness::judge(Task& task, Rounds& round, Outcome& outcome) {
  if (options_.clock->steady_ms() - task.came_ms > kAgeMaxMs)
    return Answer{Means::kTrouble, "the witness has too much to do", {}};
  SharedLog now = logs_.find(task.log->origin);
  if (now == nullptr) return Answer{Means::kUnknownLog, "the log is not listed", {}};
  if (now != task.log) {
    task.log = std::move(now);
    Answer refusal;
    if (!is_admitted(task, refusal)) return refusal;
  }
  auto judged = judge_known(task, round, outcome);
  const auto is_of_all = [](Code code) { return code == Code::kIo || code == Code::kFull; };
  if (judged || is_of_all(judged.error().code)) return judged;
  outcome.told.push_back({"state_damaged", task.log->origin, judged.error().message});
  return Answer{Means::kTrouble, "what the witness has stored of this log is damaged", {}};
}

Result<void> Witness::settle(std::vector<Task>& tasks, Outcome& outcome) {
  const MutexLock alone(writing_);
  ASSIGN_OR_RETURN(Rounds round, begin());
  const std::uint64_t began_ms = options_.clock->steady_ms();
  for (Task& task : tasks) {
    if (!outcome.answers.empty() && options_.clock->steady_ms() - began_ms > kRoundMs) break;
    ASSIGN_OR_RETURN(Answer answer, judge(task, round, outcome));
    outcome.answers.push_back(std::move(answer));
  }
  return outcome.changes ? make_durable(std::move(round)) : Result<void>();
}

}  // namespace varve::witness
