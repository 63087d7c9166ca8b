// The NDJSON adapter: which bodies it splits, which it refuses and with which line, and that it
// agrees with another JSON parser on every one-byte change of real and contrived events.
#include "api/ndjson.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/ingest/payload_size.h"
#include "ledger/format/batch.h"

namespace varve::api {
namespace {

Buffer body_with(std::string_view text) {
  return to_buffer(bytes_of(text));
}

std::vector<std::string> lines_of(std::string_view text) {
  Buffer body = body_with(text);
  const SplitEvents split = split_ndjson(body, 7);
  EXPECT_EQ(text_of(body), text);
  std::vector<std::string> lines;
  if (const auto* events = std::get_if<std::vector<Event>>(&split))
    for (const Event& event : *events) lines.emplace_back(text_of(event.payload));
  return lines;
}

LineError refusal_of(std::string_view text) {
  Buffer body = body_with(text);
  const SplitEvents split = split_ndjson(body, 7);
  const auto* wrong = std::get_if<LineError>(&split);
  if (wrong != nullptr) return *wrong;
  ADD_FAILURE() << "accepted: " << text;
  return {invalid("accepted"), 99};
}

Result<void> check(std::string text) {
  const std::size_t size = text.size();
  text.append(kJsonPadding, ' ');
  return JsonChecker{}.check(std::string_view{text}.substr(0, size));
}

TEST(SplitNdjson, GivesEachLineExactlyAsItWasSent) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines_of("{}"), Lines{"{}"});
  EXPECT_EQ(lines_of("{}\n"), Lines{"{}"});
  EXPECT_EQ(lines_of("{\"a\":1}\n{\"b\" : [ ] }"), (Lines{"{\"a\":1}", "{\"b\" : [ ] }"}));
  EXPECT_EQ(lines_of("{}\r\n {} \t\r\n"), (Lines{"{}\r", " {} \t\r"}));
}

TEST(SplitNdjson, StoresEachEventAsJsonWithTheTimeOfItsReceipt) {
  Buffer body = body_with("{}\n{}\n");
  const SplitEvents split = split_ndjson(body, 42);
  const auto& events = *std::get_if<std::vector<Event>>(&split);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].media_type, "application/json");
  EXPECT_EQ(events[1].time_us, 42U);
  EXPECT_EQ(events[1].payload.data(), body.data() + 3);
}

TEST(SplitNdjson, NamesTheLineThatIsWrong) {
  EXPECT_EQ(refusal_of("").line, 0U);
  EXPECT_EQ(refusal_of("\n").line, 1U);
  EXPECT_EQ(refusal_of("{}\n\n{}").line, 2U);
  EXPECT_EQ(refusal_of("{}\n{}\n\n").line, 3U);
  EXPECT_EQ(refusal_of("{}\n{\n}\n").line, 2U);
  EXPECT_EQ(refusal_of("{}\n{}\n{}\n[]\n{}\n").line, 4U);
  EXPECT_EQ(refusal_of("\r\n").line, 1U);
}

// What may follow a line in memory is the next line: it must not complete a broken one.
TEST(SplitNdjson, DoesNotReadOnIntoTheNextLine) {
  EXPECT_EQ(refusal_of("{\"a\":1\n,\"b\":2}\n").line, 1U);
  EXPECT_EQ(refusal_of("{\"a\":\"x\n\"}\n").line, 1U);
  EXPECT_EQ(refusal_of("{\"a\":tru\ne}\n").line, 1U);
  EXPECT_EQ(refusal_of("{\"a\":1}\n}\n").line, 2U);
}

TEST(SplitNdjson, TakesAsManyEventsAsABatchHoldsAndNotOneMore) {
  std::string body;
  for (std::uint32_t i = 0; i < format::kBatchRecordsMax; ++i) body.append("{}\n");
  EXPECT_EQ(lines_of(body).size(), format::kBatchRecordsMax);
  EXPECT_EQ(refusal_of(body + "{}\n").line, format::kBatchRecordsMax + 1);
}

std::string object_of_size(std::size_t size) {
  return "{\"a\":\"" + std::string(size - 8, 'x') + "\"}";
}

TEST(SplitNdjson, TakesEventsUpToTheSizeThatARecordHolds) {
  const std::size_t most = payload_max("application/json");
  EXPECT_EQ(most + format::kRecordFixedSize + 16, format::kRecordMax);
  EXPECT_EQ(lines_of(object_of_size(most - 1)).size(), 1U);
  EXPECT_EQ(lines_of(object_of_size(most)).size(), 1U);
  const LineError wrong = refusal_of("{}\n" + object_of_size(most + 1));
  EXPECT_EQ(wrong.line, 2U);
  EXPECT_TRUE(wrong.too_large);
}

TEST(WholeEvent, KeepsTheBytesAndTheMediaType) {
  for (const bool json : {true, false}) {
    Buffer body = body_with(" {\"a\":1}\n");
    const SplitEvents split = whole_event(body, "application/fhir+json; fhirVersion=4.0", json, 5);
    const auto& events = *std::get_if<std::vector<Event>>(&split);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(text_of(events[0].payload), " {\"a\":1}\n");
    EXPECT_EQ(events[0].media_type, "application/fhir+json; fhirVersion=4.0");
    EXPECT_EQ(events[0].payload.data(), body.data());  // views into the body, which travels along
  }
}

// A sender that sends malformed XML, or Latin-1, is not made to lose its event.
TEST(WholeEvent, ChecksOnlyJson) {
  for (const std::string_view text : {"<broken", "\xe4\xf6\xfc", "{\"a\":1,\"a\":2}"}) {
    Buffer body = body_with(text);
    EXPECT_EQ(whole_event(body, "text/plain", false, 0).index(), 0U) << text;
    body = body_with(text);
    EXPECT_EQ(whole_event(body, "application/json", true, 0).index(), 1U) << text;
  }
}

TEST(WholeEvent, RefusesNothingAndTooMuch) {
  Buffer empty;
  EXPECT_EQ(whole_event(empty, "text/plain", false, 0).index(), 1U);
  const std::size_t most = payload_max("text/plain");
  for (const std::size_t size : {most - 1, most, most + 1}) {
    Buffer body(size, std::byte{'x'});
    EXPECT_EQ(whole_event(body, "text/plain", false, 0).index(), size > most ? 1U : 0U) << size;
  }
}

TEST(JsonChecker, TakesWhateverRfc8259CallsAnObject) {
  const char* const good[] = {
      "{}",
      " {} ",
      "\t{\r\n}\r",
      R"({"":0})",
      R"({"a":null,"b":true,"c":false,"d":""})",
      R"({"a":[]})",
      R"({"a":[[],[1,2],{}]})",
      R"({"a":-0})",
      R"({"a":-0.0e-0})",
      R"({"a":1E+5})",
      R"({"a":123456789012345678901234567890})",
      R"({"a":1e4000})",
      R"({"a":0.1234567890123456789012345678901234567890})",
      R"({"a":"\"\\\/\b\f\n\r\t\u0041"})",
      R"({"a":"\ud83d\ude00"})",
      "{\"a\":\"\xf0\x9f\x98\x80\"}",
      "{\"\xc3\xa4\":1}",
      R"({"a":"\u0000"})",
      "{\"a\":\"\x7f\"}",
      R"({"a":{"a":{"a":1}},"b":{"a":1}})",
      R"({"a":1,"A":2,"\u0061b":3,"ab ":4})",
  };
  for (const char* text : good) EXPECT_TRUE(check(text)) << text;
}

// clang-format off
constexpr const char* kNotObjects[] = {
    "", " ", "1", "null", "\"a\"", "[]", "[{}]", "{", "}", "{}{}", "{} {}", "{}1", "{},", "{}]",
    "{a:1}", "{'a':1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}",
    "{\"a\":1,,\"b\":2}", "{\"a\"::1}", "{\"a\":1:2}", "{1:2}", "{null:2}", "{\"a\":[1,]}",
    "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[1}", "{\"a\":[}]}", "{\"a\":(1)}", "{}//", "{/**/}",
    "\xef\xbb\xbf{}", "{\"a\":1}\x0b", "{\"a\":1}\xc2\xa0", "{\"a\":\x0c" "1}",
};
constexpr const char* kNotNumbersOrWords[] = {
    "01", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "1_000", "--1", "1.2.3", "NaN",
    "Infinity", "-Infinity", "True", "tru", "truee", "nul", "nullx", "falsey", "undefined",
};
constexpr const char* kNotStrings[] = {
    "", "\\", "\\x41", "\\u12", "\\u12g4", "\\ud800", "\\ud800\\u0041", "\\udc00", "\t", "\n",
    "\x1f", "\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
};
// clang-format on

TEST(JsonChecker, RefusesWhateverIsNotOne) {
  for (const char* text : kNotObjects) EXPECT_FALSE(check(text)) << text;
  for (const char* value : kNotNumbersOrWords) {
    EXPECT_FALSE(check(std::string{"{\"a\":"} + value + "}")) << value;
    EXPECT_FALSE(check(std::string{"{\"a\":["} + value + "]}")) << value;
  }
  for (const std::string value : kNotStrings) {
    const std::string quoted = value.empty() ? "\"" : '"' + value + '"';
    EXPECT_FALSE(check("{\"a\":" + quoted + "}")) << value;
    EXPECT_FALSE(check("{" + quoted + ":1}")) << value;
  }
}

// Text that was cut by UTF-16 units: the one thing that the grammar takes and this does not. So it
// is told from what is malformed, wherever it is.
TEST(JsonChecker, SaysThatAStringHasHalfASurrogatePairInIt) {
  const auto reason_for = [](const std::string& text) {
    const auto checked = check(text);
    return checked ? std::string("taken") : checked.error().message;
  };
  for (const std::string half :
       {"\\ud800", "\\uDBFF", "\\udc00", "\\uDfff", "\\ud83d\\n", "\\ud83d\\u0041",
        "\\ude00\\ud83d", "x\\\\\\ud83d y", "\\ud83d\\ud83d\\ude00"})
    for (const std::string& text : {"{\"a\":\"" + half + "\"}", "{\"" + half + "\":1}",
                                    "{\"a\":[{\"b\":[\"" + half + "\"]}]}"})
      EXPECT_NE(reason_for(text).find("half a surrogate pair"), std::string::npos) << text;
  for (const std::string other : {"\\x41", "\\u12g4", "\\ud83", "\\ud83d\\q"})
    for (const std::string& text : {"{\"a\":\"" + other + "\"}", "{\"" + other + "\":1}"})
      EXPECT_NE(reason_for(text).find("malformed"), std::string::npos) << text;
}

TEST(JsonChecker, RefusesNulWhereverItIs) {
  const std::string good = R"({"a":["x",1]})";
  for (std::size_t at = 0; at <= good.size(); ++at) {
    std::string text = good;
    text.insert(at, 1, '\0');
    EXPECT_FALSE(check(text)) << at;
  }
}

TEST(JsonChecker, RefusesAKeyThatOccursTwiceAtAnyDepthHoweverItIsSpelled) {
  const char* const twins[] = {
      R"({"a":1,"a":1})",
      R"({"a":1,"b":2,"a":3})",
      R"({"a":1,"\u0061":2})",
      R"({"x":{"a":1,"a":2}})",
      R"({"x":[{},{"y":[{"a":1,"a":2}]}]})",
      R"({"":1,"":2})",
      R"({"/":1,"\/":2})",
      "{\"\xc3\xa4\":1,\"\\u00e4\":2}",
      R"({"\ud83d\ude00":1,"\uD83D\uDE00":2})",
  };
  for (const char* text : twins) {
    const auto checked = check(text);
    ASSERT_FALSE(checked) << text;
    EXPECT_EQ(checked.error().message, "a key occurs twice in one object") << text;
  }
}

// Objects with few and with many keys are searched in different ways.
TEST(JsonChecker, FindsTwinsAmongAnyNumberOfKeys) {
  for (int keys = 1; keys <= 40; ++keys) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) text += "\"k" + std::to_string(i) + "\":0,";
    EXPECT_TRUE(check(text + "\"last\":0}")) << keys;
    for (int twin = 0; twin < keys; ++twin)
      EXPECT_FALSE(check(text + "\"k" + std::to_string(twin) + "\":0}")) << keys << " " << twin;
  }
}

TEST(JsonChecker, FollowsNestingToItsLimitAndNoFurther) {
  const auto nested = [](std::uint32_t depth, bool arrays) {
    std::string text = "{\"a\":";
    for (std::uint32_t i = 1; i < depth; ++i) text += arrays ? "[" : "{\"a\":";
    text += "1";
    for (std::uint32_t i = 1; i < depth; ++i) text += arrays ? "]" : "}";
    return text + "}";
  };
  for (const bool arrays : {true, false}) {
    EXPECT_TRUE(check(nested(kJsonDepthMax - 1, arrays)));
    EXPECT_TRUE(check(nested(kJsonDepthMax, arrays)));
    EXPECT_FALSE(check(nested(kJsonDepthMax + 1, arrays)));
    EXPECT_FALSE(check(nested(10'000, arrays)));
  }
}

TEST(JsonChecker, NeverRepeatsWhatTheTextSays) {
  for (const char* text : {"{\"patient\":\"Meier\",\"patient\":1}", "{\"Meier\":x}", "Meier"}) {
    const auto checked = check(text);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message.find("Meier"), std::string::npos);
    EXPECT_EQ(checked.error().message.find("patient"), std::string::npos);
  }
}

// Boost.JSON as a second opinion; it takes twins, which are ours to find.
bool others_take(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kJsonDepthMax;
  boost::system::error_code error;
  const boost::json::value value =
      boost::json::parse({text.data(), text.size()}, error, {}, options);
  return !error && value.is_object();
}

void compare(const std::string& text) {
  const Result<void> ours = check(text);
  const bool twins = !ours && ours.error().message == "a key occurs twice in one object";
  ASSERT_EQ(ours.has_value() || twins, others_take(text)) << text;
}

TEST(JsonChecker, AgreesWithAnotherParserOnEveryOneByteChange) {
  const std::string samples[] = {
      R"({"a":[1,-2.5e3,{"b":null}],"c":"\u0041\n","d":true,"e":false,"f":{}})",
      R"({"resourceType":"AuditEvent","recorded":"2026-11-21T09:00:00Z","n":[[],[0.1]]})",
      "{\"k\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\",\"e\":\"\\ud83d\\ude00\"}",
  };
  for (const std::string& sample : samples)
    for (std::size_t at = 0; at < sample.size(); ++at)
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = sample;
        text[at] = static_cast<char>(byte);
        compare(text);
      }
}

TEST(JsonChecker, AgreesWithAnotherParserOnEveryCutAndInsertion) {
  const std::string sample = R"({"a":[1,{"b":"x"},[]],"c":-0.5,"d":{"e":null,"f":[{}]}})";
  for (std::size_t from = 0; from < sample.size(); ++from)
    for (std::size_t length = 1; from + length <= sample.size(); ++length)
      compare(sample.substr(0, from) + sample.substr(from + length));
  for (std::size_t at = 0; at <= sample.size(); ++at)
    for (const char* piece : {"{", "}", "[", "]", ",", ":", "\"", "0", "-", "e", " ", "\\", "{}",
                              "[]", "\"z\"", "null"})
      compare(std::string{sample}.insert(at, piece));
}

}  // namespace
}  // namespace varve::api
