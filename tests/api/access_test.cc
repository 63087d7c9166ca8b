// What the door says to a request. Who may use which route: rights_test.cc.
#include <gtest/gtest.h>

#include "tests/access/replace_tokens.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

TEST(Access, ATokenIsAskedForAndAWrongOneIsToldSo) {
  Site site;
  const Response none = site.get("/logs/open/events/0");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(header_of(none, "www-authenticate"), "Bearer realm=\"varve\"");
  const Response wrong = site.get("/logs/open/checkpoint", "wrong");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(header_of(wrong, "www-authenticate"),
            "Bearer realm=\"varve\", error=\"invalid_token\"");
  EXPECT_EQ(site.get("/logs/open/checkpoint", "", {{"authorization", "Basic eDp5"}}).status, 401);
}

TEST(Access, ReloadedTokensCountFromTheNextRequestOn) {
  Site site;
  EXPECT_EQ(site.get("/logs/open/events/0", "read").status, 200);
  replace_tokens(*site.access, *Tokens::parse(*token_line("fresh", "f", "read", "open")));
  EXPECT_EQ(site.get("/logs/open/events/0", "read").status, 401);
  EXPECT_EQ(site.get("/logs/open/events/0", "fresh").status, 200);
}

// Registering is an operator's, rotating the collector's own: the note says which it is.
TEST(Access, SourcesAreRegisteredByOperatorsAndRotatedByTheirOwners) {
  Site site;
  const testing::Source source{"ward7", site.world.options.origin};
  const std::string note = source.register_note();
  EXPECT_EQ(site.post("/logs/open/sources", "text/plain", note, "append").status, 403);
  EXPECT_EQ(site.post("/logs/open/sources", "text/plain", note, "operate").status, 201);
  const testing::SoftKey fresh{"ward7"};
  const std::string text = format::source_event_text(
      {format::SourceAction::kRotate, site.world.options.origin, fresh.key});
  const std::string rotation =
      format::format_note({text, {source.key.note_signature(text), fresh.note_signature(text)}});
  EXPECT_EQ(site.post("/logs/open/sources", "text/plain", rotation, "operate").status, 403);
  EXPECT_EQ(site.post("/logs/open/sources", "text/plain", rotation, "append").status, 201);
}

TEST(Access, MethodsThatWouldChangeTheLedgerAreToldThatItIsWriteOnce) {
  Site site;
  for (const Method method : {Method::kPut, Method::kPatch, Method::kDelete})
    for (const char* target : {"/logs/open/events/0", "/logs/open/batches", "/logs/open/keys"}) {
      const Response response = site.call({method, target, {}, {}});
      EXPECT_EQ(response.status, 405);
      EXPECT_NE(body_of(response).find("/problems/write-once"), std::string::npos);
      EXPECT_NE(header_of(response, "allow"), "");
    }
  const Response post = site.call({Method::kPost, "/logs/open/checkpoint", {}, {}});
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(header_of(post, "allow"), "GET, HEAD");
  EXPECT_EQ(site.call({Method::kOther, "/logs", {}, {}}).status, 501);
}

TEST(Access, WhatDoesNotExistIsNotFoundForAnyone) {
  Site site;
  for (const char* target : {"/", "/nothing", "/logs/none/checkpoint", "/logs/open", "/logs/open/x",
                             "/logs/open/tile", "/logs/open/events/0/x"})
    EXPECT_EQ(site.get(target).status, 404) << target;
  EXPECT_EQ(site.get("/logs/open/checkpoint?x=1").status, 400);
  EXPECT_EQ(site.get("/logs/open//checkpoint").status, 400);
}

TEST(Access, HeadersThatDecideMayNotBeGivenTwice) {
  Site site;
  for (const char* name : {"authorization", "content-type", "idempotency-key"})
    EXPECT_EQ(site.get("/logs", "", {{name, "a"}, {name, "a"}}).status, 400) << name;
  EXPECT_EQ(site.get("/logs", "", {{"accept", "*/*"}, {"accept", "*/*"}}).status, 200);
}

TEST(Access, ABodyIsRefusedByItsSizeAloneBeforeItArrives) {
  Site site;
  const auto admitted = [&](const std::string& target, std::uint64_t size) {
    Request request{Method::kPost, target, {{"authorization", "Bearer append"}}, {}};
    const Admission admission = site.service->admit(std::move(request), size, "192.0.2.1");
    return admission.refusal ? admission.refusal->status : 0;
  };
  EXPECT_EQ(admitted("/logs/open/batches", format::kBatchBytesMax), 0);
  EXPECT_EQ(admitted("/logs/open/batches", format::kBatchBytesMax + 1), 413);
  EXPECT_EQ(admitted("/logs/open/events", format::kBatchBytesMax + 1), 413);
  EXPECT_EQ(admitted("/logs/open/sources", format::kNoteMax), 0);
  EXPECT_EQ(admitted("/logs/open/sources", format::kNoteMax + 1), 413);
}

TEST(Access, TooManyRequestsAtOnceAreToldWhenToComeBack) {
  Site site{{.requests_max = 2, .requests_per_client_max = 1, .body_bytes_max = 64u << 20}};
  const auto enter = [&](const std::string& token) {
    Request request{Method::kGet, "/logs/open/keys", {}, {}};
    request.headers.emplace_back("authorization", "Bearer " + token);
    return site.service->admit(std::move(request), 0, "192.0.2.1");
  };
  const Admission first = enter("read");
  EXPECT_FALSE(first.refusal);
  const Admission same = enter("read");
  ASSERT_TRUE(same.refusal);
  EXPECT_EQ(same.refusal->status, 429);
  EXPECT_EQ(header_of(*same.refusal, "retry-after"), "1");
  const Admission second = enter("append");
  EXPECT_FALSE(second.refusal);
  const Admission third = enter("operate");
  ASSERT_TRUE(third.refusal);
  EXPECT_EQ(third.refusal->status, 503);
}

// Who watches the server has to see how it is most of all when it is busy.
TEST(Access, WhatSaysHowTheServerIsAnswersWhenEveryLimitIsReached) {
  Site site{{.requests_max = 1, .requests_per_client_max = 1, .body_bytes_max = 1}};
  Request request{Method::kGet, "/logs/open/keys", {{"authorization", "Bearer read"}}, {}};
  const Admission only = site.service->admit(std::move(request), 0, "192.0.2.1");
  ASSERT_FALSE(only.refusal);
  for (const char* token : {"", "read"}) {
    EXPECT_EQ(site.get("/logs/open/keys", token).status, 503) << token;
    for (const char* path : {"/healthz", "/readyz", "/metrics", "/logs", "/logs/open/checkpoint"})
      EXPECT_EQ(site.get(path, token).status, 200) << path << token;
  }
  EXPECT_NE(body_of(site.get("/metrics")).find("varve_http_limited_total{limit=\"requests\"} 2"),
            std::string::npos);
}

TEST(Access, OnlyOneExpectationAndNoEncodedBodies) {
  Site site;
  EXPECT_EQ(
      site.post("/logs/open/events", "text/plain", "x", "append", {{"expect", "100-Continue"}})
          .status,
      201);
  EXPECT_EQ(
      site.post("/logs/open/events", "text/plain", "x", "append", {{"expect", "miracles"}}).status,
      417);
  EXPECT_EQ(
      site.post("/logs/open/events", "text/plain", "x", "append", {{"content-encoding", "gzip"}})
          .status,
      415);
}

}  // namespace
}  // namespace varve::api
