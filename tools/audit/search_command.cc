// varve-audit search: which events answer a question, and that no other does. It reads and audits the
// whole log, so its answer is complete whoever serves the records. On request it asks the server instead.
#include "tools/audit/believed.h"
#include "tools/audit/evidence_file.h"
#include "tools/audit/evidence_text.h"
#include "tools/audit/found.h"
#include "tools/audit/reading.h"

namespace varve::audit {
namespace {

/// Behind the answer: what of it somebody else can verify.
void add_evidence(const evidence::ProvenAnswer& proven, std::uint64_t found, Answer& answer) {
  const std::uint64_t count = proven.events.size();
  answer.line += "\nevidence of " + std::to_string(count) + " of these events was written";
  if (count < found)
    answer.line += " (" + std::to_string(found - count) + " are in no index that can be opened)";
  answer.line += ": " + completeness_text(proven);
  answer.json.pop_back();
  answer.json += ",\"evidence\":" + completeness_json(proven) + "}";
}

}  // namespace

Result<Answer> run_search(const Request& request) {
  const Asked& asked = request.asked;
  if (asked.believes_server) return ask_the_server(request);
  ASSIGN_OR_RETURN(const search::Question question, question_of(asked));
  std::optional<evidence::Asked> for_evidence;
  if (!asked.evidence_file.empty()) {
    ASSIGN_OR_RETURN(for_evidence, askable(asked));
  }
  evidence::SeenIndexes indexes;
  Found found(asked);
  const auto say = [&](const verify::Intact& intact, const Scan& scan) -> Result<Answer> {
    ASSIGN_OR_RETURN(Answer answer, found.say(scan.question(), [&intact](SourceId source) {
      return source_name(intact, source);
    }));
    if (for_evidence) {
      ASSIGN_OR_RETURN(const auto proven, write_evidence(request, *for_evidence, indexes, intact));
      add_evidence(proven, found.count(), answer);
    }
    return answer;
  };
  verify::LogCheck::Watch watch;
  if (for_evidence) watch = [&indexes](LeafIndex index, Bytes entry) { indexes.see(index, entry); };
  return read_events(
      request, question, [&found](Seen seen) { found.add(std::move(seen)); }, say, watch);
}

}  // namespace varve::audit
