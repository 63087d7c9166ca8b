// varve-audit verify: a proof file, a receipt, a checkpoint, a gap certificate, evidence or a contradiction,
// offline. Of a receipt in COSE: cose.h.
#include "ledger/base/text.h"
#include "ledger/evidence/check.h"
#include "ledger/format/cose_receipt.h"
#include "ledger/format/gap_certificate.h"
#include "ledger/format/record.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/contradictions.h"
#include "ledger/verify/gap_check.h"
#include "ledger/verify/renewals.h"
#include "ledger/verify/standing.h"
#include "ledger/verify/verify_file.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/cose.h"
#include "tools/audit/cosigners.h"
#include "tools/audit/evidence_text.h"
#include "tools/audit/gap_text.h"
#include "tools/audit/lib/record_summary.h"
#include "tools/audit/stamps.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::size_t kReceiptMax = 64u << 20;  // the headers of 16,384 events fit many times
constexpr std::size_t kFileMax = format::kEvidenceMax;  // the largest of all
constexpr std::size_t kSentMax = 64u << 20;
constexpr std::string_view kProofStart = "c2sp.org/tlog-proof@v1\n";

Result<std::optional<Buffer>> optional_file(const std::string& path) {
  if (path.empty()) return std::optional<Buffer>{};
  ASSIGN_OR_RETURN(Buffer bytes, tools::read_file(path, kSentMax));
  return std::optional(std::move(bytes));
}

Result<verify::ProvenRange> verify_proof(std::string_view text, const Request& request,
                                         const verify::Trust& trust) {
  const auto view = [](const std::optional<Buffer>& bytes) {
    return bytes ? std::optional<Bytes>(*bytes) : std::nullopt;
  };
  ASSIGN_OR_RETURN(const auto record, optional_file(request.record_file));
  ASSIGN_OR_RETURN(const auto payload, optional_file(request.payload_file));
  return verify::verify_proof_file(text, trust, view(record), view(payload));
}

Result<verify::ProvenRange> verify_receipt_file(std::string_view json, const Request& request,
                                                const verify::Trust& trust) {
  if (!request.batch_file.empty()) {
    ASSIGN_OR_RETURN(Buffer batch, tools::read_file(request.batch_file, kSentMax));
    return verify::verify_batch_receipt(json, trust, std::move(batch));
  }
  if (request.payload_file.empty())
    return invalid(
        "a receipt is verified with what was sent: --batch for a sealed batch, "
        "--payload for events that the server sealed");
  ASSIGN_OR_RETURN(const Buffer body, tools::read_file(request.payload_file, kSentMax));
  return verify::verify_events_receipt(json, trust, body);
}

Result<verify::ProvenRange> verify_any(std::string_view text, const Request& request,
                                       const verify::Trust& trust) {
  return text.starts_with(kProofStart) ? verify_proof(text, request, trust)
                                       : verify_receipt_file(text, request, trust);
}

/// --renewal: what was proven holds under another hash function, too.
Result<std::optional<verify::OpenedRenewal>> open_renewed(const Request& request,
                                                          const verify::ProvenRange& range,
                                                          const verify::Trust& trust) {
  if (request.renewal_file.empty()) return std::optional<verify::OpenedRenewal>{};
  ASSIGN_OR_RETURN(const Buffer text, tools::read_file(request.renewal_file, kReceiptMax));
  auto opened = verify::verify_renewal_proof(text_of(text), range, trust);
  if (!opened) return std::move(opened).error().during("verifying the renewal");
  return std::optional(std::move(*opened));
}

std::string renewed_text(const verify::OpenedRenewal& opened) {
  return "; bound under " + std::string(opened.renewal.function->name) +
         " by the renewal in record " + std::to_string(opened.index.value);
}

std::string renewal_json(const verify::OpenedRenewal& opened) {
  return AnswerJson()
      .add("hash", opened.renewal.function->name)
      .add("index", opened.index.value)
      .take();
}

/// --consistency, and what else there is to say that a checkpoint is the log's.
Result<void> is_of_the_log(const Request& request, const format::SignedCheckpoint& in,
                           const verify::Trust& trust,
                           const std::optional<verify::OpenedRenewal>& renewal) {
  ASSIGN_OR_RETURN(const auto proof, optional_file(request.consistency_file));
  const std::string_view consistency = proof ? text_of(*proof) : std::string_view();
  return verify::demand_consistency(in, trust, {consistency, renewal});
}

/// Null: the first key alone.
const rules::KeyTimeline* known_keys(const verify::Trust& trust) {
  return trust.keys ? &*trust.keys : nullptr;
}

Answer answer_of(const verify::VerifiedCheckpoint& verified, const CosignedBy& cosigned) {
  const format::Checkpoint& checkpoint = verified.checkpoint;
  const std::string root = base64(checkpoint.root.view());
  std::string ids;
  std::string vkeys;
  for (const format::VerifierKey& key : verified.signers) {
    ids.append(ids.empty() ? "" : ", ").append(format::key_id_text(key));
    vkeys.append(vkeys.empty() ? "[" : ",").append(format::json_quoted(format::format_vkey(key)));
  }
  Answer answer;
  answer.line = "verified: the checkpoint of " + std::to_string(checkpoint.size.value) +
                " records of " + checkpoint.origin + ", root " + root + ", signed by " + ids +
                cosigned.text;
  AnswerJson json;
  json.add("result", "verified")
      .add("origin", checkpoint.origin)
      .add("size", checkpoint.size.value)
      .add("root", root)
      .raw("signed_by", vkeys + "]");
  if (!cosigned.json.empty()) json.raw("cosigned_by", cosigned.json);
  answer.json = json.take();
  return answer;
}

/// A note that stands by itself; receipts are JSON.
bool is_checkpoint(std::string_view text) {
  const auto note = format::parse_note(text);
  return note && format::parse_checkpoint_text(note->text);
}

/// Of `what`, which says nothing of single records.
Result<void> expect_no_records(const Request& request, const char* what) {
  for (const std::string* file :
       {&request.payload_file, &request.batch_file, &request.record_file, &request.renewal_file})
    if (!file->empty())
      return invalid(std::string(what) + " says nothing of single records: " + *file +
                     " is verified with a proof or a receipt");
  return {};
}

Result<Answer> verify_gaps(std::string_view text, const Request& request,
                           const verify::Trust& trust) {
  RETURN_IF_ERROR(expect_no_records(request, "a gap certificate"));
  ASSIGN_OR_RETURN(const verify::ProvenEvents events, verify::verify_gap_certificate(text, trust));
  RETURN_IF_ERROR(is_of_the_log(request, events.in, trust, std::nullopt));
  RETURN_IF_ERROR(demand_cosigners(request, events.in.note, known_keys(trust)));
  return with_stamps(request, events.in.checkpoint, gap_answer(events));
}

Result<Answer> verify_answer(std::string_view text, const Request& request,
                             const verify::Trust& trust) {
  RETURN_IF_ERROR(expect_no_records(request, "evidence"));
  ASSIGN_OR_RETURN(const evidence::ProvenAnswer proven, evidence::verify_evidence(text, trust));
  RETURN_IF_ERROR(is_of_the_log(request, proven.in, trust, std::nullopt));
  RETURN_IF_ERROR(demand_cosigners(request, proven.in.note, known_keys(trust)));
  return with_stamps(request, proven.in.checkpoint, evidence_answer(proven));
}

std::string tree_text(const verify::VerifiedCheckpoint& verified) {
  const format::Checkpoint& tree = verified.checkpoint;
  std::string text = std::to_string(tree.size.value) + " records, root " + base64(tree.root.view());
  for (const format::VerifierKey& key : verified.signers)
    text.append(", signed by ").append(format::key_id_text(key));
  return text;
}

Result<Answer> verify_two_histories(std::string_view text, const Request& request,
                                    const verify::Trust& trust) {
  RETURN_IF_ERROR(expect_no_records(request, "a contradiction"));
  if (!request.policy_file.empty())
    return invalid("a contradiction needs no witness: leave --policy out");
  if (!request.stamped_file.empty())
    return invalid("a contradiction is of two trees: leave --stamped out");
  ASSIGN_OR_RETURN(const auto proven, verify::verify_contradiction(text, trust));
  const format::Checkpoint& older = proven.older.checkpoint;
  const format::Checkpoint& newer = proven.newer.checkpoint;
  Answer answer;
  answer.line =
      "verified: " + older.origin +
      " signed two trees that cannot both be its own, for the larger one does not begin with the "
      "smaller one:\n" +
      tree_text(proven.older) + "\n" + tree_text(proven.newer) +
      "\nby the log's operator, or by a thief of these keys";
  answer.json = AnswerJson()
                    .add("result", "contradiction")
                    .add("origin", older.origin)
                    .add("older", older.size.value)
                    .add("newer", newer.size.value)
                    .take();
  return answer;
}

Result<Answer> verify_bare_checkpoint(std::string_view note, const Request& request,
                                      const verify::Trust& trust) {
  RETURN_IF_ERROR(expect_no_records(request, "a checkpoint"));
  ASSIGN_OR_RETURN(const verify::VerifiedCheckpoint verified,
                   verify::verify_checkpoint(note, trust));
  RETURN_IF_ERROR(
      is_of_the_log(request, {verified.checkpoint, std::string(note)}, trust, std::nullopt));
  ASSIGN_OR_RETURN(const CosignedBy cosigned, demand_cosigners(request, note, known_keys(trust)));
  return with_stamps(request, verified.checkpoint, answer_of(verified, cosigned));
}

}  // namespace

Result<Answer> run_verify(const Request& request) {
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(request.where, kFileMax));
  ASSIGN_OR_RETURN(const verify::Trust trust, trust_of(request));
  if (format::begins_cose_receipt(bytes)) return verify_cose(bytes, request, trust);
  if (!request.older_file.empty())
    return invalid("only a COSE receipt is verified with an older checkpoint: leave --older out");
  if (text_of(bytes).starts_with(format::kGapCertificateTitle))
    return verify_gaps(text_of(bytes), request, trust);
  if (text_of(bytes).starts_with(format::kEvidenceTitle))
    return verify_answer(text_of(bytes), request, trust);
  if (text_of(bytes).starts_with(format::kContradictionTitle))
    return verify_two_histories(text_of(bytes), request, trust);
  if (is_checkpoint(text_of(bytes))) return verify_bare_checkpoint(text_of(bytes), request, trust);
  ASSIGN_OR_RETURN(const verify::ProvenRange range, verify_any(text_of(bytes), request, trust));
  ASSIGN_OR_RETURN(const auto renewed, open_renewed(request, range, trust));
  RETURN_IF_ERROR(is_of_the_log(request, {range.in, range.note}, trust, renewed));
  RETURN_IF_ERROR(expect_records(range.first, range.records));
  ASSIGN_OR_RETURN(const CosignedBy cosigned,
                   demand_cosigners(request, range.note, known_keys(trust)));
  Answer answer;
  answer.line = "verified: " + std::to_string(range.count) + " record" +
                (range.count == 1 ? "" : "s") + " from " + std::to_string(range.first.value) +
                " on, in " + range.in.origin + " under the checkpoint of " +
                std::to_string(range.in.size.value) + " records: " + summary_text(range.records) +
                (range.sender.empty() ? "" : ", sent by " + range.sender) +
                (renewed ? renewed_text(*renewed) : "") + cosigned.text;
  AnswerJson json;
  json.add("result", "verified")
      .add("first_index", range.first.value)
      .add("count", range.count)
      .add("origin", range.in.origin)
      .add("size", range.in.size.value)
      .add("root", base64(range.in.root.view()))
      .raw("records", summary_json(range.first, range.records))
      .raw("renewed", renewed ? "true" : "false");
  if (!cosigned.json.empty()) json.raw("cosigned_by", cosigned.json);
  if (!range.sender.empty()) json.add("sender", range.sender);
  if (renewed) json.raw("renewal", renewal_json(*renewed));
  answer.json = json.take();
  return with_stamps(request, range.in, std::move(answer));
}

}  // namespace varve::audit
