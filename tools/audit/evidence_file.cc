// From an audited log to a file.
#include "tools/audit/evidence_file.h"

#include <algorithm>

#include "ledger/index/terms.h"
#include "ledger/verify/open_keys.h"
#include "tools/audit/ask.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr const char* kNoIndex =
    "the log has no index: its operator sets index_minutes. Until then whoever has to know that an "
    "answer is complete reads the whole log";

/// All that indexes have rows of comes before what only the shown records say.
void sort_conditions(std::vector<format::AnswerEvidence::Asked>& conditions) {
  std::ranges::stable_partition(conditions, [](const format::AnswerEvidence::Asked& condition) {
    return evidence::is_indexed(condition.field);
  });
}

}  // namespace

Result<evidence::Asked> askable(const Asked& asked) {
  if (asked.is_emergency)
    return invalid("no index has rows of emergency access: leave --emergency or --evidence out");
  evidence::Asked out;
  for (std::size_t i = 0; i < search::kFields.size(); ++i) {
    ASSIGN_OR_RETURN(const std::vector<std::string> values, asked_values(asked, i));
    if (!values.empty()) out.conditions.push_back({std::string(search::kFields[i].name), values});
  }
  if (!asked.source.empty())
    out.conditions.push_back({std::string(index::kSourceField), {asked.source}});
  sort_conditions(out.conditions);
  ASSIGN_OR_RETURN(const search::Question question, question_of(asked));
  out.from_us = question.from_us;
  out.until_us = question.until_us;
  RETURN_IF_ERROR(evidence::question_of(out));
  return out;
}

Result<evidence::ProvenAnswer> write_evidence(const Request& request, const evidence::Asked& asked,
                                              const evidence::SeenIndexes& seen,
                                              const verify::Intact& intact) {
  if (seen.all().empty()) return not_found(kNoIndex);
  ASSIGN_OR_RETURN(const format::VerifierKey first, first_key(request));
  ASSIGN_OR_RETURN(const Opened opened, open_source(request));
  ASSIGN_OR_RETURN(
      const auto made,
      evidence::make_evidence(asked, {seen, intact.retention, intact.checkpoint, *opened.source}));
  const std::string text = format::format_evidence(made);
  ASSIGN_OR_RETURN(const std::string keys_json, opened.source->keys());
  ASSIGN_OR_RETURN(const verify::VerifiedKeys keys, verify::open_keys(keys_json, first));
  const verify::Trust trust{first.name, first, keys.timeline, keys.under.checkpoint};
  ASSIGN_OR_RETURN(evidence::ProvenAnswer proven, evidence::verify_evidence(text, trust));
  RETURN_IF_ERROR(tools::replace_file(request.asked.evidence_file, bytes_of(text)));
  return proven;
}

}  // namespace varve::audit
