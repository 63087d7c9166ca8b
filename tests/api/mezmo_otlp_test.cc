// Mezmo's and OpenTelemetry's ways in: what their clients are answered, and what is kept. The parser's own
// tests are in tests/ingest.
#include <gtest/gtest.h>

#include "api/ingest/otlp.h"
#include "api/routes/slices.h"
#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

constexpr const char* kMezmo = "/logs/open/mezmo/logs/ingest";
constexpr const char* kLogs = "/logs/open/otlp/v1/logs";
const std::string kLargeText(70'000, 'x');

class ListedEvents : public ::testing::Test {
 protected:
  ListedEvents() { site.join("append"); }
  ~ListedEvents() override { site.stop(); }

  Response post(const std::string& target, const std::string& body, Headers headers,
                const char* type = "application/json; charset=UTF-8") {
    headers.emplace_back("content-type", type);
    return site.call({Method::kPost, target, std::move(headers), to_buffer(bytes_of(body))});
  }
  Response post(const std::string& target, const std::string& body) {
    return post(target, body, {{"authorization", "Bearer append"}});
  }
  std::string record(std::uint64_t index) {
    const Response event = site.get("/logs/open/events/" + std::to_string(index), "read");
    const auto json = format::Json::parse(body_of(event));
    return std::string{*json->text("media_type")} + " " +
           std::string{text_of(*json->base64_bytes("payload"))};
  }
  [[nodiscard]] std::uint64_t leaves() const { return site.log->latest()->checkpoint.size.value; }

  Site site;
};

using Mezmo = ListedEvents;

TEST_F(Mezmo, EachLineIsOneRecordBehindWhatTheQuerySaysOfThem) {
  const std::uint64_t before = leaves();
  const Response response = post(std::string{kMezmo} + "?hostname=ward-7&now=5&mac=&ip=&tags=a%2Cb",
                                 R"({"e":"ls","ls":[{"line":"one"}, { "line":"two" }]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response),
            "{\"status\":\"ok\",\"batchID\":\"" + std::to_string(before + 2) + "\"}\n");
  EXPECT_EQ(record(before), std::string{kEnvelopeType} +
                                R"( {"protocol":"mezmo","hostname":"ward-7","mac":"","ip":"",)"
                                R"("tags":"a,b","now":"5","events":2})");
  EXPECT_EQ(record(before + 1), R"(application/vnd.mezmo.line+json {"line":"one"})");
  EXPECT_EQ(record(before + 2), R"(application/vnd.mezmo.line+json { "line":"two" })");
  EXPECT_EQ(post(kMezmo, R"({"lines":[{"line":"three"}]})").status, 200);
  EXPECT_EQ(leaves(), before + 6) << "two seals, and nothing in front of the third line";
}

TEST_F(Mezmo, ALineThatNoRecordHoldsIsRefusedForItself) {
  const std::uint64_t before = leaves();
  const Response response = post(
      kMezmo, "{\"ls\":[{\"line\":\"a\"},{\"line\":\"" + kLargeText + "\"},{\"line\":\"b\"}]}");
  EXPECT_EQ(response.status, 207);
  EXPECT_EQ(body_of(response), "{\"status\":[200,413,200]}\n");
  EXPECT_EQ(leaves(), before + 3);
  EXPECT_EQ(post(kMezmo, "{\"ls\":[{\"line\":\"" + kLargeText + "\"}]}").status, 413);
  EXPECT_EQ(post(kMezmo, R"({"ls":[]})").status, 422);
  EXPECT_EQ(post(kMezmo, "{}").status, 422);
  EXPECT_EQ(post(kMezmo, "x").status, 422);
}

TEST_F(Mezmo, TheKeyIsTheTokenInItsOwnHeaderOrAsTheName) {
  const auto status = [&](Headers headers) {
    return post(kMezmo, R"({"ls":[{"line":"a"}]})", std::move(headers)).status;
  };
  EXPECT_EQ(status({{"apikey", "append"}}), 200);
  EXPECT_EQ(status({{"authorization", "Basic " + base64(bytes_of("append:"))}}), 200);
  EXPECT_EQ(status({{"authorization", "Bearer append"}}), 200);
  EXPECT_EQ(status({}), 401);
  EXPECT_EQ(status({{"apikey", "wrong"}}), 401);
  EXPECT_EQ(status({{"apikey", "append"}, {"apikey", "append"}}), 400);
  EXPECT_EQ(status({{"apikey", "append"}, {"authorization", "Bearer wrong"}}), 401);
  EXPECT_EQ(status({{"authorization", "Basic " + base64(bytes_of(":append"))}}), 401);
  EXPECT_EQ(status({{"apikey", "read"}}), 403);
  EXPECT_EQ(post(kLogs, "{}", {{"apikey", "append"}}).status, 401) << "nowhere else";
}

TEST_F(Mezmo, WhatMayPassIs503WhichItsClientsSendAgain) {
  for (const Error& error : {busy("full"), full("no space"), io_error("the token is away")}) {
    site.log->refusal = error;
    const Response response = post(kMezmo, R"({"ls":[{"line":"a"}]})");
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(body_of(response).starts_with(R"({"status":"error","error":)"));
    const Response exporter = post(kLogs, R"({"resourceLogs":[{}]})");
    EXPECT_EQ(exporter.status, 503);
    EXPECT_EQ(header_of(exporter, "retry-after"), "1") << "an exporter gives up when it is longer";
  }
}

using Otlp = ListedEvents;

TEST_F(Otlp, EachResourceLogsIsOneRecord) {
  const std::uint64_t before = leaves();
  const Response response =
      post(kLogs, R"({"resourceLogs":[{"resource":{},"scopeLogs":[]}, { "scopeLogs" : [{}] }]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response), "{}\n");
  EXPECT_EQ(record(before), std::string{kOtlpMediaType} + R"( {"resource":{},"scopeLogs":[]})");
  EXPECT_EQ(record(before + 1), std::string{kOtlpMediaType} + R"( { "scopeLogs" : [{}] })");
  EXPECT_EQ(leaves(), before + 3);
  for (const char* empty : {"{}", R"({"resourceLogs":[]})"})
    EXPECT_EQ(body_of(post(kLogs, empty)), "{}\n") << empty;
  EXPECT_EQ(leaves(), before + 3);
}

TEST_F(Otlp, WhatNoRecordHoldsIsCountedAndTheRestIsTaken) {
  const std::uint64_t before = leaves();
  const Response response =
      post(kLogs, R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":")" + kLargeText +
                      R"("},{}]}]},{}]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(body_of(response).find(R"({"partialSuccess":{"rejectedLogRecords":"2",)"),
            std::string::npos)
      << body_of(response);
  EXPECT_EQ(leaves(), before + 2);
  const Response none = post(kLogs, R"({"resourceLogs":[{"a":")" + kLargeText + R"("}]})");
  EXPECT_EQ(none.status, 413) << "an exporter would call 200 a success";
  EXPECT_EQ(post(kLogs, R"({"resourceSpans":[{}]})").status, 422);
  EXPECT_EQ(leaves(), before + 2);
}

TEST_F(Otlp, OnlyJsonIsTakenAndARefusalIsAStatusMessage) {
  const Headers token = {{"authorization", "Bearer append"}};
  const Response protobuf = post(kLogs, "", token, "application/x-protobuf");
  EXPECT_EQ(protobuf.status, 415);
  EXPECT_TRUE(body_of(protobuf).starts_with("{\"message\":\"")) << body_of(protobuf);
  const Response malformed = post(kLogs, R"({"resourceLogs":7})", token);
  EXPECT_EQ(malformed.status, 422);
  EXPECT_TRUE(body_of(malformed).starts_with("{\"message\":\""));
}

}  // namespace
}  // namespace varve::api
