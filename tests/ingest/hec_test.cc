// Bodies of Splunk's HTTP Event Collector: which slices are events, and what is refused as a whole.
#include "api/ingest/hec.h"

#include <gtest/gtest.h>

#include "api/ingest/payload_size.h"

namespace varve::api {
namespace {

/// A parsed body, and what its events view.
struct Hec {
  explicit Hec(std::string_view text) : body(to_buffer(bytes_of(text))) {
    parsed = parse_hec_events(body);
    EXPECT_EQ(text_of(body), text) << "the body has its size again";
  }
  [[nodiscard]] std::vector<std::string> events() const {
    const auto* views = std::get_if<std::vector<std::string_view>>(&parsed);
    return views == nullptr ? std::vector<std::string>{}
                            : std::vector<std::string>(views->begin(), views->end());
  }
  [[nodiscard]] HecFault fault() const {
    const auto* fault = std::get_if<HecFault>(&parsed);
    return fault == nullptr ? HecFault{.code = HecCode::kSuccess} : *fault;
  }

  Buffer body;
  HecEvents parsed;
};

using Events = std::vector<std::string>;

TEST(Hec, ObjectsOneBehindTheOtherByLinesOrInAListAreEventsAsTheyAreSent) {
  const std::string a = R"({ "time":1, "event":{"a":["}{","\"\\"]} })";
  const std::string b = R"({"event":"b"})";
  for (const std::string& body : {a + b, a + "\n" + b + "\r\n", " " + a + " \t" + b,
                                  "[" + a + "," + b + "]", " [ " + a + " , " + b + " ] \n"})
    EXPECT_EQ(Hec(body).events(), (Events{a, b})) << body;
}

TEST(Hec, NothingIsTakenOfABodyWithOneWrongEventAndItIsNamed) {
  const std::string good = R"({"event":1})";
  for (const std::string bad :
       {"x", "1", "\"event\"", "{", "{\"event\":1", "{\"event\":\"", "{\"event\":\"\\\"}", "{]",
        "{\"event\":1]", "{\"event\":\xff}", "{\"event\":\"\xff\"}", "{\"event\":01}", ",", "]",
        "{\"event\":\"\\ud83\"}"}) {
    const HecFault fault = Hec(good + bad).fault();
    EXPECT_EQ(fault.code, HecCode::kInvalidFormat) << bad;
    EXPECT_EQ(fault.event, 1U) << bad;
  }
  for (const std::string& bad : {"[" + good, "[" + good + ",", "[" + good + ",]",
                                 "[" + good + good + "]", "[" + good + "]" + good})
    EXPECT_EQ(Hec(bad).fault().code, HecCode::kInvalidFormat) << bad;
  const std::string deep = "{\"event\":" + std::string(64, '[') + std::string(64, ']') + "}";
  EXPECT_EQ(Hec(deep).fault().code, HecCode::kInvalidFormat);
}

// One event that readers may understand differently must not cost those beside it.
TEST(Hec, AnEventThatIsJsonByItsGrammarAloneIsKeptAsItIs) {
  for (const std::string odd : {R"({"event":"\ud83d"})", R"({"\ud83d":1,"event":2})",
                                R"({"event":{"a":1,"a":["\udc00"]}})"})
    EXPECT_EQ(Hec(odd + R"({"event":1})").events(), (Events{odd, R"({"event":1})"})) << odd;
}

TEST(Hec, AnEventHasAMemberEventThatSaysSomething) {
  EXPECT_EQ(Hec(R"({"time":1})").fault().code, HecCode::kEventRequired);
  EXPECT_EQ(Hec(R"({"fields":{"event":1}})").fault().code, HecCode::kEventRequired);
  for (const std::string blank : {"null", "\"\"", " \"\" ", "null "}) {
    const HecFault fault = Hec(R"({"event":1}{"event":)" + blank + "}").fault();
    EXPECT_EQ(fault.code, HecCode::kEventBlank) << blank;
    EXPECT_EQ(fault.event, 1U);
  }
  for (const std::string said : {"0", "false", "{}", "[]", "\" \"", "\"null\""})
    EXPECT_EQ(Hec("{\"event\":" + said + "}").events().size(), 1U) << said;
  EXPECT_EQ(Hec(R"({"\u0065vent":1})").events().size(), 1U);
  for (const std::string empty : {"", " \n", "[]", "[ ] "})
    EXPECT_EQ(Hec(empty).fault().code, HecCode::kNoData) << empty;
}

TEST(Hec, AnEventIsAsLargeAsARecordAndARequestHasSoManyEvents) {
  const auto event = [](std::size_t size) {
    return "{\"event\":\"" + std::string(size - 12, 'x') + "\"}";
  };
  const std::size_t most = payload_max(kHecMediaType);
  EXPECT_EQ(Hec(event(most)).events().size(), 1U);
  const HecFault large = Hec(event(20) + event(most + 1)).fault();
  EXPECT_TRUE(large.too_large);
  EXPECT_EQ(large.event, 1U);
  std::string many;
  for (std::size_t i = 0; i < kHecEventsMax; ++i) many += "{\"event\":1}";
  EXPECT_EQ(Hec(many).events().size(), kHecEventsMax);
  EXPECT_TRUE(Hec(many + "{\"event\":1}").fault().too_large);
}

TEST(Hec, CutAnywhereItGivesOnlyEventsThatWereSentWhole) {
  const Events whole = {R"({"event":{"a":[1,"}"]},"time":"1.5"})", R"({"event":"ä"})"};
  const std::string text = whole[0] + "\n" + whole[1];
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const Events events = Hec(text.substr(0, cut)).events();
    const bool first = cut == whole[0].size() || cut == whole[0].size() + 1;
    EXPECT_EQ(events, first ? Events{whole[0]} : Events{}) << cut;
  }
}

TEST(Hec, LinesAreEventsWhateverTheySayAndEmptyOnesAreNot) {
  const auto lines = [](std::string_view body) {
    const HecEvents split = split_hec_lines(body);
    const auto* views = std::get_if<std::vector<std::string_view>>(&split);
    return views == nullptr ? Events{} : Events(views->begin(), views->end());
  };
  EXPECT_EQ(lines("a\n\nb \xff\r\n\r\nc"), (Events{"a", "b \xff\r", "c"}));
  EXPECT_EQ(lines("\n\r\n"), Events{});
  const std::size_t most = payload_max(kHecRawMediaType);
  EXPECT_EQ(lines(std::string(most, 'x')).size(), 1U);
  const HecEvents large = split_hec_lines("a\n" + std::string(most + 1, 'x'));
  ASSERT_NE(std::get_if<HecFault>(&large), nullptr);
  EXPECT_EQ(std::get_if<HecFault>(&large)->event, 1U);
}

TEST(Hec, IdsThatAreAskedForAreNumbersInAList) {
  const auto ids = [](std::string_view text) {
    Buffer body = to_buffer(bytes_of(text));
    return parse_hec_acks(body);
  };
  EXPECT_EQ(*ids(R"({"acks":[0, 18446744073709551615,0]})"),
            (std::vector<std::uint64_t>{0, ~std::uint64_t{0}, 0}));
  EXPECT_TRUE(ids(R"({"acks":[]})")->empty());
  for (const std::string_view bad :
       {"", "[]", "{}", R"({"acks":1})", R"({"acks":["0"]})", R"({"acks":[-1]})",
        R"({"acks":[1.0]})", R"({"acks":[18446744073709551616]})", R"({"acks":[0]}x)"})
    EXPECT_FALSE(ids(bad)) << bad;
}

}  // namespace
}  // namespace varve::api
