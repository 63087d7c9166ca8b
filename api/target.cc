// Percent-decoding, and the splitting of paths and queries.
#include "api/target.h"

#include <algorithm>

#include "api/framing.h"

namespace varve::api {
namespace {

constexpr std::string_view kBadSegmentDetail = "the path has an empty or a dot segment";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Source: RFC 3986 sections 3.3 and 3.4
bool stands_in_a_target(char c) {
  return is_name_character(c) || std::string_view{":@/?%"}.find(c) != std::string_view::npos;
}

// Absolute form, which only proxies send, as its path and query; unchanged when it is none.
// Source: RFC 9112 section 3.2.2, RFC 9110 section 4.2.4
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (lower_case(target.substr(0, scheme.size())) != scheme) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, end);
    if (authority.empty() || authority.front() == ':' || !is_authority(authority)) return target;
    return rest.substr(end);
  }
  return target;
}

Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> segments;
  if (path.empty() || path == "/") return segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    ASSIGN_OR_RETURN(std::string segment, percent_decode(path.substr(0, end)));
    if (segment.empty() || segment == "." || segment == "..")
      return invalid(std::string{kBadSegmentDetail});
    segments.push_back(std::move(segment));
    path.remove_prefix(end);
  }
  return segments;
}

Result<void> add_parameter(Parameters& parameters, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return invalid("a query parameter is name=value");
  ASSIGN_OR_RETURN(std::string name, percent_decode(text.substr(0, equals)));
  ASSIGN_OR_RETURN(std::string value, percent_decode(text.substr(equals + 1)));
  if (parameters.size() == kQueryParametersMax) return invalid("too many query parameters");
  parameters.emplace_back(std::move(name), std::move(value));
  return {};
}

Result<Parameters> split_query(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    RETURN_IF_ERROR(add_parameter(parameters, query.substr(0, end)));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return parameters;
}

}  // namespace

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"-._~!$&'()*+,;="}.find(c) != std::string_view::npos;
}

const std::string* Target::parameter(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return &value;
  return nullptr;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return invalid("'%' is followed by two hex digits");
    if (high == 0 && low == 0) return invalid("%00 is not allowed");
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

Result<Parameters> parse_form(std::string_view body) {
  std::string text(body);
  std::ranges::replace(text, '+', ' ');
  return split_query(text);
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::string_view{"!$&'()*+,;="}.find(c) == std::string_view::npos && is_name_character(c))
      out.push_back(c);
    else
      out.append({'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]});
  }
  return out;
}

Result<Target> parse_target(std::string_view target) {
  static_assert(kTargetMax == 4096);
  if (target.size() > kTargetMax) return invalid(std::string{kTargetTooLongDetail});
  const std::string_view local = without_authority(target);
  if (!local.starts_with('/') && local.size() == target.size())
    return invalid("the target starts with '/'");
  target = local;
  if (!std::ranges::all_of(target, stands_in_a_target))
    return invalid("the target has a character that must be percent-encoded");
  Target out;
  const std::size_t question = std::min(target.find('?'), target.size());
  out.path = question == 0 ? "/" : target.substr(0, question);
  out.slash_at_end = out.path.size() > 1 && out.path.ends_with('/');
  const std::string_view path = out.path.substr(0, out.path.size() - (out.slash_at_end ? 1 : 0));
  if (out.slash_at_end && path.ends_with('/')) return invalid(std::string{kBadSegmentDetail});
  ASSIGN_OR_RETURN(out.segments, split_path(path));
  ASSIGN_OR_RETURN(out.query, split_query(target.substr(std::min(question + 1, target.size()))));
  return out;
}

}  // namespace varve::api
