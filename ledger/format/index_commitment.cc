// Texts of commitments to indexes.
#include "ledger/format/index_commitment.h"

#include "ledger/format/retention_lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kIndexTitle = "varve index v1";

/// Only months of a locked log have a hyphen.
Result<void> take_month(std::string_view& text, IndexCommitment& out) {
  ASSIGN_OR_RETURN(const std::string_view month, take_value(text, "month "));
  out.mode = month.find('-') == std::string_view::npos ? Mode::kDraft : Mode::kLocked;
  ASSIGN_OR_RETURN(out.month, parse_key_period(month, out.mode));
  return {};
}

Result<void> take_extractor(std::string_view& text, IndexCommitment& out) {
  ASSIGN_OR_RETURN(const std::uint64_t version, take_decimal(text, "extractor "));
  if (version == 0 || version > UINT32_MAX) return invalid("there is no such extractor version");
  out.extractor = static_cast<std::uint32_t>(version);
  return {};
}

Result<void> check_bounds(const IndexCommitment& index) {
  const std::uint64_t records = index.end.value - index.first.value;
  if (index.first >= index.end) return invalid("the index is of no records");
  if (index.events == 0 || index.events > records)
    return invalid("the index is of no events, or of more than it has records");
  if (index.earliest_us > index.latest_us) return invalid("its latest time is before its earliest");
  return {};
}

}  // namespace

std::string index_commitment_text(const IndexCommitment& index) {
  std::string text(kIndexTitle);
  text.append("\n");
  put_line(text, "origin ", index.origin);
  put_number(text, "number ", index.number);
  put_line(text, "month ", key_period_text(index.month, index.mode));
  put_number(text, "extractor ", index.extractor);
  put_number(text, "first ", index.first.value);
  put_number(text, "end ", index.end.value);
  put_number(text, "events ", index.events);
  put_number(text, "earliest ", index.earliest_us);
  put_number(text, "latest ", index.latest_us);
  put_number(text, "rows ", index.rows);
  put_line(text, "root ", hex(index.root.view()));
  put_line(text, "key ", hex(index.key.view()));
  return text;
}

Result<IndexCommitment> parse_index_commitment(std::string_view text) {
  IndexCommitment out;
  ASSIGN_OR_RETURN(out.origin, take_head(text, kIndexTitle));
  ASSIGN_OR_RETURN(out.number, take_decimal(text, "number "));
  RETURN_IF_ERROR(take_month(text, out));
  RETURN_IF_ERROR(take_extractor(text, out));
  ASSIGN_OR_RETURN(out.first.value, take_decimal(text, "first "));
  ASSIGN_OR_RETURN(out.end.value, take_decimal(text, "end "));
  ASSIGN_OR_RETURN(out.events, take_decimal(text, "events "));
  ASSIGN_OR_RETURN(out.earliest_us, take_decimal(text, "earliest "));
  ASSIGN_OR_RETURN(out.latest_us, take_decimal(text, "latest "));
  ASSIGN_OR_RETURN(out.rows, take_decimal(text, "rows "));
  ASSIGN_OR_RETURN(out.root, take_hex_hash(text, "root "));
  ASSIGN_OR_RETURN(out.key, take_hex_hash(text, "key "));
  RETURN_IF_ERROR(ends_here(text));
  RETURN_IF_ERROR(check_bounds(out));
  return out;
}

}  // namespace varve::format
