// Header look-up, content negotiation and the making of responses.
#include "api/http.h"

#include <algorithm>

namespace varve::api {
namespace {

constexpr std::string_view kWhiteSpace = " \t";
constexpr std::size_t kBearerMax = 8'192 + 16;  // with a JWT of the largest size
constexpr std::string_view kSeparators = "()<>@,;:\\\"/[]?={} \t";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7f && kSeparators.find(c) == std::string_view::npos;
  });
}

// One member of a list such as "text/plain;q=0.5": the name, and its weight in thousandths.
struct Weighted {
  std::string name;
  int weight = 1000;
};

// Source: RFC 9110 section 12.4.2
int weight_of(std::string_view value) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (value.empty() || value.size() > 5 || (value[0] != '0' && value[0] != '1')) return 0;
  if (value.size() > 1 && value[1] != '.') return 0;
  int weight = value[0] - '0';
  for (std::size_t i = 2; i < 5; ++i) {
    if (i < value.size() && !digit(value[i])) return 0;
    weight = weight * 10 + (i < value.size() ? value[i] - '0' : 0);
  }
  return weight <= 1000 ? weight : 0;
}

Weighted parse_member(std::string_view member) {
  const std::size_t semicolon = member.find(';');
  Weighted out{std::string{trim(member.substr(0, semicolon))}};
  std::string_view rest = semicolon == std::string_view::npos ? "" : member.substr(semicolon);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view parameter = trim(rest.substr(0, end));
    if (parameter.starts_with("q=")) out.weight = weight_of(parameter.substr(2));
    rest.remove_prefix(end);
  }
  return out;
}

std::vector<Weighted> parse_list(const Request& request, std::string_view header) {
  std::vector<Weighted> out;
  for (const std::string& member : list_header(request, header))
    out.push_back(parse_member(member));
  return out;
}

// The weight of `type`: the most specific range that matches it decides.
int weight_in(const std::vector<Weighted>& ranges, std::string_view type) {
  const std::string group = std::string{type.substr(0, type.find('/'))} + "/*";
  for (const std::string_view wanted : {type, std::string_view{group}, std::string_view{"*/*"}})
    for (const Weighted& range : ranges)
      if (range.name == wanted) return range.weight;
  return 0;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

std::string_view method_name(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
    case Method::kOther:
      break;
  }
  return "other";
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

bool Request::has_header(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& field) { return field.first == name; });
}

std::vector<std::string> list_header(const Request& request, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& [key, value] : request.headers) {
    if (key != name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view member = trim(rest.substr(0, end));
      if (!member.empty()) out.push_back(lower_case(member));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return out;
}

Response respond(int status, std::string_view media_type, std::string_view body) {
  Response response;
  response.status = status;
  response.headers.emplace_back("content-type", media_type);
  response.body = to_buffer(bytes_of(body));
  return response;
}

Response respond_json(int status, std::string body) {
  if (!body.ends_with('\n')) body.push_back('\n');
  return respond(status, "application/json", body);
}

std::string_view token_of_scheme(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() + 1 || authorization.size() > kBearerMax) return {};
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((authorization[i] | 0x20) != scheme[i]) return {};
  std::string_view token = authorization.substr(scheme.size());
  if (token.front() != ' ') return {};
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  const bool visible = std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; });
  return visible ? token : std::string_view{};
}

std::string_view bearer_token(std::string_view authorization) {
  return token_of_scheme(authorization, "bearer");
}

MediaType parse_media_type(std::string_view value) {
  const std::size_t semicolon = value.find(';');
  const std::string essence = lower_case(trim(value.substr(0, semicolon)));
  const std::size_t slash = essence.find('/');
  if (slash == std::string::npos || !is_token(std::string_view{essence}.substr(0, slash)) ||
      !is_token(std::string_view{essence}.substr(slash + 1)))
    return {};
  MediaType out{essence, essence};
  if (semicolon == std::string_view::npos) return out;
  const std::string_view parameters = trim(value.substr(semicolon + 1));
  if (!parameters.empty()) out.whole.append("; ").append(parameters);
  return out;
}

std::string_view choose_media_type(const Request& request,
                                   const std::vector<std::string_view>& offered) {
  const std::vector<Weighted> ranges = parse_list(request, "accept");
  if (ranges.empty()) return offered.front();
  std::string_view best;
  int best_weight = 0;
  for (const std::string_view type : offered) {
    const int weight = weight_in(ranges, type);
    if (weight > best_weight) best = type;
    best_weight = std::max(best_weight, weight);
  }
  return best;
}

bool accepts_gzip(const Request& request) {
  const std::vector<Weighted> codings = parse_list(request, "accept-encoding");
  for (const std::string_view wanted : {"gzip", "x-gzip", "*"})
    for (const Weighted& coding : codings)
      if (coding.name == wanted) return coding.weight > 0;
  return false;
}

}  // namespace varve::api
