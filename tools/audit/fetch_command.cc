// varve-audit fetch: a plaintext export of a log, to be checked anywhere, by anything that knows
// C2SP tiles. It copies and does not verify: that is what `check DIR` is for, and `mirror`.
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/fetching.h"

namespace varve::audit {

Result<Answer> run_fetch(const Request& request) {
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  ASSIGN_OR_RETURN(ExportWriter writer, ExportWriter::open(request.out_file));
  ASSIGN_OR_RETURN(const TreeSize before, writer.size_before());
  ASSIGN_OR_RETURN(const Target target, choose_target(log));
  if (before > target.size)
    return corrupt("the export has " + std::to_string(before.value) + " records, the log only " +
                   std::to_string(target.size.value) + ": it was cut; keep the export");
  const ExportPlan plan(target.size);
  const Before export_before{before, [] { return Result<void>(); }};
  ASSIGN_OR_RETURN(const Fetched fetched, fetch_missing(request, plan, export_before, writer));
  if (fetched.lie) return describe_finding(*fetched.lie);
  RETURN_IF_ERROR(writer.put("keys.json", bytes_of(target.keys)));
  RETURN_IF_ERROR(writer.put("checkpoint", bytes_of(target.note)));
  RETURN_IF_ERROR(writer.finish(before, target.size));
  Answer answer;
  answer.line = "fetched: " + std::to_string(target.size.value) + " records, " +
                std::to_string(fetched.files) + " of " + std::to_string(plan.count()) +
                " files were new; verify them with: varve-audit check " + request.out_file;
  answer.json = AnswerJson()
                    .add("result", "fetched")
                    .add("records", target.size.value)
                    .add("files", plan.count())
                    .add("new_files", fetched.files)
                    .take();
  add_kept(fetched.kept, answer);
  return answer;
}

}  // namespace varve::audit
