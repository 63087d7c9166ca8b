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
};

std::string indexes_text(const Remade& remade, const evidence::SeenIndexes& seen, TreeSize size) {
  if (seen.all().empty()) return "the log has no index";
  const std::uint64_t end = seen.all().back().says.end.value;
  std::string text = std::to_string(remade.same) +
                     (remade.same == 1 ? " index says" : " indexes say") +
                     " what the records say, from record " +
                     std::to_string(seen.all().front().says.first.value) + " to " +
                     std::to_string(end - 1);
  if (remade.gone != 0)
    text.append("\n").append(std::to_string(remade.gone)).append(
        " cannot be made again: events in them are gone, and their months' secrets");
  if (end < size.value)
    text.append("\nin no index: ").append(of_records(size.value - end));
  return text;
}

}  // namespace

Result<Answer> run_index(const Request& request) {
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  evidence::SeenIndexes seen;
  const auto remake_all = [&](const verify::Intact& intact) -> Result<Answer> {
    ASSIGN_OR_RETURN(const Opened again, open_source(request));
    const TreeSize size = intact.checkpoint.checkpoint.size;
    Remade remade;
    for (const evidence::SeenIndexes::At& at : seen.all()) {
      const auto made = evidence::remake(seen, at, *again.source, size);
      if (!made && made.error().code == Code::kCorrupt)
        return describe_finding({at.record, "", "index commitment", made.error().message});
      if (!made) return made.error();
      ++(*made ? remade.same : remade.gone);
    }
    Answer answer;
    answer.line = verdict(intact.destroyed) + ": " + indexes_text(remade, seen, size);
    answer.json = AnswerJson()
                      .add("result", result_word(intact.destroyed))
                      .add("size", size.value)
                      .add("indexes", remade.same)
                      .add("gone", remade.gone)
                      .add("indexed", seen.all().empty() ? 0 : seen.all().back().says.end.value)
                      .take();
    add_gone(intact.destroyed, answer);
    return answer;
  };
  return audit_source(request, *opened.source, remake_all,
                      [&seen](LeafIndex index, Bytes entry) { seen.see(index, entry); });
}

}  // namespace varve::audit
