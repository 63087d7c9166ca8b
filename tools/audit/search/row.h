// An event that answers, as a line for a person, an object for a program, a row for a spreadsheet.
#pragma once

#include <string>
#include <vector>

#include "tools/audit/search/scan.h"

namespace varve::audit {

struct Row {
  Seen seen;
  std::string source;  // its name, or the id where the log knows none
};

/// A line a row below a line of titles, each behind a newline; longer texts are not cut.
std::string table_of(const std::vector<Row>& rows);
/// record, event, time, time_of, source; each field of search::kFields that the event says, as a list.
std::string json_of(const Row& row);
/// RFC 4180, with a line of titles. A text that a spreadsheet would take for a formula has "'" in front.
std::string csv_of(const std::vector<Row>& rows);

/// The first line are titles; a line each, behind a newline, with its cells below each other.
std::string aligned(std::vector<std::vector<std::string>> lines);
/// One row of such a file, with its line end.
std::string csv_line(const std::vector<std::string>& cells);
/// All values, with "; " between them.
std::string joined(const std::vector<std::string>& values);
/// search::doers_of, by their ids, and their names in brackets.
std::string doer_of(const events::View& view);

}  // namespace varve::audit
