// Texts of access, refusal and loss records, in one spelling each.
#include "ledger/format/access.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/format/kinds.h"
#include "ledger/format/retention_lines.h"

namespace varve::format {
namespace {

constexpr std::string_view kAccessTitle = "varve access v1";
constexpr std::string_view kRefusalsTitle = "varve refusals v1";
constexpr std::string_view kLossTitle = "varve loss v1";
constexpr std::size_t kMethodMax = 8;
constexpr std::size_t kRouteMax = 128;
constexpr std::uint64_t kStatusMin = 100;
constexpr std::uint64_t kStatusMax = 599;
constexpr std::array<std::string_view, 4> kReaderProofs = {"", "certificate", "jwt", "token"};
constexpr std::array<std::string_view, 4> kRefusedFor = {"limit", "no-credential", "not-allowed",
                                                         "unknown-credential"};

bool is_printed(char c) {
  return c >= ' ' && c <= '~';
}

bool is_word(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && std::ranges::all_of(text, is_printed) &&
         text.find(' ') == std::string_view::npos;
}

bool is_route(std::string_view text) {
  return is_word(text, kRouteMax) && text.starts_with('/');
}

Result<std::string> take_report_value(std::string_view& text, std::string_view label) {
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, label));
  if (value.size() > kReportValueMax || !std::ranges::all_of(value, is_printed))
    return invalid("the line " + std::string(label) + "is too long, or is not printable");
  return std::string(value);
}

std::string range_text(const IndexRange& range) {
  std::string text = std::to_string(range.first.value);
  if (range.last != range.first) text.append("-").append(std::to_string(range.last.value));
  return text;
}

Result<IndexRange> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  IndexRange range;
  ASSIGN_OR_RETURN(range.first.value, decode_decimal(text.substr(0, dash)));
  range.last = range.first;
  if (dash == std::string_view::npos) return range;
  ASSIGN_OR_RETURN(range.last.value, decode_decimal(text.substr(dash + 1)));
  if (range.last <= range.first) return invalid("a range of records ends before it begins");
  return range;
}

/// Whether there is a record between the two, so that they are not one range.
bool are_apart(const IndexRange& earlier, const IndexRange& later) {
  return later.first > earlier.last && later.first.value - earlier.last.value > 1;
}

Result<std::vector<IndexRange>> parse_ranges(std::string_view text) {
  std::vector<IndexRange> ranges;
  for (bool more = true; more;) {
    const std::size_t end = text.find(',');
    ASSIGN_OR_RETURN(const IndexRange range, parse_range(text.substr(0, end)));
    if (!ranges.empty() && !are_apart(ranges.back(), range))
      return invalid("ranges of records are in order and apart");
    ranges.push_back(range);
    more = end != std::string_view::npos;
    if (more) text.remove_prefix(end + 1);
  }
  return ranges;
}

Result<Reading> parse_reading(std::string_view line) {
  Reading reading;
  reading.method = take_word(line);
  reading.route = take_word(line);
  ASSIGN_OR_RETURN(const std::uint64_t status, decode_decimal(take_word(line)));
  ASSIGN_OR_RETURN(reading.requests, decode_decimal(take_word(line)));
  ASSIGN_OR_RETURN(reading.read, parse_ranges(line));
  if (!is_word(reading.method, kMethodMax) || !is_route(reading.route) || status < kStatusMin ||
      status > kStatusMax || reading.requests == 0)
    return invalid("a reading is: method, route, status, requests, ranges of records");
  reading.status = static_cast<std::uint32_t>(status);
  return reading;
}

bool comes_before(const Reading& a, const Reading& b) {
  return std::tie(a.method, a.route, a.status) < std::tie(b.method, b.route, b.status);
}

Result<Reader> take_reader(std::string_view& text) {
  Reader reader;
  ASSIGN_OR_RETURN(reader.client, take_report_value(text, "client "));
  ASSIGN_OR_RETURN(reader.proof, take_report_value(text, "proof "));
  ASSIGN_OR_RETURN(reader.credential, take_report_value(text, "credential "));
  ASSIGN_OR_RETURN(reader.subject, take_report_value(text, "subject "));
  ASSIGN_OR_RETURN(reader.issuer, take_report_value(text, "issuer "));
  ASSIGN_OR_RETURN(reader.token_id, take_report_value(text, "token-id "));
  ASSIGN_OR_RETURN(reader.address, take_report_value(text, "address "));
  if (std::ranges::find(kReaderProofs, reader.proof) == kReaderProofs.end())
    return invalid("a reader showed a token, a certificate, a jwt or nothing");
  return reader;
}

struct While {
  std::uint64_t first_us = 0;
  std::uint64_t last_us = 0;
};

Result<While> take_while(std::string_view& text, std::string_view from, std::string_view to) {
  While span;
  ASSIGN_OR_RETURN(span.first_us, take_decimal(text, from));
  ASSIGN_OR_RETURN(span.last_us, take_decimal(text, to));
  if (span.last_us < span.first_us) return invalid("it ends before it begins");
  return span;
}

Result<void> expect_report(std::string_view text) {
  if (text.size() <= kReportBytesMax) return {};
  return invalid("it is longer than " + std::to_string(kReportBytesMax) + " bytes");
}

std::string refused_text(const RefusedCount& one) {
  const Refused& what = one.what;
  std::string text = std::to_string(one.requests);
  for (const std::string& word : {what.reason, what.method, what.route, what.address, what.client})
    text.append(" ").append(word);
  return text;
}

Result<RefusedCount> parse_refused(const std::string_view whole) {
  std::string_view line = whole;
  RefusedCount out;
  ASSIGN_OR_RETURN(out.requests, decode_decimal(take_word(line)));
  out.what.reason = take_word(line);
  out.what.method = take_word(line);
  out.what.route = take_word(line);
  out.what.address = take_word(line);
  out.what.client = line;
  if (std::ranges::find(kRefusedFor, out.what.reason) == kRefusedFor.end() ||
      !is_word(out.what.method, kMethodMax) || !is_route(out.what.route) ||
      !is_word(out.what.address, kReportValueMax) || out.what.client.size() > kReportValueMax ||
      !std::ranges::all_of(out.what.client, is_printed) || out.requests == 0 ||
      refused_text(out) != whole)
    return invalid("a refusal is: requests, reason, method, route, address, client");
  return out;
}

Result<void> expect_same_log(std::string_view of_text, std::string_view origin) {
  if (of_text == origin) return {};
  return invalid("it is of another log: " + std::string(of_text));
}

}  // namespace

std::string report_value(std::string_view text) {
  constexpr std::size_t kEscaped = 3;
  std::string out;
  for (const char c : text) {
    if (out.size() + kEscaped > kReportValueMax) break;
    const auto byte = static_cast<std::byte>(c);
    if (is_printed(c) && c != '%')
      out.push_back(c);
    else
      out.append("%").append(hex({&byte, 1}));
  }
  return out;
}

std::string access_text(const Access& access) {
  std::string text(kAccessTitle);
  put_line(text, "\norigin ", access.origin);
  put_line(text, "client ", access.reader.client);
  put_line(text, "proof ", access.reader.proof);
  put_line(text, "credential ", access.reader.credential);
  put_line(text, "subject ", access.reader.subject);
  put_line(text, "issuer ", access.reader.issuer);
  put_line(text, "token-id ", access.reader.token_id);
  put_line(text, "address ", access.reader.address);
  put_number(text, "first ", access.first_us);
  put_number(text, "last ", access.last_us);
  for (const Reading& reading : access.readings) {
    text.append("read ").append(reading.method).append(" ").append(reading.route);
    text.append(" ").append(std::to_string(reading.status));
    text.append(" ").append(std::to_string(reading.requests));
    char before = ' ';
    for (const IndexRange& range : reading.read) {
      text.append(1, before).append(range_text(range));
      before = ',';
    }
    text.append("\n");
  }
  return text;
}

Result<Access> parse_access(std::string_view text) {
  RETURN_IF_ERROR(expect_report(text));
  Access access;
  ASSIGN_OR_RETURN(access.origin, take_head(text, kAccessTitle));
  ASSIGN_OR_RETURN(access.reader, take_reader(text));
  ASSIGN_OR_RETURN(const While span, take_while(text, "first ", "last "));
  access.first_us = span.first_us;
  access.last_us = span.last_us;
  do {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(text, "read "));
    ASSIGN_OR_RETURN(Reading reading, parse_reading(line));
    if (!access.readings.empty() && !comes_before(access.readings.back(), reading))
      return invalid("readings are in order, each once");
    access.readings.push_back(std::move(reading));
  } while (!text.empty());
  return access;
}

std::string refusals_text(const Refusals& refusals) {
  std::string text(kRefusalsTitle);
  put_line(text, "\norigin ", refusals.origin);
  put_number(text, "first ", refusals.first_us);
  put_number(text, "last ", refusals.last_us);
  for (const RefusedCount& one : refusals.refused) put_line(text, "refused ", refused_text(one));
  if (refusals.more != 0) put_number(text, "more ", refusals.more);
  return text;
}

Result<Refusals> parse_refusals(std::string_view text) {
  RETURN_IF_ERROR(expect_report(text));
  Refusals refusals;
  ASSIGN_OR_RETURN(refusals.origin, take_head(text, kRefusalsTitle));
  ASSIGN_OR_RETURN(const While span, take_while(text, "first ", "last "));
  refusals.first_us = span.first_us;
  refusals.last_us = span.last_us;
  do {
    ASSIGN_OR_RETURN(const std::string_view line, take_value(text, "refused "));
    ASSIGN_OR_RETURN(RefusedCount one, parse_refused(line));
    if (!refusals.refused.empty() && refusals.refused.back().what >= one.what)
      return invalid("refusals are in order, each once");
    refusals.refused.push_back(std::move(one));
  } while (text.starts_with("refused "));
  if (text.empty()) return refusals;
  ASSIGN_OR_RETURN(refusals.more, take_decimal(text, "more "));
  if (refusals.more == 0) return invalid("it has a line more for none");
  RETURN_IF_ERROR(ends_here(text));
  return refusals;
}

std::string loss_text(const Loss& loss) {
  std::string text(kLossTitle);
  put_line(text, "\norigin ", loss.origin);
  put_number(text, "since ", loss.since_us);
  put_number(text, "until ", loss.until_us);
  return text;
}

Result<Loss> parse_loss(std::string_view text) {
  Loss loss;
  ASSIGN_OR_RETURN(loss.origin, take_head(text, kLossTitle));
  ASSIGN_OR_RETURN(const While span, take_while(text, "since ", "until "));
  loss.since_us = span.first_us;
  loss.until_us = span.last_us;
  RETURN_IF_ERROR(ends_here(text));
  return loss;
}

Result<void> check_access(std::string_view payload, std::string_view origin) {
  ASSIGN_OR_RETURN(const Access access, parse_access(payload));
  return expect_same_log(access.origin, origin);
}

Result<void> check_refusals(std::string_view payload, std::string_view origin) {
  ASSIGN_OR_RETURN(const Refusals refusals, parse_refusals(payload));
  return expect_same_log(refusals.origin, origin);
}

Result<void> check_loss(std::string_view payload, std::string_view origin) {
  ASSIGN_OR_RETURN(const Loss loss, parse_loss(payload));
  return expect_same_log(loss.origin, origin);
}

}  // namespace varve::format
