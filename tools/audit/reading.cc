// The audit, the scan, and what both say.
#include "tools/audit/reading.h"

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/verify/source_text.h"
#include "tools/audit/ask.h"
#include "tools/audit/gone.h"
#include "tools/common/files.h"
#include "tools/common/new_file.h"

namespace varve::audit {
namespace {

/// An audit may take an hour: what it is written to has to be there before.
Result<void> expect_writable(const std::string& path) {
  if (path.empty()) return {};
  const tools::PathParts parts = tools::split_path(path);
  ASSIGN_OR_RETURN(const auto files, env::open_posix(parts.directory));
  RETURN_IF_ERROR(tools::NewFile::create(*files, parts.name));
  return {};
}

Result<void> expect_source(const Request& request, const search::Question& question,
                           const verify::Intact& intact) {
  if (!question.source || intact.chains.contains(*question.source)) return {};
  return not_found("the log has no source " + request.asked.source +
                   ": varve-audit sources lists them");
}

std::string tree_line(const verify::Intact& intact) {
  const format::Checkpoint& tree = intact.checkpoint.checkpoint;
  return verdict(intact.destroyed) + ": " + std::to_string(tree.size.value) + " records of " +
         tree.origin + ", root " + base64(tree.root.view()) + draft_line(intact);
}

void add_time(AnswerJson& json, std::string_view name, const std::optional<std::uint64_t>& us) {
  if (us) json.add(name, time_text(*us));
}

std::string tree_json(const verify::Intact& intact, const Scan& scan) {
  const format::Checkpoint& tree = intact.checkpoint.checkpoint;
  AnswerJson json;
  json.add("result", result_word(intact.destroyed))
      .add("origin", tree.origin)
      .add("size", tree.size.value)
      .add("root", base64(tree.root.view()))
      .raw("destroyed", months_json(intact.destroyed))
      .add("question", in_words(scan.question()));
  add_mode(intact, json);
  add_time(json, "from", scan.question().from_us);
  add_time(json, "until", scan.question().until_us);
  return json.raw("read", scan.json()).take();
}

/// Around what the command says.
Answer framed(Answer said, const verify::Intact& intact, const Scan& scan) {
  Answer answer;
  answer.exit = said.exit;
  answer.line = tree_line(intact) + "\n" + said.line + "\n" + scan.text();
  if (!intact.not_understood.empty()) answer.line += "\n" + intact.not_understood.text();
  answer.json = tree_json(intact, scan);
  answer.json.pop_back();
  answer.json += "," + said.json.substr(1);
  add_gone(intact.destroyed, answer);
  return answer;
}

}  // namespace

Result<Answer> read_events(const Request& request, const search::Question& question,
                           const Scan::Visit& visit, const SayRead& say,
                           const verify::LogCheck::Watch& watch) {
  RETURN_IF_ERROR(expect_writable(request.asked.csv_file));
  RETURN_IF_ERROR(expect_writable(request.html_file));
  RETURN_IF_ERROR(expect_writable(request.asked.evidence_file));
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  Scan scan(question, visit);
  const auto say_framed = [&](const verify::Intact& intact) -> Result<Answer> {
    RETURN_IF_ERROR(expect_source(request, question, intact));
    ASSIGN_OR_RETURN(Answer said, say(intact, scan));
    return framed(std::move(said), intact, scan);
  };
  return audit_source(request, *opened.source, say_framed,
                      [&scan, &watch](LeafIndex index, Bytes entry) {
                        scan.see(index, entry);
                        if (watch) watch(index, entry);
                      });
}

std::string source_name(const verify::Intact& intact, SourceId source) {
  const auto chain = intact.chains.find(source);
  return chain == intact.chains.end() ? verify::source_text(source) : chain->second.name;
}

}  // namespace varve::audit
