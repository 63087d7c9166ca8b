// Whatever arrives: no crash, bounded, and never a guess. What is not understood is said.
#include <gtest/gtest.h>

#include "ledger/events/extract.h"
#include "ledger/events/render.h"

namespace varve::events {
namespace {

Extraction read(std::string_view text) {
  return extract("", bytes_of(text));
}

bool says(const Extraction& extraction, std::string_view reason) {
  for (const Gap& gap : extraction.gaps)
    if (gap.reason.find(reason) != std::string::npos) return true;
  return false;
}

bool has_gap_at(const Extraction& extraction, std::string_view place) {
  for (const Gap& gap : extraction.gaps)
    if (gap.place == place) return true;
  return false;
}

const std::vector<std::string>& one_of_each() {
  static const std::vector<std::string> payloads = {
      R"({"resourceType":"AuditEvent","action":"R","recorded":"2020-01-01T00:00:00Z",)"
      R"("agent":[{"who":{"identifier":{"system":"s","value":"v"}},"requestor":true}]})",
      R"(<AuditEvent xmlns="http://hl7.org/fhir"><action value="R"/></AuditEvent>)",
      R"(<85>1 2020-01-01T00:00:00Z h a p m [x a="b\]"] <AuditMessage><EventIdentification)"
      R"( EventActionCode="E"/></AuditMessage>)",
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":)"
      R"({"stringValue":"x"}}]}]}]})",
      R"({"eventVersion":"1","eventSource":"s","eventName":"n","userIdentity":{"arn":"a"}})",
      R"({"@timestamp":"2020-01-01T00:00:00Z","event":{"action":"a"},"user.name":"u"})",
      R"({"class_uid":1,"metadata":{"uid":"u"},"time":1})",
      "{\"index\":{\"_id\":\"1\"}}\n{\"user\":\"u\\u00e9\\ud83d\\ude00\",\"n\":-1.5e+9}",
      "CEF:0|v|p|1|s|n|5|suser=a src=1.1.1.1 msg=x\\=y rt=1",
      "type=USER_ACCT msg=audit(1.001:2): uid=0 auid=1 msg='acct=\"r\" res=success'\n",
      "NOTICE:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,t,\"a \"\"b\"\"\",<none>",
      "<13>Jan  2 03:04:05 host app[1]: text"};
  return payloads;
}

TEST(Extract, ReadsOneOfEachFormat) {
  const std::vector<std::string> formats = {"fhir-json",  "fhir-xml", "syslog+atna", "otlp-json",
                                            "cloudtrail", "ecs",      "ocsf",        "es-bulk+json",
                                            "cef",        "auditd",   "pgaudit",     "syslog-3164"};
  ASSERT_EQ(formats.size(), one_of_each().size());
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const Extraction extraction = read(one_of_each()[i]);
    EXPECT_EQ(extraction.format, formats[i]);
    EXPECT_EQ(extraction.events.size(), 1U) << formats[i];
  }
}

TEST(Extract, SurvivesACutAtEachByteAndEachByteChanged) {
  for (const std::string& whole : one_of_each()) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const Extraction cut = read(whole.substr(0, length));
      EXPECT_TRUE(!cut.events.empty() || !cut.gaps.empty()) << whole.substr(0, length);
      for (const char byte : {'\0', '"', '<', '\\', '\xff', '9'}) {
        std::string changed = whole;
        changed[length] = byte;
        EXPECT_FALSE(explain(read(changed)).empty());
      }
    }
  }
}

TEST(Extract, TakesNothingFromADocumentThatIsCut) {
  for (std::size_t i : {0U, 1U, 3U, 4U, 5U, 6U}) {  // JSON and XML: no part of them is a document
    const std::string& whole = one_of_each()[i];
    for (std::size_t length = 0; length < whole.size(); ++length)
      EXPECT_TRUE(read(whole.substr(0, length)).events.empty()) << whole.substr(0, length);
  }
}

TEST(Extract, RefusesDeepNestingInJsonAndXml) {
  std::string json = "{\"a\":";
  std::string xml;
  for (int i = 0; i < 10'000; ++i) json += "[";
  for (int i = 0; i < 10'000; ++i) xml += "<a>";
  EXPECT_TRUE(says(read(json), "nested too deep"));
  EXPECT_TRUE(says(read(xml), "nested too deep"));
}

TEST(Extract, RefusesAnyDtdBeforeAnEntityIsDeclared) {
  const std::string bomb =
      "<!DOCTYPE AuditMessage [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
      "<AuditMessage>&b;</AuditMessage>";
  const std::string external =
      "<?xml version=\"1.0\"?><!DOCTYPE x SYSTEM \"file:///etc/passwd\"><AuditMessage/>";
  for (const std::string& xml : {bomb, external}) {
    const Extraction extraction = read(xml);
    EXPECT_TRUE(says(extraction, "it has a DTD"));
    EXPECT_TRUE(extraction.events.empty());
  }
  EXPECT_TRUE(read("<AuditMessage>&undeclared;</AuditMessage>").events.empty());
}

TEST(Extract, DoesNotTakeAnElementOfAnotherNamespaceForAnEvent) {
  for (const char* xml : {R"(<AuditEvent xmlns="urn:other"><action value="R"/></AuditEvent>)",
                          R"(<AuditEvent><action value="R"/></AuditEvent>)",
                          R"(<AuditMessage xmlns="urn:other"/>)"}) {
    const Extraction extraction = read(xml);
    EXPECT_TRUE(extraction.events.empty()) << xml;
    EXPECT_TRUE(says(extraction, "no format has this root element")) << xml;
  }
}

TEST(Extract, TakesNeitherOfTwoMembersOfOneName) {
  const Extraction twice = read(R"({"user":"a","user":"b","action":"x"})");
  ASSERT_EQ(twice.events.size(), 1U);
  EXPECT_TRUE(twice.events[0].who.empty());
  EXPECT_TRUE(has_gap_at(twice, "user[0]") && has_gap_at(twice, "user[1]"));
  EXPECT_TRUE(says(twice, "occurs twice"));
  const Extraction below =
      read(R"({"resourceType":"AuditEvent","agent":[{"who":{"reference":"a"}}],)"
           R"("agent":[{"who":{"reference":"b"}}]})");
  EXPECT_TRUE(below.events.at(0).who.empty());
  EXPECT_EQ(below.gaps.size(), 2U);
  const Extraction cef = read("CEF:0|v|p|1|s|n|5|suser=a suser=b");
  EXPECT_TRUE(cef.events.at(0).who.empty());
  EXPECT_EQ(cef.gaps.size(), 2U);
}

TEST(Extract, ListsAtMostSoManyGapsAndCountsTheOthers) {
  std::string json = "{\"user\":\"u\"";
  for (std::size_t i = 0; i < kGapsMax + 10; ++i) json += ",\"x" + std::to_string(i) + "\":1";
  const Extraction many = read(json + "}");
  EXPECT_EQ(many.gaps.size(), kGapsMax);
  EXPECT_EQ(many.gaps_left_off, 10U);
}

TEST(Extract, ReadsNothingThatIsTooLong) {
  const Extraction huge = read(std::string(kPayloadMax + 1, '{'));
  EXPECT_TRUE(huge.events.empty());
  EXPECT_TRUE(says(huge, "longer than"));
}

TEST(Extract, DoesNotGuessTimesActionsOrOutcomes) {
  const Extraction odd = read(R"({"resourceType":"AuditEvent","action":"X","outcome":"7",)"
                              R"("recorded":"2020-01-01T00:00:00"})");
  const View& view = odd.events.at(0);
  EXPECT_EQ(view.action, "X");
  EXPECT_EQ(view.outcome, "7");
  EXPECT_FALSE(view.when.unix_ns.has_value());
  EXPECT_EQ(odd.gaps.size(), 3U);
  for (const char* number : {"-1", "9223372036854775808", "1.5", "99999999999999999999999"}) {
    const Extraction time =
        read(std::string(R"({"class_uid":1,"metadata":{},"time":)") + number + "}");
    EXPECT_FALSE(time.events.at(0).when.unix_ns.has_value()) << number;
    EXPECT_TRUE(has_gap_at(time, "time")) << number;
  }
}

// An element named "value" is not the attribute of that name.
TEST(Extract, ReadsAnIdentifierInXmlThatHasNoSystem) {
  const Extraction xml = read(
      R"(<AuditEvent xmlns="http://hl7.org/fhir"><agent><who><identifier><value value="urn:x"/>)"
      R"(</identifier></who></agent></AuditEvent>)");
  EXPECT_EQ(xml.events.at(0).who.at(0).id, "urn:x");
  EXPECT_TRUE(xml.gaps.empty());
}

// auditd of old writes "(hostname=?, addr=?, terminal=cron res=success)".
TEST(Extract, ReadsFieldsOfAuditdBetweenBracketsAndCommas) {
  const Extraction old = read(
      "type=USER_END msg=audit(1.001:2): user auid=5 msg='x : exe=\"/e\" "
      "(hostname=?, addr=10.0.0.1, terminal=cron res=success)'");
  const View& view = old.events.at(0);
  EXPECT_EQ(view.who.at(0).id, "auid=5");
  EXPECT_EQ(view.who.at(0).address, "10.0.0.1");
  EXPECT_EQ(view.outcome, "success");
}

TEST(Extract, KeepsTheFirstOfTwoValuesForOneFieldAndSaysTheOther) {
  const Extraction otlp = read(
      R"({"scopeLogs":[{"logRecords":[{"attributes":[{"key":"user.id","value":{"stringValue":"a"}},)"
      R"({"key":"enduser.id","value":{"stringValue":"b"}}]}]}]})");
  EXPECT_EQ(otlp.events.at(0).who.at(0).id, "a");
  EXPECT_TRUE(has_gap_at(otlp, "scopeLogs[0].logRecords[0].attributes[1].value.stringValue"));
  const Extraction audit = read(
      "type=A msg=audit(1.001:2): op=x hostname=h\n"
      "type=B msg=audit(1.001:2): op=y hostname=i");
  EXPECT_EQ(audit.events.at(0).action, "x");
  EXPECT_TRUE(has_gap_at(audit, "1.001:2.B.op") && has_gap_at(audit, "1.001:2.B.hostname"));
}

TEST(Extract, ReadsWhatR5CallsOtherwise) {
  const Extraction r5 =
      read(R"({"resourceType":"AuditEvent","category":[{"coding":[{"system":"c","code":"rest"}]}],)"
           R"("code":{"coding":[{"system":"c","code":"read"}]},"outcome":{"code":{"system":"o",)"
           R"("code":"0"}},"authorization":[{"coding":[{"system":)"
           R"("http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"BTG"}]}],)"
           R"("patient":{"reference":"Patient/1"},"agent":[{"who":{"reference":"Practitioner/2"},)"
           R"("networkString":"10.0.0.1"}]})");
  const View& view = r5.events.at(0);
  EXPECT_EQ(view.types.size(), 2U);
  EXPECT_EQ(view.outcome, "o|0");
  EXPECT_EQ(view.whom, std::vector<std::string>{"Patient/1"});
  EXPECT_EQ(view.who.at(0).address, "10.0.0.1");
  EXPECT_TRUE(view.is_emergency);
  EXPECT_TRUE(r5.gaps.empty());
}

TEST(Extract, KnowsInstantsAcrossZones) {
  for (const char* time : {"2020-02-29T00:30:00+01:00", "2020-02-28T23:30:00Z"}) {
    const Extraction at = read(std::string(R"({"user":"u","timestamp":")") + time + "\"}");
    EXPECT_EQ(at.events.at(0).when.unix_ns, 1'582'932'600'000'000'000) << time;
  }
}

std::string otlp_of(std::size_t service, std::size_t records) {
  std::string text = R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":)"
                     R"({"stringValue":")" +
                     std::string(service, 's') + R"("}}]},"scopeLogs":[{"logRecords":[{})";
  for (std::size_t k = 1; k < records; ++k) text += ",{}";
  return text + "]}]}]}";
}

// Of the bytes that all events share and of their number: each as much as is read, and one more.
TEST(Extract, CountsTheEventsThatFindNoRoom) {
  const std::size_t tenth = kSharedMax / 10 - sizeof(std::string);
  const std::pair<std::string, std::size_t> cases[] = {{otlp_of(tenth, 10), 0},
                                                       {otlp_of(tenth, 11), 1},
                                                       {otlp_of(1, kEventsMax), 0},
                                                       {otlp_of(1, kEventsMax + 2), 2}};
  for (const auto& [text, left_off] : cases) {
    const Extraction said = read(text);
    EXPECT_EQ(said.events_left_off, left_off);
    EXPECT_EQ(has_gap_at(said, "logRecords"), left_off != 0);
  }
  std::string lines = "type=A msg=audit(1.001:0): auid=1\n";
  for (std::size_t k = 1; k <= kEventsMax; ++k)
    lines += "type=A msg=audit(1.001:" + std::to_string(k) + "): auid=1\n";
  EXPECT_EQ(read(lines + "no line\n").events_left_off, 1U);
  EXPECT_EQ(read(lines.substr(lines.find('\n') + 1) + "no line\n").events_left_off, 0U);
}

TEST(Explain, SpellsOutControlCharacters) {
  const std::string text = explain(read("{\"user\":\"a\\u001b[2J\\nwho: root\\u202e\"}"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\nwho: root"), std::string::npos);
  EXPECT_NE(text.find("a\\x1b[2J\\x0awho: root\\u202e"), std::string::npos) << text;
}

}  // namespace
}  // namespace varve::events
