// Each parameter of ITI-81 in each of its spellings asks for what it names, and what nobody understands is refused
// without what it says.
#include "ledger/query/fhir_search.h"

#include <gtest/gtest.h>

#include <set>

#include "ledger/base/month.h"
#include "ledger/query/fhir_date.h"

namespace varve::query {
namespace {

constexpr const char* kWholeEvent = R"({"resourceType":"AuditEvent",
  "type":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110106"},
  "subtype":[{"system":"http://hl7.org/fhir/restful-interaction","code":"read"}],
  "action":"R","recorded":"2026-03-01T08:00:00Z","outcome":"8",
  "agent":[{"who":{"reference":"Practitioner/5","identifier":{"system":"urn:x","value":"ann"}},"requestor":true,
    "type":{"coding":[{"system":"urn:roles","code":"nurse"}]},"network":{"address":"10.0.0.7","type":"2"}}],
  "source":{"observer":{"identifier":{"system":"urn:s","value":"ehr"}}},
  "entity":[{"what":{"reference":"Patient/7","identifier":{"system":"urn:oid:1.2.3","value":"a|b"}},
    "type":{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"1"},
    "role":{"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"4"}}]})";

std::vector<FhirParameter> posted(const Parameters& parameters) {
  std::vector<FhirParameter> out;
  for (const auto& [name, value] : parameters) out.push_back({name, value});
  return out;
}

/// Whether kWholeEvent answers.
bool is_answered(const std::string& name, const std::string& value) {
  const auto asked = parse_fhir_search(posted({{name, value}}), false);
  EXPECT_TRUE(asked) << name << ": " << (asked ? "" : asked.error().message);
  if (!asked) return false;
  EXPECT_EQ(asked->used, (Parameters{{name, value}}));
  const std::string text(kWholeEvent);
  const events::Extraction said = events::extract("application/fhir+json", bytes_of(text));
  constexpr std::uint64_t kLaterUs = 4'000'000'000'000'000;
  return search::judge(asked->query.question, said, said.events.at(0), {{}, kLaterUs}) ==
         search::Verdict::kYes;
}

struct Spelling {
  const char* name;
  std::vector<std::string> found;
  std::vector<std::string> not_found;
};

const std::vector<Spelling>& spellings() {
  static const std::vector<Spelling> all = {
      {"action", {"R", "C,R", "http://hl7.org/fhir/audit-event-action|R"}, {"C", "U,D"}},
      {"address", {"10.0.0.7"}, {"10.0.0"}},
      {"agent", {"Practitioner/5"}, {"Practitioner/6", "urn:x|bob"}},
      {"agent.identifier", {"urn:x|ann", "ann"}, {"urn:y|ann", "|ann", "bob"}},
      {"agent-role", {"urn:roles|nurse", "nurse"}, {"110106"}},
      {"date", {"2026-03-01", "ge2026-03", "lt2027"}, {"2026-03-02", "gt2026-03-01T08:00:00Z"}},
      {"entity", {"Patient/7"}, {"Patient/8"}},
      {"entity.identifier", {R"(urn:oid:1.2.3|a\|b)"}, {"urn:oid:1.2.3|a"}},
      {"entity-role",
       {"4", "http://terminology.hl7.org/CodeSystem/object-role|4"},
       {"1", "urn:x|4"}},
      {"entity-type", {"1"}, {"4", "2"}},
      {"identity", {R"(c,urn:oid:1.2.3|a\|b)"}, {"c"}},
      {"object-type", {"2,1"}, {"4"}},
      {"outcome",
       {"8", "http://terminology.hl7.org/CodeSystem/audit-event-outcome|8", "0,8"},
       {"0"}},
      {"patient", {"7", "Patient/7"}, {"Patient/8", "https://server/Patient/7"}},
      {"patient.identifier", {R"(urn:oid:1.2.3|a\|b)"}, {"urn:oid:1.2.3|a"}},
      {"role", {"4"}, {"1"}},
      {"source", {"urn:s|ehr"}, {"urn:s|lab"}},
      {"source.identifier", {"ehr"}, {"lab"}},
      {"subtype", {"read"}, {"vread"}},
      {"type", {"http://dicom.nema.org/resources/ontology/DCM|110106", "110106"}, {"110107"}},
      {"user", {"ann"}, {"bob"}},
  };
  return all;
}

TEST(FhirParameters, AskForWhatTheyName) {
  std::set<std::string_view> tried;
  for (const auto& [name, found, not_found] : spellings()) {
    tried.insert(name);
    for (const std::string& value : found) EXPECT_TRUE(is_answered(name, value)) << name << value;
    for (const std::string& value : not_found)
      EXPECT_FALSE(is_answered(name, value)) << name << value;
  }
  std::set<std::string_view> told;
  for (const FhirParameterName& parameter : fhir_parameter_names()) told.insert(parameter.name);
  EXPECT_EQ(tried, told) << "each that clients are told of, and no other";
}

// Senders write codes without their system, and ATNA has its own.
TEST(FhirParameters, OfAnEntityFindACodeOfNoSystemAndOfAtna) {
  const auto answers = [](const char* name, const std::string& said) {
    const auto asked = parse_fhir_search(posted({{name, "4"}}), false);
    CHECK(asked);
    return asked->query.question.conditions.front().any_of.has(said);
  };
  for (const char* name : {"entity-type", "object-type"}) {
    EXPECT_TRUE(answers(name, "4") && answers(name, "ParticipantObjectTypeCode|4")) << name;
    EXPECT_FALSE(answers(name, "ParticipantObjectTypeCodeRole|4")) << name;
  }
  for (const char* name : {"entity-role", "role"}) {
    EXPECT_TRUE(answers(name, "4") && answers(name, "ParticipantObjectTypeCodeRole|4")) << name;
    EXPECT_FALSE(answers(name, "ParticipantObjectTypeCode|4")) << name;
  }
}

TEST(FhirParameters, ThatComeAgainHaveToHoldToo) {
  const auto asked = parse_fhir_search(
      posted({{"date", "ge2026-03-01"}, {"date", "lt2026-03-02"}, {"type", "a"}, {"type", "b"}}),
      false);
  ASSERT_TRUE(asked);
  EXPECT_EQ(*asked->query.question.until_us - *asked->query.question.from_us, 86'400'000'000U);
  EXPECT_EQ(asked->query.question.conditions.size(), 2U);
}

TEST(FhirParameters, ThatMayNameAPersonStandInNoUrl) {
  std::set<std::string> refused;
  for (const auto& [name, found, not_found] : spellings()) {
    const auto asked = parse_fhir_search({{name, found.front(), true}}, false);
    const auto in_body = parse_fhir_search({{name, found.front(), false}}, false);
    ASSERT_TRUE(in_body);
    EXPECT_EQ(in_body->names_a_person, !asked.has_value()) << name;
    if (asked) continue;
    EXPECT_NE(asked.error().message.find("POST it"), std::string::npos) << asked.error().message;
    refused.insert(name);
  }
  EXPECT_EQ(refused,
            (std::set<std::string>{"address", "agent", "agent.identifier", "entity",
                                   "entity.identifier", "identity", "patient", "patient.identifier",
                                   "source", "source.identifier", "user"}));
}

TEST(FhirParameters, AreRefusedWithTheNameAndWithoutWhatTheySay) {
  const std::pair<Parameters, const char*> wrong[] = {
      {{{"secret", "1"}}, "a parameter is none of: _id, _count"},
      {{{"patient.name", "secret"}}, "a parameter is none of"},
      {{{"patient:exact", "secret"}}, "patient: modifiers"},
      {{{"type:missing", "true"}}, "type: modifiers"},
      {{{"_sort:secret", "x"}}, "_sort: modifiers"},
      {{{"patient.identifier", ""}}, "patient.identifier: a value is empty"},
      {{{"patient.identifier", "secret,"}}, "patient.identifier: a value is empty"},
      {{{"patient.identifier", "secret|"}}, "patient.identifier: a system"},
      {{{"patient.identifier", R"(secret\|7)"}}, "patient.identifier: a value with a bar"},
      {{{"entity", "secret"}}, "entity: a reference with its type"},
      {{{"date", "secret"}}, "date: a year"},
      {{{"date", "ne2026"}}, "date: of the prefixes"},
      {{{"date", "ap2026"}}, "date: of the prefixes"},
      {{{"_count", "secret"}}, "_count: a number"},
      {{{"_count", "-1"}}, "_count: a number"},
      {{{"_sort", "-date"}}, "_sort: the order is that of the log"},
      {{{"_summary", "text"}}, "_summary: count or false"},
      {{{"_format", "secret"}}, "_format: json"},
      {{{"_id", "1,2"}}, "_id: one record"},
      {{{"_id", "1"}, {"_id", "2"}}, "_id: it is given twice"},
      {{{"_count", "1"}, {"_count", "2"}}, "_count: it is given twice"},
      {{{"_cursor", ""}}, "_cursor: one"},
      {{{"_cursor", "secret"}, {"_cursor", "secret"}}, "_cursor: one"},
      {{{"_cursor", "secret"}, {"type", "secret"}}, "_cursor: "},
      {{{"type", std::string(kFhirParametersMax, 'x')}}, "more than 2048 bytes"},
      {Parameters(kFhirParameterCountMax + 1, {"type", "x"}), "more than 32 parameters"},
  };
  for (const auto& [parameters, why] : wrong) {
    const auto asked = parse_fhir_search(posted(parameters), false);
    ASSERT_FALSE(asked) << why;
    EXPECT_NE(asked.error().message.find(why), std::string::npos) << asked.error().message;
    EXPECT_EQ(asked.error().message.find("secret"), std::string::npos) << asked.error().message;
  }
}

TEST(FhirParameters, ThatNobodyKnowsAreIgnoredOnRequestAndModifiersNever) {
  const auto asked =
      parse_fhir_search(posted({{"secret", "1"}, {"type", "a"}, {"x:y", "2"}}), true);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->ignored, 2U);
  EXPECT_EQ(asked->used, (Parameters{{"type", "a"}}));
  EXPECT_FALSE(parse_fhir_search(posted({{"type:not", "a"}}), true));
  EXPECT_FALSE(parse_fhir_search(posted({{"_sort", "-date"}}), true));
}

TEST(FhirParameters, OfTheSearchItselfSayHowMuchAndInWhichOrder) {
  const auto of = [](const Parameters& parameters) {
    auto asked = parse_fhir_search(posted(parameters), false);
    CHECK(asked);
    return std::move(*asked);
  };
  EXPECT_EQ(of({}).query.limit, 100U);
  EXPECT_EQ(of({{"_count", "7"}}).query.limit, 7U);
  EXPECT_EQ(of({{"_count", "18446744073709551615"}}).query.limit, kLimitMax)
      << "fewer may be given";
  EXPECT_TRUE(of({{"_count", "0"}}).counts);
  EXPECT_TRUE(of({{"_summary", "count"}, {"_count", "7"}}).counts);
  EXPECT_FALSE(of({{"_summary", "false"}}).counts);
  EXPECT_EQ(of({}).query.order, Order::kNewest);
  EXPECT_EQ(of({{"_sort", "_lastUpdated"}}).query.order, Order::kOldest);
  EXPECT_TRUE(of({{"_format", "application/fhir+xml"}}).wants_xml);
  EXPECT_FALSE(of({{"_format", "json"}}).wants_xml);
  EXPECT_EQ(of({{"_format", "json"}, {"_cursor", "abc"}}).cursor, "abc");
}

std::string period_text(const std::string& value) {
  const auto period = fhir_period(value);
  if (!period) return "refused";
  const auto text = [](const std::optional<std::uint64_t>& us) {
    if (us == UINT64_MAX) return std::string("never");
    return us ? time_text(*us) + (*us % 1'000'000 == 0 ? "" : "+" + std::to_string(*us % 1'000'000))
              : "";
  };
  return text(period->from_us) + " " + text(period->until_us);
}

TEST(FhirDates, AreAsLongAsTheyAreWritten) {
  const std::pair<const char*, const char*> cases[] = {
      {"2026", "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z"},
      {"2024-02", "2024-02-01T00:00:00Z 2024-03-01T00:00:00Z"},
      {"2026-12", "2026-12-01T00:00:00Z 2027-01-01T00:00:00Z"},
      {"eq2024-02-29", "2024-02-29T00:00:00Z 2024-03-01T00:00:00Z"},
      {"2026-03-01T08:00Z", "2026-03-01T08:00:00Z 2026-03-01T08:01:00Z"},
      {"2026-03-01T08:00", "2026-03-01T08:00:00Z 2026-03-01T08:01:00Z"},
      {"2026-03-01T08:00:00+01:00", "2026-03-01T07:00:00Z 2026-03-01T07:00:01Z"},
      {"2026-03-01T08:00:00.25Z", "2026-03-01T08:00:00Z+250000 2026-03-01T08:00:00Z+260000"},
      {"2026-03-01T08:00:00.1234567Z", "2026-03-01T08:00:00Z+123456 2026-03-01T08:00:00Z+123457"},
      {"ge2026-03-01", "2026-03-01T00:00:00Z "},
      {"gt2026-03-01", "2026-03-02T00:00:00Z "},
      {"sa2026-03-01", "2026-03-02T00:00:00Z "},
      {"le2026-03-01", " 2026-03-02T00:00:00Z"},
      {"lt2026-03-01", " 2026-03-01T00:00:00Z"},
      {"eb2026-03-01", " 2026-03-01T00:00:00Z"},
      {"1970", "1970-01-01T00:00:00Z 1971-01-01T00:00:00Z"},
      {"1969", "1970-01-01T00:00:00Z 1970-01-01T00:00:00Z"},  // nothing
      {"ge1900-01-01", "1970-01-01T00:00:00Z "},
      {"gt0001", "1970-01-01T00:00:00Z "},
      {"le1969-12-31T23:59:59Z", " 1970-01-01T00:00:00Z"},
      {"le1970-01-01T00:30:00+01:00", " 1970-01-01T00:00:00Z"},
      {"ge1969-12-31T23:30:00-01:00", "1970-01-01T00:30:00Z "},
      {"2199-12", "2199-12-01T00:00:00Z 2200-01-01T00:00:00Z"},
      {"9999", "never never"},
      {"ge2200-01-01", "never "},
      {"le9999-12-31", " never"},
      {"le9996-02-29", " never"},
      {"le9999-02-29", "refused"},
      {"ge1600-02-29", "1970-01-01T00:00:00Z "},
      {"ge1500-02-29", "refused"},
      {"99999", "refused"},
      {"x999", "refused"},
      {"2026-02-30", "refused"},
      {"2026-13", "refused"},
      {"202", "refused"},
      {"2026-3-1", "refused"},
      {"2026-03-01T", "refused"},
      {"2026-03-01T08", "refused"},
      {"2026Z", "refused"},
      {"", "refused"},
      {"ge", "refused"},
      {"g", "refused"},
      {"GE2026", "refused"},
  };
  for (const auto& [value, expected] : cases) EXPECT_EQ(period_text(value), expected) << value;
}

TEST(FhirCursors, HoldTheQuestionAndRefuseToBeCut) {
  const FhirCursor cursor{LeafIndex{7}, {{"patient", "secret"}, {"_count", "7"}}};
  const Buffer bytes = encode_fhir_cursor(cursor);
  EXPECT_EQ(bytes.size(), 256U) << "whatever is asked, as long as it is short";
  const auto again = decode_fhir_cursor(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->at, cursor.at);
  EXPECT_EQ(again->used, cursor.used);
  for (std::size_t size = 0; size < 30; ++size)
    EXPECT_FALSE(decode_fhir_cursor(Bytes{bytes}.first(size))) << size;
  const Parameters most(kFhirParameterCountMax, {std::string(32, 'n'), std::string(32, 'v')});
  EXPECT_EQ(decode_fhir_cursor(encode_fhir_cursor({LeafIndex{7}, most}))->used, most);
}

}  // namespace
}  // namespace varve::query
