// A question as evidence can answer it. Its first condition is the one that indexes have rows of: all records
// that have it are shown, whole. The others are judged on these records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/evidence.h"
#include "ledger/format/index_commitment.h"
#include "ledger/search/question.h"

namespace varve::evidence {

struct Asked {
  std::vector<format::AnswerEvidence::Asked> conditions;  // one or more, each of another field
  std::optional<std::uint64_t> from_us;
  std::optional<std::uint64_t> until_us;
};

/// Whether indexes have rows of the field.
bool is_indexed(std::string_view field);

/// Errors: kInvalid  nothing is asked, a field that no event has, or a first one that no index has; no
///         source's name; a period that ends before it begins.
Result<search::Question> question_of(const Asked& asked);

/// Whether no event of the index can be from the period that is asked for, as its commitment says.
bool is_outside(const Asked& asked, const format::IndexCommitment& index);

}  // namespace varve::evidence
