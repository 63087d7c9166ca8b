// Events in a list of one JSON object: Mezmo's lines, and OTLP's ResourceLogs.
#include "api/ingest/json_list.h"

#include <gtest/gtest.h>

#include "api/ingest/otlp.h"
#include "api/ingest/payload_size.h"

namespace varve::api {
namespace {

using Listed = std::vector<std::string>;

/// The slices, or one text "refused".
Listed listed(std::string_view text) {
  Buffer body = to_buffer(bytes_of(text));
  const auto slices = parse_json_list(body, {"ls", "lines"});
  EXPECT_EQ(text_of(body), text) << "the body has its size again";
  if (!slices) return {"refused"};
  return {slices->begin(), slices->end()};
}

TEST(JsonList, EachObjectIsTheSliceThatWasSent) {
  EXPECT_EQ(listed(R"({"e":"ls","ls":[ { "line":"a]}" } ,{"line":"b"}
 ]})"),
            (Listed{R"({ "line":"a]}" })", R"({"line":"b"})"}));
  EXPECT_EQ(listed(R"({"lines":[{}],"ls2":[1]} )"), (Listed{"{}"}));
  EXPECT_EQ(listed(R"({"l\u0073":[{"a":1}]})"), (Listed{R"({"a":1})"}));
  for (const std::string_view empty : {"{}", R"({"ls":[]})", R"({"ls":[],"a":1})"})
    EXPECT_EQ(listed(empty), Listed{}) << empty;
}

TEST(JsonList, NothingIsTakenOfWhatIsNotOneListOfObjects) {
  for (const std::string_view bad :
       {"", "x", "[]", R"({"ls":{}})", R"({"ls":null})", R"({"ls":[1]})", R"({"ls":[{},[]]})",
        R"({"ls":[{}],"lines":[]})", R"({"a":{"ls":[{}]}})", R"({"resource_logs":[{}]})",
        R"({"ls":[{}],"ls":[]})", R"({"ls":[{}]}{})", "{\"ls\":[{\"a\":\"\xff\"}]}"})
    EXPECT_EQ(listed(bad), Listed{"refused"}) << bad;
  const std::string whole = R"({"ls":[{"line":"a"},{"line":"b"}]})";
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_EQ(listed(whole.substr(0, cut)), Listed{"refused"}) << cut;
  EXPECT_EQ(listed("{\"ls\":[{\"a\":" + std::string(62, '[') + std::string(62, ']') + "}]}"),
            Listed{"refused"});
}

TEST(JsonList, AnEventThatIsJsonByItsGrammarAloneIsKeptAsItIs) {
  EXPECT_EQ(listed(R"({"\ud83d":"\ud83d","ls":[{"a":1,"a":2},{"\udc00":"\ud83d"},{}]})"),
            (Listed{R"({"a":1,"a":2})", R"({"\udc00":"\ud83d"})", "{}"}));
}

TEST(JsonList, HasAtMostSoManyEvents) {
  std::string list = "{}";
  for (std::size_t i = 1; i < kListedEventsMax; ++i) list += ",{}";
  EXPECT_EQ(listed("{\"ls\":[" + list + "]}").size(), kListedEventsMax);
  EXPECT_EQ(listed("{\"ls\":[" + list + ",{}]}"), Listed{"refused"});
}

TEST(OtlpJson, ResourceLogsThatNoRecordHoldsAreCountedWithTheirLogRecords) {
  const auto logs = [](std::size_t size) {
    const std::string front = R"({"scopeLogs":[{"logRecords":[{},{}]},{"logRecords":[{"body":")";
    const std::string behind = R"("}]},{"logRecords":7}]})";
    return front + std::string(size - front.size() - behind.size(), 'x') + behind;
  };
  const std::size_t most = payload_max(kOtlpMediaType);
  Buffer body = to_buffer(bytes_of(R"({"resourceLogs":[)" + logs(most) + "," + logs(most + 1) +
                                   ",{\"a\":\"" + std::string(most, 'x') + "\"}]}"));
  const auto request = parse_otlp_json(body);
  ASSERT_TRUE(request);
  ASSERT_EQ(request->resource_logs.size(), 1U);
  EXPECT_EQ(request->resource_logs[0], logs(most));
  EXPECT_EQ(request->too_large, 2U);
  EXPECT_EQ(request->rejected_records, 4U) << "none that is known in the last, and it is lost";
}

}  // namespace
}  // namespace varve::api
