// The audit, the scan, and what both say.
#include "tools/audit/reading.h"

#include "ledger/verify/source_text.h"
#include "tools/audit/ask.h"
#include "tools/audit/gone.h"

namespace varve::audit {

Result<Answer> read_events(const Request& request, const search::Question& question,
                           const Scan::Visit& visit, const SayRead& say) {
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  Scan scan([&](Seen seen) {
    if (search::answers(question, seen.view, seen.origin)) visit(std::move(seen));
  });
  const auto say_and_add = [&](const verify::Intact& intact) -> Result<Answer> {
    ASSIGN_OR_RETURN(Answer answer, say(intact, scan));
    add_gone(intact.destroyed, answer);
    return answer;
  };
  return audit_source(request, *opened.source, say_and_add,
                      [&scan](LeafIndex index, Bytes entry) { scan.see(index, entry); });
}

std::string intact_line(const verify::Intact& intact) {
  const format::Checkpoint& tree = intact.checkpoint.checkpoint;
  return verdict(intact.destroyed) + ": " + std::to_string(tree.size.value) + " records of " +
         tree.origin;
}

AnswerJson intact_json(const verify::Intact& intact, const Scan& scan) {
  const format::Checkpoint& tree = intact.checkpoint.checkpoint;
  AnswerJson json;
  json.add("result", result_word(intact.destroyed))
      .add("origin", tree.origin)
      .add("size", tree.size.value)
      .raw("destroyed", months_json(intact.destroyed))
      .raw("read", scan.json());
  return json;
}

std::string source_name(const verify::Intact& intact, SourceId source) {
  const auto chain = intact.chains.find(source);
  return chain == intact.chains.end() ? verify::source_text(source) : chain->second.name;
}

}  // namespace varve::audit
