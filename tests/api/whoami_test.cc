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

// Whoever makes a copy waits for the record of its own reads, and for nobody else's.
TEST(ReadsWaiting, AreTheClientsOwnThatAreDueAndNotOnRecordYet) {
  Site site;
  const Response added = site.post("/logs/open/fhir/AuditEvent", "application/fhir+json",
                                   R"({"resourceType":"AuditEvent"})", "append");
  ASSERT_EQ(added.status, 201);
  const std::string event = "/logs/open/events/" + std::to_string(site.world.size().value - 2);
  const auto waiting = [&site](const std::string& client) {
    const Response said = site.get("/logs/open/reads/waiting", client);
    return said.status == 200 ? body_of(said) : std::to_string(said.status);
  };
  const std::string none = "{\"waiting\":0}\n";
  EXPECT_EQ(waiting("read"), none);
  for (int k = 0; k < 2; ++k) EXPECT_EQ(site.get(event, "read").status, 200);
  EXPECT_EQ(site.get("/logs/open/events/2", "read").status, 200) << "no event, and so not due";
  EXPECT_EQ(waiting("read"), "{\"waiting\":2}\n");
  EXPECT_EQ(waiting("both"), none);
  EXPECT_EQ(waiting(""), "401");
  EXPECT_EQ(waiting("elsewhere"), "403");
  site.access->reads().write_rest();
  ASSERT_TRUE(site.world.append_events({"{}"}).has_value());  // behind them in the queue
  EXPECT_EQ(waiting("read"), none);
}

}  // namespace
}  // namespace varve::api
