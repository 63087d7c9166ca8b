// docs/API.md and the table of routes name the same things.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "api/route.h"
#include "tests/directories.h"

namespace varve::api {
namespace {

TEST(ApiDocument, HasAHeadingForEveryRouteAndForNoOther) {
  std::set<std::string> documented;
  std::ifstream file(source_file("docs/API.md"));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("### `")) documented.insert(line.substr(5, line.size() - 6));
  std::set<std::string> real;
  for (const Route& route : routes())
    real.insert(std::string{method_name(route.method)} + ' ' + std::string{route.pattern});
  EXPECT_EQ(documented, real);
}

}  // namespace
}  // namespace varve::api
