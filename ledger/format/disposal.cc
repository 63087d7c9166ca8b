// Texts of notices and disposals, in one spelling each.
#include "ledger/format/disposal.h"

#include <array>

#include "ledger/format/retention_lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kNoticeTitle = "varve notice v1";
constexpr std::string_view kDisposalTitle = "varve disposal v1";
constexpr std::string_view kDisposedTitle = "varve disposed v1";
constexpr std::array<std::string_view, 4> kKeyEnds{"destroyed", "absent", "away", "failed"};

void put_months(std::string& text, const std::vector<MonthRange>& months, Mode mode) {
  for (const MonthRange& range : months)
    put_line(text, "month ",
             key_period_text(range.month, mode) + " " + std::to_string(range.first.value) + " " +
                 std::to_string(range.end.value));
}

Result<MonthRange> parse_month_range(std::string_view line, Mode mode) {
  MonthRange range;
  ASSIGN_OR_RETURN(range.month, parse_key_period(next_word(line), mode));
  ASSIGN_OR_RETURN(range.first.value, decode_decimal(next_word(line)));
  ASSIGN_OR_RETURN(range.end.value, decode_decimal(line));
  if (range.first >= range.end) return invalid("a month is named without a record");
  return range;
}

Result<std::vector<MonthRange>> take_months(std::string_view& text, Mode mode) {
  std::vector<MonthRange> months;
  while (text.starts_with("month ")) {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(text, "month "));
    ASSIGN_OR_RETURN(const MonthRange range, parse_month_range(line, mode));
    if (!months.empty() && (range.month <= months.back().month || range.first < months.back().end))
      return invalid("months are named in order, each once");
    if (months.size() == kMonthsPerActMax)
      return invalid("more than " + std::to_string(kMonthsPerActMax) + " months are named");
    months.push_back(range);
  }
  if (months.empty()) return invalid("no month is named");
  return months;
}

/// One of two words. Errors: kInvalid  it is another.
Result<bool> take_choice(std::string_view& text, std::string_view label, std::string_view yes,
                         std::string_view no) {
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, label));
  if (value == yes || value == no) return value == yes;
  return invalid("the line " + std::string(label) + "is neither " + std::string(yes) + " nor " +
                 std::string(no));
}

Result<std::vector<std::uint64_t>> take_segments(std::string_view& text) {
  ASSIGN_OR_RETURN(std::string_view line, take_value(text, "segments "));
  if (line.ends_with(' ')) return invalid("segments end in a space");
  std::vector<std::uint64_t> segments;
  do {
    ASSIGN_OR_RETURN(const std::uint64_t ordinal, decode_decimal(next_word(line)));
    if (!segments.empty() && segments.back() >= ordinal)
      return invalid("segments are named in order, each once");
    if (segments.size() == kDisposedSegmentsMax) return invalid("too many segments are named");
    segments.push_back(ordinal);
  } while (!line.empty());
  return segments;
}

Result<TokenEnd> parse_token_end(std::string_view line) {
  const std::string_view word = next_word(line);
  const auto end = std::ranges::find(kKeyEnds, word);
  if (end == kKeyEnds.end()) return invalid("what became of a key on a token is not known");
  if (line.empty() || line.size() > kTokenUriMax || !is_note_text(line))
    return invalid("the URI of a token is empty or too long, or is not text");
  return TokenEnd{static_cast<KeyEnd>(end - kKeyEnds.begin()), std::string(line)};
}

Result<std::vector<TokenEnd>> take_tokens(std::string_view& text) {
  std::vector<TokenEnd> tokens;
  while (text.starts_with("token ")) {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(text, "token "));
    ASSIGN_OR_RETURN(TokenEnd token, parse_token_end(line));
    if (std::ranges::find(tokens, token.uri, &TokenEnd::uri) != tokens.end())
      return invalid("a token is named twice");
    tokens.push_back(std::move(token));
  }
  if (tokens.empty() || tokens.size() > kDisposedTokensMax)
    return invalid("no token is named, or more than " + std::to_string(kDisposedTokensMax));
  return tokens;
}

}  // namespace

bool is_notice(std::string_view text) {
  return take_line(text) == kNoticeTitle;
}

bool is_disposal(std::string_view text) {
  return take_line(text) == kDisposalTitle;
}

std::string notice_text(const Notice& notice, Mode mode) {
  std::string text(kNoticeTitle);
  put_line(text, "\norigin ", notice.origin);
  put_line(text, "policy ", hex(notice.policy.view()));
  put_months(text, notice.months, mode);
  return text;
}

Result<Notice> parse_notice(std::string_view text, Mode mode) {
  Notice notice;
  ASSIGN_OR_RETURN(notice.origin, take_head(text, kNoticeTitle));
  ASSIGN_OR_RETURN(notice.policy, take_hex_hash(text, "policy "));
  ASSIGN_OR_RETURN(notice.months, take_months(text, mode));
  RETURN_IF_ERROR(ends_here(text));
  return notice;
}

std::string disposal_text(const Disposal& disposal, Mode mode) {
  std::string text(kDisposalTitle);
  put_line(text, "\norigin ", disposal.origin);
  put_line(text, "policy ", hex(disposal.policy.view()));
  put_line(text, "notice ", hex(disposal.notice.view()));
  put_months(text, disposal.months, mode);
  put_line(text, "root ", base64(disposal.root.view()));
  put_line(text, "by ", disposal.by_policy ? "policy" : "approvers");
  return text;
}

Result<Disposal> parse_disposal(std::string_view text, Mode mode) {
  Disposal disposal;
  ASSIGN_OR_RETURN(disposal.origin, take_head(text, kDisposalTitle));
  ASSIGN_OR_RETURN(disposal.policy, take_hex_hash(text, "policy "));
  ASSIGN_OR_RETURN(disposal.notice, take_hex_hash(text, "notice "));
  ASSIGN_OR_RETURN(disposal.months, take_months(text, mode));
  ASSIGN_OR_RETURN(const std::string_view root, take_value(text, "root "));
  ASSIGN_OR_RETURN(disposal.root, decode_base64_hash(root));
  ASSIGN_OR_RETURN(disposal.by_policy, take_choice(text, "by ", "policy", "approvers"));
  RETURN_IF_ERROR(ends_here(text));
  return disposal;
}

std::string disposed_text(const Disposed& disposed, Mode mode) {
  std::string text(kDisposedTitle);
  put_line(text, "\norigin ", disposed.origin);
  put_line(text, "disposal ", hex(disposed.disposal.view()));
  put_line(text, "month ", key_period_text(disposed.month, mode));
  std::string segments;
  for (const std::uint64_t ordinal : disposed.segments)
    segments += (segments.empty() ? "" : " ") + std::to_string(ordinal);
  put_line(text, "segments ", segments);
  put_line(text, "files ", disposed.files_removed ? "removed" : "kept");
  for (const TokenEnd& token : disposed.tokens)
    put_line(text, "token ",
             std::string(kKeyEnds[static_cast<std::size_t>(token.end)]) + " " + token.uri);
  put_line(text, "complete ", disposed.is_complete ? "yes" : "no");
  return text;
}

Result<Disposed> parse_disposed(std::string_view text, Mode mode) {
  Disposed disposed;
  ASSIGN_OR_RETURN(disposed.origin, take_head(text, kDisposedTitle));
  ASSIGN_OR_RETURN(disposed.disposal, take_hex_hash(text, "disposal "));
  ASSIGN_OR_RETURN(const std::string_view month, take_value(text, "month "));
  ASSIGN_OR_RETURN(disposed.month, parse_key_period(month, mode));
  ASSIGN_OR_RETURN(disposed.segments, take_segments(text));
  ASSIGN_OR_RETURN(disposed.files_removed, take_choice(text, "files ", "removed", "kept"));
  ASSIGN_OR_RETURN(disposed.tokens, take_tokens(text));
  ASSIGN_OR_RETURN(disposed.is_complete, take_choice(text, "complete ", "yes", "no"));
  RETURN_IF_ERROR(ends_here(text));
  return disposed;
}

}  // namespace varve::format
