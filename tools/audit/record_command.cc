// varve-audit inclusion, event and proof: single records.
#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/events/render.h"
#include "ledger/format/grants.h"
#include "ledger/format/kinds.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/record.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/answers.h"
#include "ledger/verify/open_keys.h"
#include "ledger/verify/source_text.h"
#include "ledger/verify/verify_file.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/ask.h"
#include "tools/audit/report_text.h"
#include "tools/common/files.h"
#include "tools/common/grant_rows.h"

namespace varve::audit {
namespace {

Answer describe(const verify::ProvenLeaf& leaf, const std::string& more) {
  Answer answer;
  answer.line = "verified: record " + std::to_string(leaf.index.value) + more + " is in " +
                leaf.in.checkpoint.origin + ", under the checkpoint of " +
                std::to_string(leaf.in.checkpoint.size.value) + " records";
  answer.json = AnswerJson()
                    .add("result", "verified")
                    .add("index", leaf.index.value)
                    .add("leaf_hash", hex(leaf.leaf.view()))
                    .add("origin", leaf.in.checkpoint.origin)
                    .add("size", leaf.in.checkpoint.size.value)
                    .take();
  return answer;
}

/// Who could do what from this record on. A text that is none was found by the audit of the log.
std::string explain_grants(std::string_view payload) {
  const auto grants = format::parse_grants(payload);
  if (!grants) return "grants that cannot be read: " + grants.error().message + "\n";
  std::string out = "grants of " + time_text(grants->time_us) + ", the server's time\n";
  out += tools::grant_title();
  for (const auto& [grant, since_us] : grants->grants)
    out += tools::grant_row(grant, time_text(since_us));
  if (grants->more != 0) out += "  and " + std::to_string(grants->more) + " that found no room\n";
  return out;
}

/// Requires an answer whose JSON is an object with members.
void add_explanation(const format::Record& record, Answer& answer) {
  std::string text;
  if (record.kind == format::Kind::kEvent)
    text = events::explain(events::extract(record.media_type, record.payload));
  else if (record.kind == format::Kind::kGrants)
    text = explain_grants(text_of(record.payload));
  else if (format::row_of(record.kind).meaning == format::Meaning::kReport)
    text = explain_report(record.kind, text_of(record.payload));
  else
    text = "not an event: " + format::kind_name(record.kind) + "\n";
  text.pop_back();
  answer.line += "\n" + text;
  answer.json.pop_back();
  answer.json += ",\"explanation\":" + format::json_quoted(text) + "}";
}

/// Who sent it, as the record says.
std::string sender_text(const verify::ProvenRecord& proven, SourceId source) {
  return proven.source_name.empty() ? verify::source_text(source) : proven.source_name;
}

/// Requires an answer whose JSON is an object with members.
void add_source(const verify::ProvenRecord& proven, SourceId source, Answer& answer) {
  answer.json.pop_back();
  answer.json += ",\"source\":\"" + verify::source_hex(source) + "\"";
  if (!proven.source_name.empty())
    answer.json += ",\"source_name\":" + format::json_quoted(proven.source_name);
  answer.json += "}";
}

Result<verify::LeafQuestion> question_of(const Request& request) {
  verify::LeafQuestion asked;
  if (request.index) asked.index = LeafIndex{*request.index};
  if (!request.leaf_hex.empty()) {
    ASSIGN_OR_RETURN(asked.leaf, decode_hex_hash(request.leaf_hex));
  }
  if (!request.record_file.empty()) {
    ASSIGN_OR_RETURN(const Buffer record,
                     tools::read_file(request.record_file, format::kRecordMax));
    asked.leaf = merkle::leaf_hash(record);
  }
  return asked;
}

std::string query_of(const verify::LeafQuestion& asked) {
  return asked.leaf ? "leaf_hash=" + hex(asked.leaf->view())
                    : "index=" + std::to_string(asked.index->value);
}

}  // namespace

Result<Answer> run_inclusion(const Request& request) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const verify::LeafQuestion asked, question_of(request));
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  ASSIGN_OR_RETURN(const std::string json, log.fetch("proof/inclusion?" + query_of(asked)));
  ASSIGN_OR_RETURN(const verify::VerifiedKeys keys, ask_keys(log, first));
  ASSIGN_OR_RETURN(const verify::ProvenLeaf leaf,
                   verify::open_inclusion(json, asked, keys.timeline));
  RETURN_IF_ERROR(ask_whether_of_the_log(log, leaf.in.checkpoint, keys));
  return describe(leaf, " with leaf hash " + hex(leaf.leaf.view()));
}

Result<Answer> run_event(const Request& request) {
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  ASSIGN_OR_RETURN(const std::string json, log.fetch("events/" + std::to_string(*request.index)));
  ASSIGN_OR_RETURN(const verify::VerifiedKeys keys, ask_keys(log, first));
  ASSIGN_OR_RETURN(const verify::ProvenRecord proven,
                   verify::open_event(json, LeafIndex{*request.index}, keys.timeline));
  RETURN_IF_ERROR(ask_whether_of_the_log(log, proven.leaf.in.checkpoint, keys));
  ASSIGN_OR_RETURN(const format::Record record, format::decode_record(proven.record));
  if (!request.out_file.empty())
    RETURN_IF_ERROR(tools::replace_file(request.out_file, record.payload));
  Answer answer = describe(proven.leaf, ", number " + std::to_string(record.sequence) + " of " +
                                            sender_text(proven, record.source) + ", " +
                                            std::to_string(record.payload.size()) + " bytes of " +
                                            std::string(record.media_type) + ",");
  add_source(proven, record.source, answer);
  if (request.explain) add_explanation(record, answer);
  return answer;
}

Result<Answer> run_proof(const Request& request) {
  ASSIGN_OR_RETURN(const RemoteLog log, open_remote(request));
  const std::string query = "proof/inclusion?index=" + std::to_string(*request.index);
  ASSIGN_OR_RETURN(const std::string text, log.fetch(query, "text/plain"));
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const verify::VerifiedKeys keys, ask_keys(log, first));
  ASSIGN_OR_RETURN(const format::ProofFile file, format::parse_proof_file(text));
  if (file.extra.empty())
    return invalid(
        "the proof came without its record: that needs a token with the role read, and an event "
        "whose month's key was not destroyed");
  if (file.index.value != *request.index)
    return corrupt("the answer is about another record than the one asked for");
  const verify::Trust trust{first.name, first, keys.timeline, keys.under.checkpoint};
  ASSIGN_OR_RETURN(const verify::ProvenRange range, verify::verify_proof_file(text, trust, {}, {}));
  RETURN_IF_ERROR(ask_whether_of_the_log(log, range.in, keys));
  RETURN_IF_ERROR(tools::replace_file(request.out_file, bytes_of(text)));
  return describe({file.index, merkle::leaf_hash(file.extra), {range.in, file.checkpoint}}, "");
}

}  // namespace varve::audit
