// If-Match and If-None-Match against the ETag of a response.
#include "api/conditions.h"

#include <algorithm>

#include "api/problem.h"

namespace varve::api {
namespace {

constexpr std::string_view kListSeparators = ", \t";

std::string_view etag_of(const Response& response) {
  for (const auto& [name, value] : response.headers)
    if (name == "etag") return value;
  return {};
}

/// Over all lines of the header.
bool any_lists(const Request& request, std::string_view name, std::string_view tag, bool weakly) {
  return std::ranges::any_of(request.headers, [&](const auto& field) {
    return field.first == name && lists_tag(field.second, tag, weakly);
  });
}

Response refuse_condition() {
  return refuse(ProblemId::kPrecondition, "If-Match names another state than the one that is here");
}

void become_not_modified(Response& response) {
  response.status = 304;
  response.body.clear();
  std::erase_if(response.headers,
                [](const auto& field) { return field.first.starts_with("content-"); });
}

}  // namespace

bool lists_tag(std::string_view list, std::string_view tag, bool weakly) {
  if (list == "*") return true;
  for (;;) {
    const std::size_t start = list.find_first_not_of(kListSeparators);
    if (start == std::string_view::npos) return false;
    list.remove_prefix(start);
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    const std::size_t end = list.starts_with('"') ? list.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return false;  // no list of tags
    if (list.substr(0, end + 1) == tag && (weakly || !weak)) return true;
    list.remove_prefix(end + 1);
  }
}

std::optional<Response> check_condition(const Request& request) {
  const bool reads = request.method == Method::kGet || request.method == Method::kHead;
  if (reads || !request.has_header("if-match")) return std::nullopt;
  return refuse_condition();
}

void apply_conditions(const Request& request, Response& response) {
  const bool reads = request.method == Method::kGet || request.method == Method::kHead;
  if (!reads || response.status != 200) return;
  const std::string_view tag = etag_of(response);
  if (request.has_header("if-match") && !any_lists(request, "if-match", tag, false))
    response = refuse_condition();
  else if (any_lists(request, "if-none-match", tag, true))
    become_not_modified(response);
}

}  // namespace varve::api
