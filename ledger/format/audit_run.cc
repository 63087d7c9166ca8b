// Texts of audit runs.
#include "ledger/format/audit_run.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/kinds.h"
#include "ledger/format/lines.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kRunTitle = "varve audit run v1";
constexpr std::size_t kFileNameMax = 48;

bool is_file_name(std::string_view name) {
  constexpr std::string_view kOf = "abcdefghijklmnopqrstuvwxyz0123456789/.";
  return !name.empty() && name.size() <= kFileNameMax &&
         name.find_first_not_of(kOf) == std::string_view::npos;
}

void add_line(std::string& text, std::string_view label, std::string_view value) {
  text.append(label).append(value).append("\n");
}

}  // namespace

std::string audit_run_text(const AuditRun& run) {
  std::string text(kRunTitle);
  text.append("\n");
  add_line(text, "origin ", run.origin);
  add_line(text, "began ", std::to_string(run.began_us));
  add_line(text, "ended ", std::to_string(run.ended_us));
  add_line(text, "segments ", std::to_string(run.segments));
  add_line(text, "size ", std::to_string(run.size.value));
  add_line(text, "bytes ", std::to_string(run.bytes));
  for (std::size_t k = 0; k < std::min(run.damaged.size(), kDamagedFilesMax); ++k)
    add_line(text, "damaged ", run.damaged[k]);
  return text;
}

Result<AuditRun> parse_audit_run(std::string_view text) {
  if (take_line(text) != kRunTitle) return invalid("not an audit run: its first line is another");
  AuditRun run;
  const auto origin = take_labelled(text, "origin ");
  if (!origin || !is_key_name(*origin)) return invalid("an audit run has no line origin");
  run.origin = *origin;
  ASSIGN_OR_RETURN(run.began_us, take_number(text, "began "));
  ASSIGN_OR_RETURN(run.ended_us, take_number(text, "ended "));
  ASSIGN_OR_RETURN(run.segments, take_number(text, "segments "));
  ASSIGN_OR_RETURN(run.size.value, take_number(text, "size "));
  ASSIGN_OR_RETURN(run.bytes, take_number(text, "bytes "));
  while (!text.empty()) {
    const auto name = take_labelled(text, "damaged ");
    if (!name || !is_file_name(*name))
      return invalid("an audit run has a line that it does not have");
    if (!run.damaged.empty() && run.damaged.back() >= *name)
      return invalid("an audit run names damaged files in order, each once");
    run.damaged.emplace_back(*name);
  }
  if (run.damaged.size() > kDamagedFilesMax) return invalid("an audit run names too many files");
  return run;
}

Result<void> check_audit_run(std::string_view payload, std::string_view origin) {
  ASSIGN_OR_RETURN(const AuditRun run, parse_audit_run(payload));
  if (run.origin != origin) return invalid("the audit run is of the log " + run.origin);
  return {};
}

}  // namespace varve::format
