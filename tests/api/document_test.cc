// docs/API.md and the table of routes name the same things.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "api/route.h"
#include "tests/directories.h"

namespace varve::api {
namespace {

std::string named(const Route& route) {
  return std::string{method_name(route.method)} + ' ' + std::string{route.pattern};
}

/// The right as docs/API.md prints it beside the route.
std::string line_of(const Route& route, const RightRow& row) {
  std::string roles;
  for (const std::string_view role : role_names(row.any_of))
    roles.append(roles.empty() ? "" : ", ").append("`").append(role).append("`");
  if (row.any_of == Roles::kNone) roles = "everyone";
  if (row.any_of == kAnyRole) roles = row.open ? "any; public: everyone" : "any";
  if (row.right == Rights::kSeeItself) roles = "any client";
  const char* extent = row.extent == Extent::kLog ? "log" : "source";
  if (row.extent == Extent::kAnything) extent = "";
  return "| `" + named(route) + "` | " + std::string{row.to} + " | " + roles + " | " + extent +
         " |";
}

TEST(ApiDocument, PrintsWhatEachRouteTakesAsTheTablesHaveIt) {
  std::string real;
  for (const Route& route : routes())
    for (const RightRow& row : all_rights())
      if (intersects(row.right, route.rights)) real.append(line_of(route, row)).append("\n");
  std::string documented;
  std::ifstream file(source_file("docs/API.md"));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("| `GET /") || line.starts_with("| `POST /"))
      documented.append(line).append("\n");
  EXPECT_EQ(documented, real);
}

TEST(ApiDocument, HasAHeadingForEveryRouteAndForNoOther) {
  std::set<std::string> documented;
  std::ifstream file(source_file("docs/API.md"));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("### `")) documented.insert(line.substr(5, line.size() - 6));
  std::set<std::string> real;
  for (const Route& route : routes()) real.insert(named(route));
  EXPECT_EQ(documented, real);
}

}  // namespace
}  // namespace varve::api
