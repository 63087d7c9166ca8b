// Matching a path against the patterns of the routes.
#include "api/route.h"

namespace varve::api {
namespace {

// What is left of `path`, as sent, after `segments` segments.
std::string_view after_segments(std::string_view path, std::size_t segments) {
  for (std::size_t i = 0; i <= segments && !path.empty(); ++i) {
    const std::size_t slash = path.find('/', 1);
    if (i == segments) return path.substr(1);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  }
  return {};
}

bool take_segment(std::string_view part, const std::string& segment, RouteMatch& parts) {
  if (part == "{log}")
    parts.log = segment;
  else if (part == "{item}")
    parts.item = segment;
  else
    return part == segment;
  return true;
}

bool matches(std::string_view pattern, const Target& target, RouteMatch& parts) {
  if (pattern.ends_with('/') != target.slash_at_end) return false;
  if (target.slash_at_end) pattern.remove_suffix(1);
  std::size_t at = 0;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // the slash
    const std::string_view part = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(part.size());
    if (at == target.segments.size()) return false;
    if (part == "{rest}") {
      parts.rest = after_segments(target.path, at);
      return true;
    }
    if (!take_segment(part, target.segments[at], parts)) return false;
    ++at;
  }
  return at == target.segments.size();
}

void allow(std::string& allowed, Method method) {
  if (!allowed.empty()) allowed.append(", ");
  allowed.append(method == Method::kGet ? "GET, HEAD" : method_name(method));
}

}  // namespace

RouteMatch match_route(std::span<const Route> routes, Method method, const Target& target) {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  RouteMatch out;
  std::string_view pattern;  // of the first that matched: only its methods count
  for (const Route& route : routes) {
    if (!pattern.empty() && route.pattern != pattern) continue;
    RouteMatch parts;
    if (!matches(route.pattern, target, parts)) continue;
    pattern = route.pattern;
    allow(out.allowed, route.method);
    out.dialect = route.dialect;
    if (route.method != wanted) continue;
    parts.allowed = std::move(out.allowed);
    parts.dialect = out.dialect;
    parts.route = &route;
    out = std::move(parts);
  }
  return out;
}

}  // namespace varve::api
