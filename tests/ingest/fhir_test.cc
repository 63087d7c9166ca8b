// AuditEvents and Bundles of them: which slice of the body an event is, and which entries are refused.
#include "api/ingest/fhir.h"

#include <gtest/gtest.h>

namespace varve::api {
namespace {

constexpr std::size_t kEntryMost = 65'000;  // bytes of an entry
constexpr std::string_view kEvent = R"({"resourceType":"AuditEvent"})";

std::string bundle_of(std::string_view entries) {
  return R"({"resourceType":"Bundle","type":"batch","entry":[)" + std::string{entries} + "]}";
}

/// Keeps the body that the entries view.
struct ParsedBundle {
  explicit ParsedBundle(std::string_view text)
      : body(to_buffer(bytes_of(text))), result(parse_fhir_bundle(body, kEntryMost)) {
    EXPECT_EQ(text_of(body), text);
  }
  Buffer body;
  Result<std::vector<FhirEntry>> result;
};

/// 0: taken. -1: the Bundle as a whole is refused.
int status_of_entry(std::string_view entry) {
  const ParsedBundle parsed(bundle_of(entry));
  if (!parsed.result || parsed.result->size() != 1) return -1;
  return (*parsed.result)[0].refusal ? (*parsed.result)[0].refusal->status : 0;
}

bool takes_json(std::string_view text) {
  Buffer body = to_buffer(bytes_of(text));
  const bool taken = check_fhir_json(body).has_value();
  EXPECT_EQ(text_of(body), text);
  return taken;
}

TEST(FhirBundle, AnEventIsTheSliceOfItsEntryInTheOrderOfTheBundle) {
  const std::string first =
      R"({ "fullUrl" : "urn:uuid:1", "resource" : {"id":"a", "resourceType":"AuditEvent"} })";
  const std::string second =
      R"({"request":{"url":"AuditEvent","method":"POST"},"resource":{"resourceType":"AuditEvent"}})";
  const ParsedBundle parsed(bundle_of(first + " ,\n" + second));
  ASSERT_TRUE(parsed.result) << parsed.result.error().message;
  ASSERT_EQ(parsed.result->size(), 2U);
  EXPECT_EQ((*parsed.result)[0].slice, first);
  EXPECT_EQ((*parsed.result)[1].slice, second);
  for (const FhirEntry& entry : *parsed.result) EXPECT_FALSE(entry.refusal);
}

TEST(FhirBundle, MembersOfTheBundleStandInAnyOrder) {
  const ParsedBundle parsed(
      R"({"entry":[{"resource":{"resourceType":"AuditEvent"}}],"id":"x","type":"batch",)"
      R"("resourceType":"Bundle"})");
  ASSERT_TRUE(parsed.result) << parsed.result.error().message;
  EXPECT_EQ(parsed.result->size(), 1U);
}

TEST(FhirBundle, AnEntryIsRefusedForItselfAlone) {
  const std::string resource = R"("resource":{"resourceType":"AuditEvent"})";
  EXPECT_EQ(status_of_entry("{" + resource + "}"), 0);
  EXPECT_EQ(status_of_entry("{" + resource + R"(,"request":{"method":"POST"}})"), 0);
  EXPECT_EQ(status_of_entry("{" + resource + R"(,"request":{"method":"PUT"}})"), 405);
  EXPECT_EQ(status_of_entry("{" + resource + R"(,"request":{"method":"DELETE"}})"), 405);
  EXPECT_EQ(status_of_entry("{" + resource + R"(,"request":{"method":7}})"), 405);
  EXPECT_EQ(status_of_entry("{" + resource + R"(,"request":[{"method":"POST"}]})"), 405);
  EXPECT_EQ(status_of_entry("{" + resource + R"(,"request":{"method":"POST","ifNoneExist":"x"}})"),
            400);
  EXPECT_EQ(status_of_entry(R"({"resource":{"resourceType":"Patient"}})"), 400);
  EXPECT_EQ(status_of_entry(R"({"resource":{"id":"AuditEvent"}})"), 400);
  EXPECT_EQ(status_of_entry(R"({"resource":"AuditEvent"})"), 400);
  EXPECT_EQ(status_of_entry("{}"), 400);
}

TEST(FhirBundle, AnEntryThatNoRecordHoldsIsRefusedAndOneByteLessIsNot) {
  const std::string begin = R"({"resource":{"resourceType":"AuditEvent","t":")";
  const std::string end = R"("}})";
  const std::size_t fill = kEntryMost - begin.size() - end.size();
  EXPECT_EQ(status_of_entry(begin + std::string(fill, 'x') + end), 0);
  EXPECT_EQ(status_of_entry(begin + std::string(fill + 1, 'x') + end), 413);
}

TEST(FhirBundle, IsRefusedAsAWhole) {
  for (const char* text :
       {"", "[]", "{", R"({"resourceType":"Bundle","type":"batch"})",
        R"({"resourceType":"Bundle","type":"batch","entry":[]})",
        R"({"resourceType":"Bundle","type":"batch","entry":{}})",
        R"({"resourceType":"Bundle","type":"batch","entry":[1]})",
        R"({"resourceType":"Bundle","type":"transaction","entry":[{}]})",
        R"({"resourceType":"AuditEvent","type":"batch","entry":[{}]})",
        R"({"resourceType":"Bundle","type":"batch","type":"batch","entry":[{}]})"})
    EXPECT_FALSE(ParsedBundle(text).result) << text;
}

TEST(FhirBundle, WithMoreEntriesThanAnAnswerHasRoomForIsRefused) {
  std::string entries = "{}";
  for (std::size_t k = 1; k < kFhirEntriesMax; ++k) entries += ",{}";
  EXPECT_TRUE(ParsedBundle(bundle_of(entries)).result);
  EXPECT_FALSE(ParsedBundle(bundle_of(entries + ",{}")).result);
}

TEST(FhirBundle, CutAnywhereIsRefused) {
  const std::string whole = bundle_of(R"({"resource":{"resourceType":"AuditEvent"}})");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(ParsedBundle(whole.substr(0, size)).result) << size;
}

TEST(FhirJson, TakesAnAuditEventAndNothingElse) {
  EXPECT_TRUE(takes_json(kEvent));
  EXPECT_TRUE(takes_json(R"( {"a":[{}],"resourceType":"AuditEvent"} )"));
  for (const char* text :
       {"", "null", R"("AuditEvent")", R"({"resourceType":"Patient"})", R"({"resourceType":1})",
        R"({"resourceType":"AuditEvent","resourceType":"AuditEvent"})",
        R"({"resourceType":"AuditEvent"}{})", R"({"resource":{"resourceType":"AuditEvent"}})"})
    EXPECT_FALSE(takes_json(text)) << text;
}

TEST(FhirXml, TakesAnAuditEventInItsNamespaceAndNothingElse) {
  EXPECT_TRUE(check_fhir_xml(bytes_of(R"(<AuditEvent xmlns="http://hl7.org/fhir"/>)")));
  EXPECT_TRUE(check_fhir_xml(bytes_of(R"(<f:AuditEvent xmlns:f="http://hl7.org/fhir"/>)")));
  for (const char* text :
       {"", "{}", "<AuditEvent/>", R"(<Patient xmlns="http://hl7.org/fhir"/>)",
        R"(<AuditEvent xmlns="http://hl7.org/fhir">)",
        R"(<!DOCTYPE a [<!ENTITY e "x">]><AuditEvent xmlns="http://hl7.org/fhir"/>)"})
    EXPECT_FALSE(check_fhir_xml(bytes_of(text))) << text;
}

TEST(FhirJson, IsFoundAloneAndInItsEntry) {
  EXPECT_EQ(*find_fhir_json(bytes_of(kEvent)), kEvent);
  const std::string entry = R"({"fullUrl":"u","resource": )" + std::string{kEvent} + "}";
  EXPECT_EQ(*find_fhir_json(bytes_of(entry)), kEvent);
  EXPECT_FALSE(find_fhir_json(bytes_of(R"({"resource":{"resourceType":"Patient"}})")));
  EXPECT_FALSE(find_fhir_json(bytes_of("no JSON")));
}

}  // namespace
}  // namespace varve::api
