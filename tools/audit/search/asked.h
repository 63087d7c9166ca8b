// From what was typed to the question that it means.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/search/question.h"

namespace varve::audit {

/// What events are asked for, as it was typed.
struct Asked {
  std::array<std::vector<std::string>, search::kFields.size()> values;  // by field: one of these
  std::string source;                                                   // its name
  std::string patient_file;  // the same for patients: a line each
  std::string from;          // a date or a time
  std::string until;
  bool is_emergency = false;
  bool is_newest_first = false;
  std::uint64_t limit = 1'000;  // rows that are shown
  std::string csv_file;
};

/// Reads the file of patients. Errors: kInvalid  no id in that file, or one of another field is empty; a
/// moment that is none, or a period that ends before it begins; no source's name.  kNotFound, kIo.
Result<search::Question> question_of(const Asked& asked);

/// "patient, one of 2 values; action, one value; from 2026-03-01T00:00:00Z": without the values, which may
/// name people.
std::string in_words(const search::Question& question);

}  // namespace varve::audit
