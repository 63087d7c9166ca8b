// An accounting of disclosures as a person reads it, prints it, or opens it in a spreadsheet.
#pragma once

#include <string>

#include "ledger/format/checkpoint.h"
#include "tools/audit/search/accounting.h"

namespace varve::audit {

/// What stands above and below the lines.
struct AccountingFrame {
  std::uint64_t from_us = 0;
  std::uint64_t until_us = 0;
  format::Checkpoint tree;
  std::string read;  // what was read, and what was not understood
  std::string gone;  // what nothing can be said of; empty: nothing
};

/// Lines, the first without a newline in front.
std::string accounting_text(const Accounting& accounting);
/// An object.
std::string accounting_json(const Accounting& accounting);
/// A line each, with titles; those to review say so.
std::string accounting_csv(const Accounting& accounting);
/// One page, whole in itself, without a script: for a printer.
std::string accounting_html(const Accounting& accounting, const AccountingFrame& frame);

}  // namespace varve::audit
