// varve-audit fetch: a plaintext export of a log, to be checked anywhere, by anything that knows
// C2SP tiles. It verifies how much was signed, copies that, and does not verify the copy: that is
// what `check DIR` is for, and `mirror`.
#include <optional>

#include "ledger/env/posix.h"
#include "ledger/format/batch.h"
#include "ledger/format/record.h"
#include "ledger/format/retention.h"
#include "ledger/verify/log_source.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/fetching.h"
#include "tools/audit/lib/directory_source.h"

namespace varve::audit {

namespace {

/// `text` as a shell takes it for one argument.
std::string as_argument(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+=:@%,-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text)
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  return quoted + "'";
}

/// What the log's first policy says, record 1; nothing: it has none. Nothing of an export is verified, and this is no
/// more than a hint.
Result<std::optional<format::Mode>> mode_of(const env::Filesystem& files, TreeSize size) {
  constexpr std::size_t kPolicyAt = 1;
  const merkle::TileId first{0, 0, merkle::tile_width(0, 0, size)};
  ASSIGN_OR_RETURN(const Buffer bundle, read_file_of(files, verify::bundle_url_path(first)));
  ASSIGN_OR_RETURN(const auto entries, format::split_bundle(bundle, merkle::kTileWidth));
  const std::optional<format::Mode> none;
  if (entries.size() <= kPolicyAt) return none;
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entries[kPolicyAt]));
  if (record.kind != format::Kind::kPolicy) return none;
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(text_of(record.payload)));
  ASSIGN_OR_RETURN(const format::Policy policy, format::parse_policy(note.text));
  return std::optional(policy.mode);
}

}  // namespace

Result<Answer> run_fetch(const Request& request) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  ASSIGN_OR_RETURN(ExportWriter writer, ExportWriter::open(request.out_file));
  ASSIGN_OR_RETURN(const TreeSize before, writer.size_before(first.name));
  ASSIGN_OR_RETURN(const Target target, choose_target(log, first));
  if (target.lie) return describe_finding(*target.lie);
  if (before > target.size)
    return corrupt("the export has " + std::to_string(before.value) + " records, the log only " +
                   std::to_string(target.size.value) + ": it was cut; keep the export");
  const ExportPlan plan(target.size);
  const Before export_before{before, [] { return Result<void>(); }};
  ASSIGN_OR_RETURN(const Fetched fetched, fetch_missing(request, plan, export_before, writer));
  if (fetched.lie) return describe_finding(*fetched.lie);
  // Nothing here reads the log's own clock, so this machine's has to do.
  if (auto lie = verify::first_impossible(fetched.claims, {env::posix_clock().now_us(), 0}))
    return describe_finding({lie->index, "", "tombstone", std::move(lie->why)});
  RETURN_IF_ERROR(writer.put("keys.json", bytes_of(target.keys)));
  RETURN_IF_ERROR(writer.put("checkpoint", bytes_of(target.note)));
  RETURN_IF_ERROR(writer.finish(target.size));
  Answer answer;
  answer.line = "fetched: " + std::to_string(target.size.value) + " records, " +
                std::to_string(fetched.files) + " of " + std::to_string(plan.count()) +
                " files were new; verify them with: varve-audit check " +
                as_argument(request.out_file) + " --vkey " + as_argument(request.vkey);
  AnswerJson json;
  json.add("result", "fetched")
      .add("records", target.size.value)
      .add("files", plan.count())
      .add("new_files", fetched.files);
  const auto mode = mode_of(writer.files(), target.size);
  if (mode && *mode) {
    const bool is_draft = **mode == format::Mode::kDraft;
    if (is_draft) answer.line += "\nby its first policy it is a draft log, for trying";
    json.add("mode", is_draft ? "draft" : "locked");
  }
  answer.json = json.take();
  add_kept(fetched.kept, answer);
  return answer;
}

}  // namespace varve::audit
