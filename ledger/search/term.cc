// Spellings of an identifier.
#include "ledger/search/term.h"

#include <algorithm>

namespace varve::search {
namespace {

constexpr std::string_view kHistory = "/_history/";
constexpr std::string_view kNoAuthorityYet = "^^^";

/// The next component of HL7's "a^b^c" or "a&b&c"; `text` moves behind it.
std::string_view eat_component(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view component = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return component;
}

bool is_oid(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

void add_any(std::vector<Term>& terms, std::string_view text) {
  Term term{Whole::kAny, std::string(text)};
  if (std::ranges::find(terms, term) == terms.end()) terms.push_back(std::move(term));
}

}  // namespace

std::string canonical(std::string_view value) {
  std::string_view rest = value;
  const std::string_view id = eat_component(rest, '^');
  eat_component(rest, '^');  // check digit, and its scheme
  eat_component(rest, '^');
  std::string_view authority = eat_component(rest, '^');
  eat_component(authority, '&');  // its name, beside its OID
  const std::string_view oid = eat_component(authority, '&');
  if (!id.empty() && is_oid(oid) && (authority == "ISO" || authority == "iso"))
    return "urn:oid:" + std::string(oid) + "|" + std::string(id);
  return std::string(value.substr(0, value.find(kHistory)));
}

std::vector<Term> terms_said(std::string_view value) {
  const std::string whole = canonical(value);
  const std::string_view text = whole;
  std::vector<Term> terms{{Whole::kYes, whole}};
  const std::size_t first = text.find('|');
  if (first != std::string_view::npos) {  // a system may have a bar in it, and so may a value
    add_any(terms, text.substr(first + 1));
    add_any(terms, text.substr(text.rfind('|') + 1));
    return terms;
  }
  add_any(terms, text);
  const std::size_t authority = text.find(kNoAuthorityYet);
  if (authority != std::string_view::npos) add_any(terms, text.substr(0, authority));
  return terms;
}

std::vector<Term> terms_asked(std::string_view value) {
  std::string text = canonical(value);
  if (text.find('|') == std::string::npos) return {{Whole::kAny, std::move(text)}};
  if (!text.starts_with('|')) return {{Whole::kYes, std::move(text)}};
  std::string of_no_system = text.substr(1);
  return {{Whole::kYes, std::move(text)}, {Whole::kYes, std::move(of_no_system)}};
}

}  // namespace varve::search
