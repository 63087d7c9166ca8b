// varve-audit checkpoint and keys: what the log says it is now, and who says so.
#include <algorithm>

#include "ledger/base/text.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/lib/remembered.h"

namespace varve::audit {
namespace {

Answer describe(const format::Checkpoint& now, const std::string& how) {
  const std::string root = base64(now.root.view());
  Answer answer;
  answer.line = "verified: " + now.origin + " has " + std::to_string(now.size.value) +
                " records, root " + root + how;
  answer.json = AnswerJson()
                    .add("result", "verified")
                    .add("origin", now.origin)
                    .add("size", now.size.value)
                    .add("root", root)
                    .take();
  return answer;
}

const char* action_name(format::KeyAction action) {
  switch (action) {
    case format::KeyAction::kCreate:
      return "created";
    case format::KeyAction::kRotate:
      return "joined";
    case format::KeyAction::kRetire:
      return "retired";
  }
  return "";
}

struct KeyStep {
  std::string line;
  std::string json;
};

Result<KeyStep> step_of(const KeyEventAt& event) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(event.note));
  ASSIGN_OR_RETURN(const format::KeyEvent parsed, format::parse_key_event(note.text));
  const std::string vkey = format::format_vkey(parsed.key);
  const std::string action = action_name(parsed.action);
  return KeyStep{
      "record " + std::to_string(event.index.value) + ": " + vkey + " " + action,
      AnswerJson().add("index", event.index.value).add("action", action).add("key", vkey).take()};
}

}  // namespace

Result<Answer> run_checkpoint(const Request& request) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  ASSIGN_OR_RETURN(const std::string note, log.fetch("checkpoint"));
  ASSIGN_OR_RETURN(const VerifiedKeys keys, ask_keys(log, first));  // after it: they know its keys
  ASSIGN_OR_RETURN(const SignedCheckpoint now, open_checkpoint_of(note, keys.timeline));
  const auto& [lesser, greater] = std::minmax(
      now.checkpoint, keys.under.checkpoint,
      [](const format::Checkpoint& a, const format::Checkpoint& b) { return a.size < b.size; });
  RETURN_IF_ERROR(ask_consistency(log, lesser, greater));
  if (request.state_directory.empty()) return describe(now.checkpoint, "");
  const Remembered remembered(request.state_directory, first.name);
  const Prove prove = [&log](const format::Checkpoint& older, const format::Checkpoint& newer) {
    return ask_consistency(log, older, newer);
  };
  ASSIGN_OR_RETURN(const auto before, remembered.update(now, keys.timeline, prove));
  if (!before) return describe(now.checkpoint, "; remembered, the first time");
  return describe(now.checkpoint, "; it extends the " + std::to_string(before->value) +
                                      " records that were remembered");
}

Result<Answer> run_keys(const Request& request) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  ASSIGN_OR_RETURN(const VerifiedKeys keys, ask_keys(log, first));
  Answer answer;
  std::string events;
  for (const KeyEventAt& event : keys.timeline.events()) {
    ASSIGN_OR_RETURN(const KeyStep step, step_of(event));
    answer.line += step.line + "\n";
    events += (events.empty() ? "" : ",") + step.json;
  }
  const std::size_t active = keys.timeline.history().active().size();
  answer.line += "verified: " + std::to_string(active) + " of " +
                 std::to_string(keys.timeline.history().all().size()) +
                 " keys sign the checkpoint of " +
                 std::to_string(keys.under.checkpoint.size.value) + " records";
  answer.json = AnswerJson()
                    .add("result", "verified")
                    .add("origin", first.name)
                    .add("size", keys.under.checkpoint.size.value)
                    .raw("events", "[" + events + "]")
                    .take();
  return answer;
}

}  // namespace varve::audit
