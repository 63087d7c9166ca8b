// An accounting of disclosures as a person reads it, prints it, or opens it in a spreadsheet.
#pragma once

#include <string>

#include "ledger/format/checkpoint.h"
#include "tools/audit/search/accounting.h"

namespace varve::audit {

/// What stands above and below the lines of a page.
struct AccountingFrame {
  std::vector<std::string> patient;  // the ids that were asked for
  std::uint64_t from_us = 0;
  std::uint64_t until_us = 0;
  std::uint64_t made_us = 0;
  format::Checkpoint tree;
  std::string read;          // what was read, and what may match: lines
  std::string gone;          // what nothing can be said of: lines; empty: nothing
  bool may_be_more = false;  // some of it may match
};

/// Lines, the first without a newline in front.
std::string accounting_text(const Accounting& accounting);
/// An object.
std::string accounting_json(const Accounting& accounting);
/// A line each, with titles: what is told, what is to be reviewed, and what was left out, with the reason.
std::string accounting_csv(const Accounting& accounting);
/// One page, whole in itself, without a script: for a printer.
std::string accounting_html(const Accounting& accounting, const AccountingFrame& frame);

}  // namespace varve::audit
