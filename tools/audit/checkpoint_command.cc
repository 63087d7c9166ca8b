// varve-audit checkpoint and keys: what the log says it is now, and who says so.
#include "ledger/base/text.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/checkpoints.h"
#include "ledger/verify/open_keys.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/cosigners.h"
#include "tools/audit/lib/key_report.h"
#include "tools/audit/lib/remembered.h"

namespace varve::audit {
namespace {

Answer describe(const format::Checkpoint& now, const std::string& how,
                const std::string& cosigned_json = "") {
  const std::string root = base64(now.root.view());
  Answer answer;
  answer.line = "verified: " + now.origin + " has " + std::to_string(now.size.value) +
                " records, root " + root + how;
  AnswerJson json;
  json.add("result", "verified")
      .add("origin", now.origin)
      .add("size", now.size.value)
      .add("root", root);
  if (!cosigned_json.empty()) json.raw("cosigned_by", cosigned_json);
  answer.json = json.take();
  return answer;
}

Answer answer_with(const verify::VerifiedKeys& keys) {
  KeyReport report = report_keys(keys);
  return {0, std::move(report.text), std::move(report.json)};
}

}  // namespace

Result<Answer> run_checkpoint(const Request& request) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  const bool asks_witnesses = !request.policy_file.empty();
  ASSIGN_OR_RETURN(const std::string note,
                   log.fetch(asks_witnesses ? "checkpoint/witnessed" : "checkpoint"));
  ASSIGN_OR_RETURN(const verify::VerifiedKeys keys,
                   ask_keys(log, first));  // after it: they know its keys
  ASSIGN_OR_RETURN(const format::SignedCheckpoint now,
                   verify::open_checkpoint_of(note, keys.timeline));
  RETURN_IF_ERROR(ask_whether_of_the_log(log, now.checkpoint, keys));
  ASSIGN_OR_RETURN(const CosignedBy cosigned, demand_cosigners(request, note, &keys.timeline));
  if (asks_witnesses) return describe(now.checkpoint, cosigned.text, cosigned.json);
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
  if (request.where.empty() == request.bundle_file.empty())
    return invalid("name the log's URL, or a bundle with --bundle: one of the two");
  if (!request.bundle_file.empty()) {
    ASSIGN_OR_RETURN(const verify::OpenedBundle bundle, read_bundle(request));
    return answer_with(bundle.keys);
  }
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  ASSIGN_OR_RETURN(const verify::VerifiedKeys keys, ask_keys(log, first));
  return answer_with(keys);
}

}  // namespace varve::audit
