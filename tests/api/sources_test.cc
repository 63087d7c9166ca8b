// Who sent what, over HTTP: the sender is the client that the credential names.
#include <gtest/gtest.h>

#include "ledger/format/json.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

using format::Json;

constexpr const char* kTo = "/logs/open/events";
constexpr const char* kLines = "application/x-ndjson";

Json parsed(const Response& response) {
  EXPECT_EQ(response.status, 200) << body_of(response);
  auto json = Json::parse(text_of(response.body));
  EXPECT_TRUE(json);
  return json ? std::move(*json) : Json();
}

TEST(Sources, OfEventsAreTheClientsThatSentThem) {
  Site site;
  const auto first = site.post(kTo, kLines, "{\"a\":1}\n{\"a\":2}\n", "append");
  ASSERT_EQ(first.status, 201);
  ASSERT_EQ(site.post(kTo, kLines, "{\"b\":1}\n", "both").status, 201);
  const auto receipt = format::parse_receipt(text_of(first.body));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->sender, "client/append");
  EXPECT_EQ(
      format::decode_record(site.world.log->records(receipt->first_index, 1)->front())->source,
      *format::source_id("client/append"));
  const std::string event = "/logs/open/events/" + std::to_string(receipt->first_index.value);
  EXPECT_EQ(*parsed(site.get(event, "read")).text("source_name"), "client/append");
}

TEST(Sources, AreListedWithWhatTheLogHasOfThem) {
  Site site;
  varve::testing::Source ward = site.world.registered("wards/7");
  ASSERT_EQ(site.post(kTo, kLines, "{\"a\":1}\n{\"a\":2}\n", "append").status, 201);
  const auto list = parsed(site.get("/logs/open/sources", "read")).objects("sources");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2u);
  for (const Json& source : *list) {
    const bool sealing = *source.text("name") == "wards/7";
    EXPECT_EQ(*source.text("kind"), sealing ? "sealing" : "client");
    EXPECT_EQ(*source.number("events"), sealing ? 0u : 2u);
    EXPECT_EQ(source.has("last_event"), !sealing);
    EXPECT_EQ(source.has("silent_s"), !sealing);
  }
  const auto one = parsed(site.get("/logs/open/sources/client%2Fappend", "append"));
  const auto index = *one.number("last_event");
  EXPECT_EQ(format::decode_record(site.world.log->records(LeafIndex{index}, 1)->front())->sequence,
            1u);
  EXPECT_FALSE(one.has("key")) << "the log seals for it";
}

TEST(Sources, ThatHaveNothingToSendAreToldFromSilentOnes) {
  Site site;
  varve::testing::Source ward = site.world.registered("wards/7");
  const format::Heartbeat beat{1'700'000'000'000'000, UINT64_MAX, 2};
  const auto ward_is = [&site](const std::string& said) {
    const std::string one = body_of(site.get("/logs/open/sources/wards%2F7", "both"));
    return one.find(said) != std::string::npos;
  };
  const auto appended =
      site.world.append(ward.seal({format::heartbeat_text(beat)}, format::Kind::kHeartbeat));
  ASSERT_TRUE(appended);
  const std::string at = std::to_string(appended->first.value);
  EXPECT_TRUE(ward_is(R"("heartbeat":{"record":)" + at + R"(,"pulse":"alive",)" +
                      R"("since_us":1700000000000000,"interval_s":18446744073709551615,)" +
                      R"("waiting":2})"));
  ASSERT_TRUE(site.world.append(ward.seal({"{}"})));
  EXPECT_TRUE(ward_is(R"("silent_s")"));
  EXPECT_FALSE(ward_is("heartbeat")) << "its newest record is an event";
}

TEST(Sources, AreShownToNobodyWhoOnlySends) {
  Site site;
  EXPECT_EQ(site.get("/logs/open/sources", "append").status, 403);
  EXPECT_EQ(site.get("/logs/open/sources").status, 401);
  EXPECT_EQ(site.get("/logs/open/sources?after=NOT%20A%20NAME", "read").status, 400);
}

TEST(Sources, HaveAPageBehindEachName) {
  Site site;
  for (const char* who : {"append", "both"})
    ASSERT_EQ(site.post(kTo, kLines, "{}", who).status, 201);
  const auto all = *parsed(site.get("/logs/open/sources", "read")).objects("sources");
  ASSERT_EQ(all.size(), 2u);
  std::string name = *all[0].text("name");
  name.replace(name.find('/'), 1, "%2F");
  const auto rest =
      *parsed(site.get("/logs/open/sources?after=" + name, "read")).objects("sources");
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(*rest[0].text("name"), *all[1].text("name"));
}

TEST(Sources, OfAListenerAreToldFromAClientOfTheSameName) {
  Site site;
  Caller caller(site.access->metrics().of("other"), "127.0.0.1");
  caller.client = "relay";
  EXPECT_EQ(sender_of(caller), (format::Sender{format::SenderKind::kListener, "relay"}));
  caller.identity = std::make_shared<Identity>();
  EXPECT_EQ(sender_of(caller), (format::Sender{format::SenderKind::kClient, "relay"}));
}

}  // namespace
}  // namespace varve::api
