// Splunk's way in: what its clients are answered, and that an acknowledgement is of what the log has. The
// parser's own tests are in tests/ingest.
#include <gtest/gtest.h>

#include "api/gzip.h"
#include "api/ingest/hec.h"
#include "api/routes/slices.h"
#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

const std::string kCollector = "/logs/open/splunk/services/collector";
constexpr const char* kForm = "application/x-www-form-urlencoded";  // what splunk-logging says

class Splunk : public ::testing::Test {
 protected:
  Splunk() { site.join("append"); }
  ~Splunk() override { site.stop(); }

  Response post(const std::string& path, const std::string& body, Headers headers = {},
                const std::string& authorization = "Splunk append") {
    if (!authorization.empty()) headers.emplace_back("authorization", authorization);
    headers.emplace_back("content-type", kForm);
    return site.call(
        {Method::kPost, kCollector + path, std::move(headers), to_buffer(bytes_of(body))});
  }
  /// The payload of a record, and its media type in front of it.
  std::string record(std::uint64_t index) {
    const Response event = site.get("/logs/open/events/" + std::to_string(index), "read");
    const auto json = format::Json::parse(body_of(event));
    return *json->text("media_type") + " " + std::string{text_of(*json->base64_bytes("payload"))};
  }
  [[nodiscard]] std::uint64_t leaves() const { return site.log->latest()->checkpoint.size.value; }

  Site site;
};

std::uint64_t code_of(const Response& response) {
  const auto json = format::Json::parse(body_of(response));
  return json && json->has("code") ? *json->number("code") : 999;
}

/// A body without the line end behind it.
std::string said(const Response& response) {
  std::string text = body_of(response);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

const std::string kSuccess = R"({"text":"Success","code":0})";
const Headers kChannel = {{"x-splunk-request-channel", "0aeeac95-ac74-4aa9-b30d-6c4c0ac581ba"}};

TEST_F(Splunk, EachEventIsOneRecordOfItsSliceAtEveryPathForEvents) {
  for (const char* path : {"", "/event", "/event/1.0"}) {
    const std::uint64_t before = leaves();
    const Response response = post(path, R"({ "event":1 }{"event":"b","host":"h"})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(said(response), kSuccess);
    EXPECT_EQ(record(before), std::string{kHecMediaType} + R"( { "event":1 })");
    EXPECT_EQ(record(before + 1), std::string{kHecMediaType} + R"( {"event":"b","host":"h"})");
    EXPECT_EQ(leaves(), before + 3) << "they share a seal";
  }
}

TEST_F(Splunk, LinesOfRawAreRecordsAndWhatTheQuerySaysStandsInFront) {
  const std::uint64_t before = leaves();
  EXPECT_EQ(post("/raw/1.0?sourcetype=a%22b&host=h&auto_extract_timestamp=true", "one\n\ntwo \xff")
                .status,
            200);
  EXPECT_EQ(record(before), std::string{kEnvelopeType} +
                                R"( {"protocol":"splunk-hec","host":"h","sourcetype":"a\"b",)"
                                R"("auto_extract_timestamp":"true","events":2})");
  EXPECT_EQ(record(before + 1), "text/plain one");
  EXPECT_EQ(record(before + 2), "text/plain two \xff");
  EXPECT_EQ(post("/raw", "three").status, 200);
  EXPECT_EQ(record(before + 4), "text/plain three");
}

TEST_F(Splunk, AnIdIsGivenOnAChannelAndIsTrueWhenTheLogHasItsRecord) {
  const std::uint64_t before = leaves();
  const std::string id = std::to_string(before + 1);
  const std::string later = std::to_string(before + 9);
  EXPECT_EQ(said(post("", R"({"event":1}{"event":2})", kChannel)),
            R"({"text":"Success","code":0,"ackId":)" + id + "}");
  const std::string asked = "{\"acks\":[" + later + "," + id + "," + id + "]}";
  const std::string known = R"({"acks":{")" + id + R"(":true,")" + later + R"(":false}})";
  EXPECT_EQ(said(post("/ack", asked, kChannel)), known);
  EXPECT_EQ(said(post("/ack?channel=other", asked)), known) << "an id is of the log";
  EXPECT_EQ(said(post("/ack?channel=c", "{\"acks\":[]}")), "{\"acks\":{}}");
  EXPECT_EQ(code_of(post("/ack", asked)), 10U);
  EXPECT_EQ(code_of(post("/ack?channel=a%20b", asked)), 11U);
  EXPECT_EQ(code_of(post("?channel=a%0Ab", "{\"event\":1}")), 11U);
  EXPECT_EQ(code_of(post("/ack?channel=c", "{\"acks\":7}")), 6U);
}

TEST_F(Splunk, NothingIsTakenOfARequestWithAWrongEventWhichIsNamed) {
  const std::uint64_t before = leaves();
  const Response response = post("", R"({"event":1}{"event":""})", kChannel);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(said(response),
            R"({"text":"Event field cannot be blank","code":13,"invalid-event-number":1,)"
            R"("detail":"the member \"event\" is empty"})");
  EXPECT_EQ(code_of(post("", R"({"time":1})")), 12U);
  EXPECT_EQ(code_of(post("", "x")), 6U);
  EXPECT_EQ(code_of(post("", "")), 5U);
  EXPECT_EQ(code_of(post("/raw", "\n")), 5U);
  EXPECT_EQ(post("/raw", std::string(70'000, 'x')).status, 413);
  EXPECT_EQ(leaves(), before);
}

TEST_F(Splunk, WhatMayPassIsBusyWithoutAnId) {
  for (const Error& error : {busy("full"), full("no space"), io_error("the token is away")}) {
    site.log->refusal = error;
    const Response response = post("", R"({"event":1})", kChannel);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(code_of(response), 9U);
    EXPECT_EQ(said(response).find("ackId"), std::string::npos);
    EXPECT_NE(header_of(response, "retry-after"), "");
  }
}

TEST_F(Splunk, ALogThatHasEndedTakesNoTokenAnyMore) {
  site.log->refusal = Error{Code::kWorm, "the log has ended"};
  const Response response = post("", R"({"event":1})", kChannel);
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(code_of(response), 1U);
}

// 16,384 records are one batch, its envelope among them.
TEST_F(Splunk, EventsOfMoreThanOneBatchAreAllTakenAndEachBatchHasItsEnvelope) {
  const std::uint64_t before = leaves();
  std::string body;
  for (int i = 0; i < 16'384; ++i) body += "{\"event\":1}";
  const Response response = post("?host=h", body, kChannel);
  EXPECT_EQ(response.status, 200) << body_of(response);
  const std::uint64_t last = before + 16'384 + 2;  // behind a seal, and behind two envelopes
  EXPECT_EQ(*format::Json::parse(body_of(response))->number("ackId"), last);
  EXPECT_EQ(leaves(), last + 2);
  EXPECT_TRUE(record(last - 1).starts_with(kEnvelopeType));
}

TEST_F(Splunk, CredentialsAreTheTokenHoweverTheyCome) {
  const auto code = [&](const std::string& authorization) {
    return code_of(post("", R"({"event":1})", {}, authorization));
  };
  for (const std::string good : {"Splunk append", "splunk  append", "Bearer append"})
    EXPECT_EQ(code(good), 0U) << good;
  EXPECT_EQ(code("Basic " + base64(bytes_of("x:append"))), 0U);
  EXPECT_EQ(code("Basic " + base64(bytes_of(":append"))), 0U);
  EXPECT_EQ(code(""), 2U);
  for (const std::string bad : {"Splunk wrong", "Splunk", "Splunk ", "append", "Splunk a b",
                                "Splunk read", "Basic !", "ApiKey YTphcHBlbmQ="})
    EXPECT_EQ(code(bad), 4U) << bad;
  EXPECT_EQ(code("Basic " + base64(bytes_of("append:x"))), 4U);
  EXPECT_EQ(code_of(post("?token=append", R"({"event":1})", {}, "")), 16U);
  EXPECT_EQ(code_of(post("?host=h&token=append", R"({"event":1})")), 16U);
  EXPECT_EQ(code_of(post("?%74oken=append", R"({"event":1})")), 16U);
  EXPECT_EQ(code_of(post("?other=token", R"({"event":1})")), 6U);
  EXPECT_EQ(
      site.post("/logs/open/events", "text/plain", "x", "", {{"authorization", "Splunk append"}})
          .status,
      401)
      << "nowhere else";
}

TEST_F(Splunk, RefusalsAreInSplunksWords) {
  EXPECT_EQ(code_of(site.get(kCollector + "/none", "append")), 404U);
  EXPECT_EQ(code_of(site.get(kCollector + "/raw", "append")), 405U);
  EXPECT_EQ(code_of(site.post("/logs/none/splunk/services/collector", kForm, "", "append")), 404U);
  EXPECT_EQ(post("", "x", {{"content-encoding", "br"}}).status, 415);
}

TEST_F(Splunk, HealthIsEverybodysAndSaysWhetherTheLogTakesEvents) {
  const std::string closed = "/logs/closed/splunk/services/collector/health";
  EXPECT_EQ(said(site.get(closed)), R"({"text":"HEC is healthy","code":17})");
  EXPECT_EQ(post("/health/1.0", "", {}, "").status, 200);
  site.log->pretended = site.world.log->status();
  site.log->pretended->state = LogState::kSignerDown;
  EXPECT_EQ(site.get(closed).status, 503);
  EXPECT_EQ(code_of(site.get(closed)), 18U);
}

TEST_F(Splunk, GzipIsTakenWholeAndWithinBounds) {
  const Headers coding = {{"content-encoding", "gzip"}};
  const auto zipped = [](const std::string& text) {
    Response response = respond(200, "x/y", text);
    compress(response);
    return std::string{text_of(response.body)};
  };
  const std::uint64_t before = leaves();
  EXPECT_EQ(said(post("", zipped(R"({"event":1})"), coding)), kSuccess);
  EXPECT_EQ(record(before), std::string{kHecMediaType} + R"( {"event":1})");
  const Response bomb = post("/ack?channel=c", zipped(std::string(1u << 20, ' ')), coding);
  EXPECT_EQ(bomb.status, 413);
  EXPECT_EQ(code_of(bomb), 6U);
  EXPECT_EQ(code_of(post("", zipped("x").substr(0, 9), coding)), 6U);
}

}  // namespace
}  // namespace varve::api
