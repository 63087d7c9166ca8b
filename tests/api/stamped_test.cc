// What the server says of time stamps: the checkpoint that was stamped, /readyz and /metrics.
#include "api/access/stamped.h"

#include <gtest/gtest.h>

#include "said_stamped.h"
#include "site.h"

namespace varve::api {
namespace {

struct StampedOverHttp : ::testing::Test {
  SaidStamped said;
  Site site{{}, Level::kError, ReadAnswered::kBeforeItIsOnRecord, nullptr, &said};
};

constexpr const char* kStampedPath = "/logs/open/checkpoint/stamped";

TEST_F(StampedOverHttp, IsNotFoundForAReasonUntilThereIsOneOrWhereNobodyIsAsked) {
  const Response none = site.get(kStampedPath);
  EXPECT_EQ(none.status, 404);
  EXPECT_NE(body_of(none).find("not enough time-stamping authorities have stamped"),
            std::string::npos);
  const Response nobody = site.get("/logs/closed/checkpoint/stamped", "read");
  EXPECT_EQ(nobody.status, 404);
  EXPECT_NE(body_of(nobody).find("no time-stamping authority is asked"), std::string::npos);
  EXPECT_EQ(site.get("/logs/closed/checkpoint/stamped").status, 401);
}

TEST_F(StampedOverHttp, IsTheTextForEverybodyAndNoCacheKeepsIt) {
  said.text = std::make_shared<const std::string>("a text\n");
  const Response answer = site.get(kStampedPath);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(body_of(answer), "a text\n");
  EXPECT_EQ(header_of(answer, "cache-control"), "public, no-cache");
  EXPECT_EQ(site.get(kStampedPath, "", {{"if-none-match", header_of(answer, "etag")}}).status, 304);
}

TEST_F(StampedOverHttp, LeavesTheLogReadyAndNamesWhoIsInTrouble) {
  EXPECT_EQ(body_of(site.get("/readyz")).find("time"), std::string::npos);
  said.now.authorities = {{"a:443", 7, 0, false, {}, ""},
                          {"b:443", 7, 0, false, {1}, "it is \"away\""},
                          {"c:443", 7, 90'000'000, true, {}, ""}};
  said.now.trouble = "the file was changed";
  said.now.evidence_trouble = "R5";
  const Response ready = site.get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_NE(
      body_of(ready).find(
          R"j("time_stamps":"the file was changed","time_evidence":"R5","time_authorities":[)j"
          R"j({"name":"b:443","trouble":"it is \"away\""},)j"
          R"j({"name":"c:443","clock":"more than a minute from this machine's: )j"
          R"j(one of the two is wrong"}])j"),
      std::string::npos)
      << body_of(ready);
}

TEST_F(StampedOverHttp, IsCountedForEachAuthorityOfEachLogThatAsks) {
  said.now = {TreeSize{2}, 1'500'000, 3,
              "gone",      "R5",      {{"a:443", 7, -2'500'000, false, {0, 1}, ""}},
              2'500'000,   true,      true};
  const std::string metrics = body_of(site.get("/metrics"));
  for (const char* line :
       {R"(varve_log_stamped_size{log="open"} 2)", R"(varve_log_stamped_seconds{log="open"} 1.5)",
        R"(varve_log_stamped_in_trouble{log="open"} 1)",
        R"(varve_log_time_evidence_total{log="open"} 3)",
        R"(varve_log_time_evidence_refused{log="open"} 0)",
        R"(varve_log_time_evidence_seconds{log="open"} 2.5)",
        R"(varve_log_stamped_refused{log="open"} 1)",
        R"(varve_time_authority_stamped_seconds{log="open",authority="a:443"} 7)",
        R"(varve_time_authority_clock_offset_seconds{log="open",authority="a:443"} -2.5)",
        R"(varve_time_authority_failures_total{log="open",authority="a:443",reason="away"} 0)",
        R"(varve_time_authority_failures_total{log="open",authority="a:443",reason="refused"} 1)"})
    EXPECT_NE(metrics.find(std::string("\n") + line + "\n"), std::string::npos) << line << metrics;
  EXPECT_EQ(metrics.find(R"(stamped_size{log="closed"})"), std::string::npos);
  Site without;
  EXPECT_EQ(body_of(without.get("/metrics")).find("stamped"), std::string::npos);
}

}  // namespace
}  // namespace varve::api
