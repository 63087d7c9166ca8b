// Files in, one answer out.
#include "tools/audit/cose.h"

#include <optional>
#include <string>

#include "ledger/base/text.h"
#include "ledger/format/note.h"
#include "ledger/verify/cose.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/lib/record_summary.h"
#include "tools/audit/stamps.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::size_t kCoseInputMax = 1u << 20;  // of a record, a checkpoint, a proof

Result<std::optional<Buffer>> given(const std::string& path) {
  if (path.empty()) return std::optional<Buffer>{};
  ASSIGN_OR_RETURN(Buffer bytes, tools::read_file(path, kCoseInputMax));
  return std::optional(std::move(bytes));
}

Result<void> expect_no_other_options(const Request& request) {
  if (!request.policy_file.empty())
    return invalid(
        "a COSE receipt has no witness's signature: leave --policy out, and verify the checkpoint "
        "of that size with it");
  for (const std::string* file :
       {&request.payload_file, &request.batch_file, &request.renewal_file})
    if (!file->empty())
      return invalid("a COSE receipt is verified with --record or --older: leave " + *file +
                     " out");
  return {};
}

Result<Answer> inclusion_answer(const verify::CoseProven& proven, Bytes record) {
  const std::vector<Buffer> records = {to_buffer(record)};
  RETURN_IF_ERROR(expect_records(*proven.index, records));
  Answer answer;
  answer.line = "verified: record " + std::to_string(proven.index->value) + " is in " +
                proven.in.origin + " in the tree of " + std::to_string(proven.in.size.value) +
                " records: " + summary_text(records) + "; root " + base64(proven.in.root.view()) +
                ", signed by " + format::key_id_text(proven.by);
  answer.json = AnswerJson()
                    .add("result", "verified")
                    .add("index", proven.index->value)
                    .add("origin", proven.in.origin)
                    .add("size", proven.in.size.value)
                    .add("root", base64(proven.in.root.view()))
                    .add("signed_by", format::format_vkey(proven.by))
                    .raw("records", summary_json(*proven.index, records))
                    .take();
  return answer;
}

Answer consistency_answer(const verify::CoseProven& proven) {
  Answer answer;
  answer.line = "verified: the tree of " + std::to_string(proven.in.size.value) + " records of " +
                proven.in.origin + " begins with the older checkpoint's of " +
                std::to_string(proven.from->size.value) + "; root " +
                base64(proven.in.root.view()) + ", signed by " + format::key_id_text(proven.by);
  answer.json = AnswerJson()
                    .add("result", "verified")
                    .add("from", proven.from->size.value)
                    .add("origin", proven.in.origin)
                    .add("size", proven.in.size.value)
                    .add("root", base64(proven.in.root.view()))
                    .add("signed_by", format::format_vkey(proven.by))
                    .take();
  return answer;
}

}  // namespace

Result<Answer> verify_cose(Bytes receipt, const Request& request, const verify::Trust& trust) {
  RETURN_IF_ERROR(expect_no_other_options(request));
  ASSIGN_OR_RETURN(const auto record, given(request.record_file));
  ASSIGN_OR_RETURN(const auto older, given(request.older_file));
  ASSIGN_OR_RETURN(const auto consistency, given(request.consistency_file));
  ASSIGN_OR_RETURN(const verify::CoseProven proven,
                   verify::verify_cose_receipt(
                       receipt, trust, record ? std::optional<Bytes>(*record) : std::nullopt,
                       older ? std::optional(text_of(*older)) : std::nullopt));
  RETURN_IF_ERROR(verify::demand_consistency(
      proven, trust, consistency ? text_of(*consistency) : std::string_view()));
  ASSIGN_OR_RETURN(Answer answer, proven.index ? inclusion_answer(proven, *record)
                                               : Result<Answer>(consistency_answer(proven)));
  return with_stamps(request, proven.in, std::move(answer));
}

}  // namespace varve::audit
