// Elasticsearch's way in: what its clients ask first, and what _bulk answers once the log has
// answered. The parser's own tests are in tests/ingest.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/credential.h"
#include "api/gzip.h"
#include "api/ingest/bulk.h"
#include "ledger/base/text.h"
#include "tests/access/journal_lines.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

constexpr const char* kBulk = "/logs/open/elasticsearch/_bulk";
constexpr const char* kType = "application/x-ndjson";

boost::json::object object_of(const Response& response) {
  return boost::json::parse(body_of(response)).as_object();
}

std::string action(const std::string& id = "") {
  return "{\"index\":{\"_index\":\"audit\"" + (id.empty() ? "" : ",\"_id\":\"" + id + "\"") +
         "}}\n";
}

class Elasticsearch : public ::testing::Test {
 protected:
  Elasticsearch() { site.join("append"); }
  ~Elasticsearch() override { site.stop(); }

  Response post(const std::string& body, Headers headers = {}) {
    return site.post(kBulk, kType, body, "append", std::move(headers));
  }
  /// The fields of each item, whatever its action.
  std::vector<boost::json::object> items(const Response& response) {
    EXPECT_EQ(response.status, 200) << body_of(response);
    EXPECT_EQ(header_of(response, "x-elastic-product"), "Elasticsearch");
    std::vector<boost::json::object> out;
    if (response.status != 200) return out;
    const boost::json::object body = object_of(response);
    for (const auto& item : body.at("items").as_array())
      out.push_back(item.as_object().begin()->value().as_object());
    return out;
  }
  std::vector<std::int64_t> statuses(const Response& response) {
    std::vector<std::int64_t> out;
    for (const auto& item : items(response)) out.push_back(item.at("status").as_int64());
    return out;
  }
  std::string payload(std::uint64_t index) {
    return body_of(site.get("/logs/open/events/" + std::to_string(index) + "/payload", "read"));
  }
  [[nodiscard]] std::uint64_t leaves() const { return site.log->latest()->checkpoint.size.value; }

  Site site;
};

using Statuses = std::vector<std::int64_t>;

TEST_F(Elasticsearch, HandshakeHasWhatClientsLookFor) {
  for (const char* path : {"", "/"}) {
    const Response info = site.get("/logs/open/elasticsearch" + std::string{path}, "append");
    EXPECT_EQ(info.status, 200);
    EXPECT_EQ(header_of(info, "x-elastic-product"), "Elasticsearch");
    EXPECT_EQ(object_of(info).at("tagline").as_string(), "You Know, for Search");
    EXPECT_TRUE(object_of(info).at("version").as_object().at("number").is_string());
  }
  EXPECT_EQ(site.call({Method::kHead, "/logs/open/elasticsearch/", {}, {}}).status, 200);
  const std::string base = "/logs/open/elasticsearch/";
  EXPECT_EQ(object_of(site.get(base + "_cluster/health")).at("status").as_string(), "green");
  EXPECT_TRUE(body_of(site.get(base + "_cat/health")).ends_with(" green\n"));
  EXPECT_EQ(site.get(base + "_license?human=false").status, 200);
  for (const char* absent : {"_index_template/x", "_ilm/policy/x", "_ingest/pipeline/x", "audit"})
    EXPECT_EQ(site.get(base + absent).status, 404) << absent;
}

TEST_F(Elasticsearch, HealthIsRedWhileTheLogTakesNothing) {
  site.log->pretended = site.world.log->status();
  site.log->pretended->state = LogState::kSignerDown;
  const Response health = site.get("/logs/open/elasticsearch/_cluster/health");
  EXPECT_EQ(object_of(health).at("status").as_string(), "red");
  EXPECT_EQ(site.get("/logs/open/elasticsearch/_cat/health").status, 503);
}

TEST_F(Elasticsearch, EachEventIsOneRecordOfItsSliceAndAllShareASeal) {
  const std::uint64_t before = leaves();
  const Response response = post(action() + "{ \"a\": 1 }\n" + action() + "{\"b\":2}");
  const auto found = items(response);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(leaves(), before + 3);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(found[i].at("status").as_int64(), 201);
    EXPECT_EQ(found[i].at("result").as_string(), "created");
    EXPECT_EQ(found[i].at("_seq_no").as_int64(), static_cast<std::int64_t>(before + i));
    EXPECT_EQ(found[i].at("_id").as_string(), std::to_string(before + i));
  }
  EXPECT_EQ(payload(before), action() + "{ \"a\": 1 }");
  EXPECT_EQ(payload(before + 1), action() + "{\"b\":2}");
  const Response event = site.get("/logs/open/events/" + std::to_string(before), "read");
  EXPECT_EQ(object_of(event).at("media_type").as_string(), kBulkMediaType);
}

TEST_F(Elasticsearch, RefusedItemsStandInTheirPlacesAndTheOthersAreTaken) {
  const Response response =
      post("{\"delete\":{\"_index\":\"i\",\"_id\":\"1\"}}\n" + action() + "{\"a\":1}\n" + action() +
           "{\"a\":1,\"a\":2}\n" + action("k") + "{\"b\":1}\n{\"update\":{\"_id\":\"k\"}}\n{}\n");
  EXPECT_EQ(statuses(response), (Statuses{400, 201, 400, 201, 400}));
  EXPECT_TRUE(object_of(response).at("errors").as_bool());
  EXPECT_FALSE(object_of(post(action() + "{}\n")).at("errors").as_bool());
}

TEST_F(Elasticsearch, OnlyAnIdMakesAnEventKnownWhenItComesAgain) {
  EXPECT_EQ(statuses(post(action("7") + "{\"a\":1}\n")), Statuses{201});
  const std::uint64_t before = leaves();
  const auto again = items(post(action("7") + "{\"a\":1}\n"));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].at("status").as_int64(), 200);
  EXPECT_EQ(again[0].at("result").as_string(), "noop");
  EXPECT_EQ(again[0].at("_id").as_string(), "7");
  EXPECT_EQ(statuses(post(action("7") + "{\"a\":2}\n")), Statuses{409});
  EXPECT_EQ(leaves(), before);
  EXPECT_EQ(statuses(post(action() + "{\"a\":1}\n")), Statuses{201});
  EXPECT_EQ(statuses(post(action() + "{\"a\":1}\n")), Statuses{201});
  EXPECT_EQ(leaves(), before + 4);
  // Within one request, and of another client or index.
  EXPECT_EQ(
      statuses(post(action("8") + "{}\n" + action("8") + "{}\n" + action("8") + "{\"x\":1}\n")),
      (Statuses{201, 200, 409}));
  EXPECT_EQ(statuses(site.post(kBulk, kType, action("8") + "{\"z\":1}\n", "both")), Statuses{201});
  EXPECT_EQ(statuses(post("{\"index\":{\"_index\":\"other\",\"_id\":\"8\"}}\n{}\n")),
            Statuses{201});
}

TEST_F(Elasticsearch, IndexThatOnlyThePathNamesIsKeptInAnEnvelope) {
  const std::uint64_t before = leaves();
  const Response response =
      site.post("/logs/open/elasticsearch/a%22b/_bulk", kType,
                "{\"index\":{}}\n{\"a\":1}\n{\"index\":{}}\n{\"b\":1}\n", "append");
  const auto found = items(response);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].at("_seq_no").as_int64(), static_cast<std::int64_t>(before + 2));
  EXPECT_EQ(found[1].at("_index").as_string(), "a\"b");
  EXPECT_EQ(payload(before), "{\"protocol\":\"elasticsearch-bulk\",\"index\":\"a\\\"b\"}");
  EXPECT_EQ(payload(before + 1), "{\"index\":{}}\n{\"a\":1}");
  EXPECT_EQ(leaves(), before + 4);
}

TEST_F(Elasticsearch, LogThatCannotTakeItNowLetsEachItemBeSentAgain) {
  for (const Error& error : {busy("full"), full("no space"), io_error("the token is away")}) {
    site.log->refusal = error;
    const auto found = items(post(action() + "{}\n" + action("k") + "{}\n"));
    ASSERT_EQ(found.size(), 2U);
    for (const auto& item : found) {
      EXPECT_EQ(item.at("status").as_int64(), 429);
      EXPECT_EQ(item.at("error").as_object().at("type").as_string(),
                "es_rejected_execution_exception");
    }
  }
  site.log->refusal.reset();
  EXPECT_EQ(statuses(post(action("k") + "{}\n")), Statuses{201});
}

TEST_F(Elasticsearch, BodyThatIsNoBulkTakesNothing) {
  const std::uint64_t before = leaves();
  for (const std::string body : {"", "x", "{\"index\":{\"_index\":\"i\"}}\n"}) {
    const Response response = post(action() + "{}\n" + body + "\nx\n");
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(object_of(response).at("status").as_int64(), 400);
  }
  EXPECT_EQ(post("").status, 400);
  EXPECT_EQ(
      site.post(kBulk + std::string{"?pipeline=geo"}, kType, action() + "{}\n", "append").status,
      400);
  EXPECT_EQ(leaves(), before);
}

Buffer gzipped(std::string_view text) {
  Response response = respond(200, "x/y", text);
  compress(response);
  return response.body;
}

TEST_F(Elasticsearch, GzipIsTakenHereAndNowhereElse) {
  const Headers coding = {{"content-encoding", "gzip"}};
  const std::uint64_t before = leaves();
  const Buffer body = gzipped(action() + "{\"a\":1}\n");
  EXPECT_EQ(statuses(site.post(kBulk, kType, body, "append", coding)), Statuses{201});
  EXPECT_EQ(payload(before), action() + "{\"a\":1}");
  EXPECT_EQ(site.post("/logs/open/events", kType, body, "append", coding).status, 415);
  EXPECT_EQ(site.post(kBulk, kType, body, "append", {{"content-encoding", "gzip, gzip"}}).status,
            415);
  EXPECT_EQ(site.post(kBulk, kType, gzipped(std::string(40u << 20, 'x')), "append", coding).status,
            413);
  EXPECT_EQ(
      site.post(kBulk, kType, Buffer(Bytes{body}.begin(), Bytes{body}.end() - 1), "append", coding)
          .status,
      400);
}

TEST(Gzip, IsUndoneWholeOrNotAtAll) {
  const auto any_room = [](std::size_t) { return true; };
  const std::string text(100'000, 'x');
  const Buffer one = gzipped(text);
  Buffer out;
  EXPECT_EQ(decompress(one, text.size() + 1, any_room, out), Decompressed::kWhole);
  EXPECT_EQ(text_of(out), text);
  Buffer two = one;
  append(two, gzipped("y"));
  out.clear();
  EXPECT_EQ(decompress(two, 1u << 20, any_room, out), Decompressed::kWhole);
  EXPECT_EQ(text_of(out), text + "y");
  for (std::size_t cut = 0; cut < one.size(); ++cut) {
    out.clear();
    EXPECT_EQ(decompress(Bytes{one}.first(cut), 1u << 20, any_room, out), Decompressed::kMalformed)
        << cut;
  }
  two = one;
  append(two, bytes_of("rest"));
  out.clear();
  EXPECT_EQ(decompress(two, 1u << 20, any_room, out), Decompressed::kMalformed);
}

TEST(Gzip, NeverTakesMoreThanItMay) {
  const Buffer bomb = gzipped(std::string(64u << 20, '\0'));
  ASSERT_LT(bomb.size(), 1u << 20);
  Buffer out;
  std::size_t asked = 0;
  const auto count = [&](std::size_t bytes) { return (asked = bytes) <= (4u << 20); };
  EXPECT_EQ(decompress(bomb, 1u << 20, count, out), Decompressed::kTooLarge);
  EXPECT_LE(out.size(), 1u << 20);
  out.clear();
  EXPECT_EQ(decompress(bomb, 32u << 20, count, out), Decompressed::kNoRoom);
  EXPECT_LE(out.size(), 4u << 20);
}

std::string pair(std::string_view text) {
  return base64(bytes_of(text));
}

TEST(Credentials, OfElasticsearchsClientsAreTheBearerTokenUnderItsOwnName) {
  Site site;
  const auto status = [&](const std::string& authorization, const char* target = kBulk) {
    Request request{Method::kPost, target, {{"authorization", authorization}}, {}};
    request.headers.emplace_back("content-type", kType);
    request.body = to_buffer(bytes_of(action() + "{}\n"));
    return site.call(std::move(request)).status;
  };
  EXPECT_EQ(status("Bearer append"), 200);
  for (const std::string scheme : {"Basic ", "ApiKey ", "basic ", "APIKEY "}) {
    EXPECT_EQ(status(scheme + pair("append:append")), 200) << scheme;
    EXPECT_EQ(status(scheme + pair("read:append")), 401) << "another's name";
    EXPECT_EQ(status(scheme + pair(":append")), 401);
    EXPECT_EQ(status(scheme + pair("append:wrong")), 401);
    EXPECT_EQ(status(scheme + pair("append")), 401);
    EXPECT_EQ(status(scheme + pair("read:read")), 403);
    EXPECT_EQ(status(scheme + "append:append"), 401) << "not base64";
    EXPECT_EQ(status(scheme), 401);
    EXPECT_EQ(status(scheme + pair("append:append"), "/logs/open/events"), 401);
  }
}

TEST(Credentials, UnderAnotherNameAreExplainedInTheJournalAlone) {
  JournalLines lines;
  Site site({}, Level::kWarning);
  Request request{Method::kPost, kBulk, {{"authorization", "Basic " + pair("read:append")}}, {}};
  request.headers.emplace_back("content-type", kType);
  request.body = to_buffer(bytes_of(action() + "{}\n"));
  EXPECT_EQ(site.call(std::move(request)).status, 401);
  const std::string line = lines.next();
  EXPECT_NE(line.find(R"("event":"credential_refused")"), std::string::npos) << line;
  EXPECT_NE(line.find("the name that was sent beside"), std::string::npos) << line;
}

}  // namespace
}  // namespace varve::api
