// Texts of grants.
#include "ledger/format/grants.h"

#include <algorithm>
#include <array>

#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/record.h"
#include "ledger/format/utf8.h"

namespace varve::format {
namespace {

constexpr std::string_view kGrantsTitle = "varve grants v1";
constexpr std::string_view kGrantLabel = "grant ";
constexpr std::string_view kMoreLabel = "more ";
constexpr std::string_view kWholeLog = "*";
constexpr std::string_view kNone = "none";
constexpr std::size_t kHolderMax = 512;
constexpr std::size_t kRoleMax = 16;
constexpr std::array<std::string_view, 5> kProofNames = {"certificate", "jwt", "listener", "open",
                                                         "token"};

bool is_plain(char c) {
  return c >= ' ' && c <= '~';
}

bool is_holder(std::string_view text) {
  return !text.empty() && text.size() <= kHolderMax && std::ranges::all_of(text, is_plain) &&
         !text.starts_with(' ') && !text.ends_with(' ');
}

bool is_role(std::string_view text) {
  return !text.empty() && text.size() <= kRoleMax &&
         std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

Result<std::uint64_t> take_grants_number(std::string_view& text, std::string_view label) {
  const auto value = take_labelled(text, label);
  if (!value) return invalid("the grants have no line " + std::string(label));
  return decode_decimal(*value);
}

Result<GrantSince> parse_grant(std::string_view line) {
  GrantSince out;
  ASSIGN_OR_RETURN(out.since_us, decode_decimal(take_word(line)));
  out.grant.proof = take_word(line);
  out.grant.role = take_word(line);
  const std::string_view source = take_word(line);
  out.grant.who = line;
  if (source != kWholeLog) {
    RETURN_IF_ERROR(source_id(source));
    out.grant.source = source;
  }
  if (std::ranges::find(kProofNames, out.grant.proof) == kProofNames.end() ||
      !is_role(out.grant.role) || !is_holder(out.grant.who))
    return invalid(
        "a grant is: time, token|certificate|jwt|listener|open, role, source or *, holder");
  return out;
}

Result<void> parse_more(std::string_view line, Grants& out) {
  ASSIGN_OR_RETURN(out.more, decode_decimal(take_word(line)));
  ASSIGN_OR_RETURN(out.more_hash, decode_hex_hash(line));
  if (out.more == 0) return invalid("the grants have a line more for none");
  return {};
}

}  // namespace

std::string grant_holder(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.size() + 3 > kHolderMax) break;
    const auto byte = static_cast<std::byte>(c);
    if (is_plain(c) && c != '%' && !(c == ' ' && (out.empty() || out.ends_with(' '))))
      out.push_back(c);
    else
      out.append("%").append(hex({&byte, 1}));
  }
  if (out.ends_with(' ')) out.replace(out.size() - 1, 1, "%20");
  return out;
}

std::string grant_line(const Grant& grant) {
  std::string out = grant.proof;
  out.append(" ").append(grant.role).append(" ");
  out.append(grant.source.empty() ? kWholeLog : grant.source);
  return out.append(" ").append(grant.who).append("\n");
}

std::string grants_text(const Grants& grants) {
  std::string text(kGrantsTitle);
  text.append("\norigin ").append(grants.origin).append("\nprevious ");
  text.append(grants.previous ? std::to_string(grants.previous->value) : std::string(kNone));
  text.append("\ntime ").append(std::to_string(grants.time_us)).append("\n");
  for (const GrantSince& one : grants.grants)
    text.append(kGrantLabel)
        .append(std::to_string(one.since_us))
        .append(" ")
        .append(grant_line(one.grant));
  if (grants.more != 0)
    text.append(kMoreLabel)
        .append(std::to_string(grants.more))
        .append(" ")
        .append(hex(grants.more_hash.view()))
        .append("\n");
  return text;
}

Result<Grants> parse_grants(std::string_view text) {
  if (text.size() > kGrantsBytesMax) return invalid("the grants are too long");
  if (take_line(text) != kGrantsTitle) return invalid("not grants: the first line is another");
  Grants out;
  const auto origin = take_labelled(text, "origin ");
  if (!origin || !is_key_name(*origin)) return invalid("the grants have no line origin");
  out.origin = *origin;
  const auto previous = take_labelled(text, "previous ");
  if (!previous) return invalid("the grants have no line previous");
  if (*previous != kNone) {
    ASSIGN_OR_RETURN(out.previous.emplace().value, decode_decimal(*previous));
  }
  ASSIGN_OR_RETURN(out.time_us, take_grants_number(text, "time "));
  while (text.starts_with(kGrantLabel)) {
    const auto line = take_labelled(text, kGrantLabel);
    if (!line) break;
    ASSIGN_OR_RETURN(GrantSince one, parse_grant(*line));
    if (!out.grants.empty() && out.grants.back().grant >= one.grant)
      return invalid("the grants are in order, each once");
    out.grants.push_back(std::move(one));
  }
  if (text.starts_with(kMoreLabel))
    if (const auto more = take_labelled(text, kMoreLabel)) RETURN_IF_ERROR(parse_more(*more, out));
  if (!text.empty()) return invalid("the grants end with a line that does not belong there");
  return out;
}

}  // namespace varve::format
