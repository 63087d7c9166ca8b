// What the server says about the client itself.
#include <gtest/gtest.h>

#include "tests/api/site.h"

namespace varve::api {
namespace {

TEST(Whoami, NamesTheClientAndItsRolesOnTheLogsThatThereAre) {
  Site site;
  const Response response = site.get("/whoami", "both");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      body_of(response),
      R"({"client":"both","proof":"token","logs":[{"name":"open","roles":["append","read"]}]})"
      "\n");
  EXPECT_EQ(header_of(response, "cache-control"), header_of(site.get("/logs"), "cache-control"));
  EXPECT_EQ(body_of(site.get("/whoami", "elsewhere")),
            R"({"client":"elsewhere","proof":"token","logs":[]})"
            "\n");
}

TEST(Whoami, IsForClientsOnly) {
  Site site;
  EXPECT_EQ(site.get("/whoami").status, 401);
  const Response unknown = site.get("/whoami", "wrong");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_NE(body_of(unknown).find("not accepted"), std::string::npos);
}

}  // namespace
}  // namespace varve::api
