// One round: each request against what is stored, and all of them durable at once.
#include <string>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/verify/cosigning.h"
#include "ledger/witness/witness.h"

namespace varve::witness {
namespace {

constexpr std::uint64_t kRoundMs = 200;  // what a slow token may take before somebody is answered
constexpr std::uint64_t kMicroseconds = 1'000'000;

/// What was stored is parsed as it was when it came.
Result<std::optional<format::SignedCheckpoint>> kept_checkpoint(std::optional<std::string> note) {
  if (!note) return std::optional<format::SignedCheckpoint>{};
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(*note));
  ASSIGN_OR_RETURN(format::Checkpoint checkpoint, format::parse_any_checkpoint_text(parsed.text));
  return std::optional(format::SignedCheckpoint{std::move(checkpoint), std::move(*note)});
}

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

bool Witness::may_ask(const Task& task, bool grows) {
  auto& [growing, again] = allowances_[task.log->id];
  Allowance& allowance = grows ? growing : again;
  return allowance.take(options_.clock->steady_ms(), task.log->listed.requests_per_day);
}

Result<std::string> Witness::sign(const Task& task, format::NoteSignature& line) const {
  const std::uint64_t time_s = options_.clock->now_us() / kMicroseconds;
  const std::string message = format::cosigned_message(task.text, time_s);
  ASSIGN_OR_RETURN(const Buffer signature,
                   options_.signer->sign(options_.key.key, bytes_of(message)));
  line = {options_.key.name, options_.key.id, {}};
  ByteWriter(line.signature).u64(time_s).bytes(signature);
  const format::Note alone{task.text, {line}};
  ASSIGN_OR_RETURN(const auto verified, format::cosignature_of(alone, options_.key));
  if (!verified) return io_error("the token gave a signature that is none");
  return format::format_note(alone).substr(task.text.size() + 1);
}

Result<Answer> Witness::cosign(const Task& task, Rounds& round) {
  format::NoteSignature line;
  auto lines = sign(task, line);
  unsigned_ = lines ? "" : lines.error().message;
  if (!lines) return Answer{Means::kTrouble, "the witness's token does not sign", {}};
  ASSIGN_OR_RETURN(format::Note note, format::parse_note(task.now.note));
  note.signatures.push_back(std::move(line));
  RETURN_IF_ERROR(
      round.put(store::WitnessTable::kCosigned, task.log->id, format::format_note(note)));
  return Answer{Means::kCosigned, std::move(*lines), {}};
}

Result<Answer> Witness::judge(const Task& task, Rounds& round, std::vector<Told>& told) {
  const Hash& id = task.log->id;
  ASSIGN_OR_RETURN(const auto evidence, round.get(store::WitnessTable::kContradictions, id));
  if (evidence) return contradicted();
  ASSIGN_OR_RETURN(auto note, round.get(store::WitnessTable::kCosigned, id));
  ASSIGN_OR_RETURN(const auto kept, kept_checkpoint(std::move(note)));
  const auto judged = verify::judge_cosigning(kept, task.request, task.now);
  if (judged.contradiction && is_evidence(*task.log, *judged.contradiction)) {
    RETURN_IF_ERROR(round.put(store::WitnessTable::kContradictions, id,
                              format::format_contradiction(*judged.contradiction)));
    told.push_back({task.log->origin, "it signed two trees that cannot both be its own, of " +
                                          std::to_string(kept->checkpoint.size.value) + " and of " +
                                          std::to_string(task.now.checkpoint.size.value) +
                                          " records: GET /" + hex(id.view()) +
                                          "/contradiction is the evidence"});
  }
  const TreeSize size = kept ? kept->checkpoint.size : TreeSize{};
  if (judged.verdict != verify::CosigningVerdict::kCosign) return answer_to(judged.verdict, size);
  if (!may_ask(task, !kept || task.now.checkpoint.size > size))
    return Answer{Means::kTooOften, "the log asks more often than it may in a day", {}};
  return cosign(task, round);
}

/// Fewer answers than tasks: there was no time for the rest.
Result<void> Witness::settle(std::vector<Task>& tasks, std::vector<Answer>& answers,
                             std::vector<Told>& told) {
  const MutexLock alone(writing_);
  ASSIGN_OR_RETURN(Rounds round, begin());
  const std::uint64_t began_ms = options_.clock->steady_ms();
  bool changes = false;
  for (const Task& task : tasks) {
    if (!answers.empty() && options_.clock->steady_ms() - began_ms > kRoundMs) break;
    const std::size_t contradictions = told.size();
    auto answer = judge(task, round, told);
    if (!answer && answer.error().code == Code::kCorrupt) {  // a row of this log alone
      options_.notice("state_damaged", task.log->origin, answer.error().message);
      answer = Answer{Means::kTrouble, "what the witness has stored of this log is damaged", {}};
    }
    if (!answer) return std::move(answer).error();
    changes = changes || answer->means == Means::kCosigned || told.size() > contradictions;
    answers.push_back(std::move(*answer));
  }
  return changes ? make_durable(std::move(round)) : Result<void>();
}

}  // namespace varve::witness
