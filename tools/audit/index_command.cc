// varve-audit index: an audit of the whole log, and of each index that it committed to.
#include "ledger/evidence/make.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/gone.h"
#include "tools/audit/search/scan.h"

namespace varve::audit {
namespace {

/// What was made again, and what was not.
struct Remade {
  std::uint64_t same = 0;
  std::uint64_t gone = 0;
  std::uint64_t of_other_rules = 0;
};

std::uint64_t in_indexes(const evidence::SeenIndexes& seen) {
  std::uint64_t records = 0;
  for (const auto& at : seen.all()) records += at.says.end.value - at.says.first.value;
  return records;
}

std::string indexes_text(const Remade& remade, const evidence::SeenIndexes& seen, TreeSize size) {
  if (seen.all().empty()) return "the log has no index";
  std::string text = std::to_string(remade.same) +
                     (remade.same == 1 ? " index says" : " indexes say") +
                     " what the records say; the newest ends before record " +
                     std::to_string(seen.all().back().says.end.value);
  if (remade.gone != 0)
    text.append("\nnot made again, for events in them are gone: ")
        .append(std::to_string(remade.gone));
  if (remade.of_other_rules != 0)
    text.append("\nnot judged, for another version of the rules made them: ")
        .append(std::to_string(remade.of_other_rules));
  return text.append("\nin no index: ").append(of_records(size.value - in_indexes(seen)));
}

/// Errors: kCorrupt  it is another index.  As evidence::remake.
Result<void> count(const evidence::Audited& audited, const evidence::SeenIndexes::At& at,
                   Remade& remade) {
  const auto made = evidence::remake(audited, at);
  if (!made && made.error().code == Code::kNotFound) {
    ++remade.of_other_rules;
    return {};
  }
  if (!made) return made.error();
  ++(*made ? remade.same : remade.gone);
  return {};
}

}  // namespace

Result<Answer> run_index(const Request& request) {
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  evidence::SeenIndexes seen;
  const auto remake_all = [&](const verify::Intact& intact) -> Result<Answer> {
    ASSIGN_OR_RETURN(const Opened again, open_source(request));
    const TreeSize size = intact.checkpoint.checkpoint.size;
    const evidence::Audited audited{seen, intact.retention, intact.checkpoint, *again.source};
    Remade remade;
    for (const evidence::SeenIndexes::At& at : seen.all())
      if (const auto counted = count(audited, at, remade); !counted) {
        if (counted.error().code != Code::kCorrupt) return counted.error();
        return describe_finding({at.record, "", "index commitment", counted.error().message});
      }
    Answer answer;
    answer.line = verdict(intact.destroyed) + ": " + indexes_text(remade, seen, size);
    answer.json = AnswerJson()
                      .add("result", result_word(intact.destroyed))
                      .add("size", size.value)
                      .add("indexes", remade.same)
                      .add("gone", remade.gone)
                      .add("of_other_rules", remade.of_other_rules)
                      .add("in_no_index", size.value - in_indexes(seen))
                      .take();
    add_gone(intact.destroyed, answer);
    return answer;
  };
  return audit_source(request, *opened.source, remake_all,
                      [&seen](LeafIndex index, Bytes entry) { seen.see(index, entry); });
}

}  // namespace varve::audit
