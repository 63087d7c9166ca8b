// From what was typed to the question that it means.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/search/question.h"

namespace varve::audit {

/// What events are asked for, as it was typed.
struct Asked {
  std::array<std::vector<std::string>, search::kFields.size()> values;  // by field: one of these
  std::string source;                                                   // its name
  std::array<std::string, search::kFields.size()> files;                // the same, a line each
  std::string from;                                                     // a date or a time
  std::string until;
  bool is_emergency = false;
  bool is_newest_first = false;
  std::optional<std::uint64_t> limit;  // rows that are shown
  std::string csv_file;
  std::string evidence_file;
  bool believes_server = false;  // asks it for the answer, and audits nothing
};

/// The values in a file, a line each. Errors: kInvalid  none, or one between blanks.  kNotFound, kIo.
Result<std::vector<std::string>> read_values(const std::string& path);
/// All that is asked for of a field, the i-th of search::kFields, with what is in its file. Errors: as read_values.
Result<std::vector<std::string>> asked_values(const Asked& asked, std::size_t i);
/// Reads the files. Errors: kInvalid  no value in a file, or one between blanks; a moment that is none, or a
/// period that ends before it begins; no source's name.  kNotFound, kIo.
Result<search::Question> question_of(const Asked& asked);
/// Errors: kInvalid  it ends before it begins.
Result<void> expect_period(const search::Question& question);

/// "patient, one of 2 values; action, one value; from 2026-03-01T00:00:00Z": without the values, which may
/// name people.
std::string in_words(const search::Question& question);

}  // namespace varve::audit
