// The rules of docs/format/event-view.md about who is the recipient, whom an event is about, why, and where: each
// by the smallest message that shows it. What a message says besides is a gap.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/events/extract.h"

namespace varve::events {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

constexpr std::string_view kDcm = "http://dicom.nema.org/resources/ontology/DCM";

Extraction extract_fhir(const std::string& members) {
  return extract("", bytes_of(R"({"resourceType":"AuditEvent",)" + members + "}"));
}

View fhir_view(const std::string& members) {
  return extract_fhir(members).events.at(0);
}

Extraction extract_atna(const std::string& elements) {
  return extract("", bytes_of("<AuditMessage>" + elements + "</AuditMessage>"));
}

View atna_view(const std::string& elements) {
  return extract_atna(elements).events.at(0);
}

Texts gap_places(const Extraction& extraction) {
  Texts places;
  for (const Gap& gap : extraction.gaps) places.push_back(gap.place);
  return places;
}

std::string coding(std::string_view system, std::string_view code) {
  return R"({"system":")" + std::string(system) + R"(","code":")" + std::string(code) + R"("})";
}

std::string type_member(std::string_view system, std::string_view code) {
  return R"("type":)" + coding(system, code);
}

std::string subtype_member(std::string_view code) {
  return R"("subtype":[)" + coding("http://hl7.org/fhir/restful-interaction", code) + "]";
}

/// An agent in a role, with other members of its.
std::string agent(std::string_view system, std::string_view code, const std::string& members) {
  return R"({"type":{"coding":[)" + coding(system, code) + "]}," + members + "}";
}

std::string agents(const std::string& list) {
  return R"("agent":[)" + list + "]";
}

const std::string& two_who_receive() {
  static const std::string list =
      agents(agent(kDcm, "110152", R"("who":{"reference":"Device/destination"})") + "," +
             agent("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP",
                   R"("who":{"reference":"Practitioner/reader"})"));
  return list;
}

std::string atna_event(const std::string& code) {
  return R"(<EventIdentification><EventID csd-code=")" + code +
         R"(" codeSystemName="DCM"/></EventIdentification>)";
}

std::string atna_participant(const std::string& attributes, const std::string& role) {
  return "<ActiveParticipant " + attributes + R"(><RoleIDCode csd-code=")" + role +
         R"(" codeSystemName="DCM"/></ActiveParticipant>)";
}

TEST(Recipient, IsNotTheProcessThatAnswersAQuery) {
  for (const char* search : {"search", "search-type", "search-system"})
    EXPECT_THAT(fhir_view(subtype_member(search) + "," + two_who_receive()).recipients,
                ElementsAre("Practitioner/reader"))
        << search;
  EXPECT_THAT(fhir_view(type_member(kDcm, "110112") + "," + two_who_receive()).recipients,
              ElementsAre("Practitioner/reader"));
  const std::string destination = atna_participant(R"(UserID="server")", "110152");
  EXPECT_THAT(atna_view(atna_event("110112") + destination).recipients, IsEmpty());
}

TEST(Recipient, IsTheDestinationOfAnythingElse) {
  for (const char* interaction : {"create", "update", "read", "searching"})
    EXPECT_THAT(fhir_view(subtype_member(interaction) + "," + two_who_receive()).recipients,
                ElementsAre("Device/destination", "Practitioner/reader"))
        << interaction;
  for (const char* code : {"110106", "110107"})  // export and import, of what a search found too
    EXPECT_THAT(fhir_view(type_member(kDcm, code) + "," + subtype_member("search") + "," +
                          two_who_receive())
                    .recipients,
                ElementsAre("Device/destination", "Practitioner/reader"))
        << code;
  const std::string destination = atna_participant(R"(UserID="server")", "110152");
  for (const char* code : {"110106", "110110"})
    EXPECT_THAT(atna_view(atna_event(code) + destination).recipients, ElementsAre("server"));
}

TEST(Recipient, IsTheMediaOfAnExport) {
  EXPECT_THAT(fhir_view(agents(agent(kDcm, "110154", R"("name":"a DVD")"))).recipients,
              ElementsAre("a DVD"));
  EXPECT_THAT(atna_view(atna_participant(R"(UserID="DVD 7")", "110154")).recipients,
              ElementsAre("DVD 7"));
}

TEST(Recipient, IsNamedByItsIdOrNameOrAddress) {
  EXPECT_THAT(
      fhir_view(agents(agent(kDcm, "110152", R"("network":{"address":"10.0.0.1"})"))).recipients,
      ElementsAre("10.0.0.1"));
  EXPECT_THAT(
      atna_view(atna_participant(R"(UserName="n" NetworkAccessPointID="a")", "110152")).recipients,
      ElementsAre("n"));
  EXPECT_THAT(fhir_view(agents(agent(kDcm, "110152", R"("requestor":false)"))).recipients,
              IsEmpty());
}

TEST(LegalBasis, IsNoBearerToken) {
  const std::string plain = R"("requestor":true,"policy":["token"])";
  const std::string saml = agent("https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes",
                                 "UserSamlAgent", R"("policy":["token"])");
  const std::string profile =
      R"("meta":{"profile":["https://profiles.ihe.net/ITI/BALP/StructureDefinition/)";
  const std::string jti = R"({"policy":["urn:ietf:params:oauth:jti:token"]})";
  for (const std::string& members :
       {agents(saml), agents(jti),
        profile + R"(IHE.BasicAudit.OAUTHaccessTokenUse.Minimal"]},)" + agents("{" + plain + "}"),
        profile + R"(IHE.BasicAudit.SAMLaccessTokenUse.Comprehensive"]},)" +
            agents("{" + plain + "}")}) {
    const View view = fhir_view(members);
    EXPECT_TRUE(view.who.at(0).session.ends_with("token")) << members;
    EXPECT_THAT(view.legal_bases, IsEmpty()) << members;
  }
}

TEST(LegalBasis, IsThePolicyOfAnyoneElse) {
  const View view =
      fhir_view(R"("meta":{"profile":["https://profiles.ihe.net/ITI/BALP/StructureDefinition/)"
                R"(IHE.BasicAudit.OAUTHaccessTokenUse.Minimal"]},)" +
                agents(R"({"requestor":true,"policy":["token"]},{"policy":["http://consent/1"]})"));
  EXPECT_EQ(view.who.at(0).session, "token");
  EXPECT_THAT(view.legal_bases, ElementsAre("http://consent/1"));
  const Extraction two =
      extract_fhir(agents(agent("https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes",
                                "UserOauthAgent", R"("policy":["a","b"])")));
  EXPECT_EQ(two.events.at(0).who.at(0).session, "a");
  EXPECT_THAT(gap_places(two), ElementsAre("agent[0].policy[1]"));
}

TEST(LegalBasis, IsTheConsentOfADecisionByConsent) {
  const std::string consent = R"("entity":[{)" +
                              type_member("http://hl7.org/fhir/resource-types", "Consent") +
                              R"(,"what":{"reference":"Consent/1"}}])";
  const std::string decision =
      R"("subtype":[)" +
      coding("https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType", "AuthZ-Consent") + "],";
  const std::string granted = decision + R"("outcome":"0",)";
  EXPECT_THAT(fhir_view(granted + consent).legal_bases, ElementsAre("Consent/1"));
  EXPECT_EQ(fhir_view(granted + consent).what.size(), 1U);
  EXPECT_THAT(fhir_view(decision + R"("outcome":"8",)" + consent).legal_bases, IsEmpty());
  EXPECT_THAT(fhir_view(consent).legal_bases, IsEmpty());
}

TEST(Whom, IsAnObjectThatIsAPatientByItsReference) {
  for (const char* reference : {"Patient/1", "Patient/1/_history/2", "https://s/fhir/Patient/1"})
    EXPECT_THAT(
        fhir_view(R"("entity":[{"what":{"reference":")" + std::string(reference) + R"("}}])").whom,
        ElementsAre(reference));
  for (const char* reference :
       {"Observation/Patient", "Patient/", "Patient", "XPatient/1", "Patient/1/Observation/2"})
    EXPECT_THAT(
        fhir_view(R"("entity":[{"what":{"reference":")" + std::string(reference) + R"("}}])").whom,
        IsEmpty())
        << reference;
}

TEST(Whom, HasEachIdOfAPatientOnce) {
  const std::string patient =
      R"({"what":{"reference":"Patient/1","identifier":{"system":"s","value":"v"}}})";
  EXPECT_THAT(fhir_view(R"("entity":[)" + patient + "," + patient + "]").whom,
              ElementsAre("s|v", "Patient/1"));
  const Extraction r5 = extract_fhir(
      R"("patient":{"reference":"Patient/1","identifier":{"value":"v"},"display":"words"})");
  EXPECT_THAT(r5.events.at(0).whom, ElementsAre("v", "Patient/1"));
  EXPECT_THAT(gap_places(r5), ElementsAre("patient.display"));
}

TEST(Whom, HasEachRepetitionOfHl7) {
  const auto patient = [](const std::string& id) {
    return atna_view("<ParticipantObjectIdentification ParticipantObjectID=\"" + id +
                     R"(" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1"/>)");
  };
  const View two = patient("1^^^a~2^^^b");
  EXPECT_THAT(two.whom, ElementsAre("1^^^a", "2^^^b"));
  EXPECT_EQ(two.what.at(0).id, "1^^^a");
  EXPECT_THAT(two.what.at(0).alternative_ids, ElementsAre("2^^^b"));
  for (const char* no_list : {"1~2", "1^^^a~2", "~1^^^a", "1^^^a~"})
    EXPECT_THAT(patient(no_list).whom, ElementsAre(no_list));
}

TEST(Where, HasTheSiteApartFromTheService) {
  const View fhir = fhir_view(R"("source":{"site":"here","observer":{"reference":"Device/1"}})");
  const View atna = atna_view(
      R"(<AuditSourceIdentification AuditSourceID="Device/1" AuditEnterpriseSiteID="here"/>)");
  for (const View& view : {fhir, atna}) {
    EXPECT_THAT(view.where.services, ElementsAre("Device/1"));
    EXPECT_THAT(view.where.sites, ElementsAre("here"));
  }
}

TEST(Where, HasAUserDeviceAsDevice) {
  const auto source = [](const std::string& code) {
    return extract_fhir(
        R"("source":{"observer":{"reference":"Device/1","display":"tablet"},"type":[)" +
        coding("http://terminology.hl7.org/CodeSystem/security-source-type", code) + "]}");
  };
  const Extraction user_device = source("1");
  EXPECT_EQ(user_device.events.at(0).where.device, "Device/1");
  EXPECT_THAT(user_device.events.at(0).where.services, IsEmpty());
  EXPECT_THAT(gap_places(user_device), ElementsAre("source.observer.display",
                                                   "source.type[0].system", "source.type[0].code"));
  EXPECT_EQ(source("4").events.at(0).where.device, "");
  EXPECT_THAT(source("4").events.at(0).where.services, ElementsAre("Device/1", "tablet"));
}

TEST(Where, SaysTheHostOfAnEnvelopeThatTheEventContradicts) {
  const Extraction other = extract("", bytes_of("<13>Jan  2 03:04:05 relay CEF:0|v|p|1|s|n|5|"
                                                "dvchost=gate"));
  EXPECT_EQ(other.format, "syslog-3164+cef");
  EXPECT_EQ(other.events.at(0).where.device, "gate");
  EXPECT_THAT(gap_places(other), ElementsAre("header.timestamp", "header.host"));
}

TEST(Where, HasTheRequestsIdWhichIsNoObject) {
  const std::string request =
      "{" +
      type_member("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
                  "XrequestId") +
      R"(,"what":{"identifier":{"value":"r"}},"name":"n"})";
  const Extraction one = extract_fhir(R"("entity":[)" + request + "]");
  EXPECT_EQ(one.events.at(0).where.request_id, "r");
  EXPECT_TRUE(one.events.at(0).what.empty());
  EXPECT_THAT(gap_places(one), ElementsAre("entity[0].name"));
  const View two = fhir_view(R"("entity":[)" + request + "," + request + "]");
  EXPECT_EQ(two.what.size(), 1U);  // the field holds one
}

TEST(Extract, SaysWhatNoFieldHoldsBesideAnotherValue) {
  EXPECT_THAT(gap_places(extract_fhir(agents(R"({"name":"n","who":{"display":"d"}})"))),
              ElementsAre("agent[0].who.display"));
  EXPECT_THAT(gap_places(extract_fhir(agents(R"({"name":"n","who":{"display":"n"}})"))), IsEmpty());
  EXPECT_THAT(gap_places(extract_fhir(agents(R"({"who":{"identifier":{"system":"s"}}})"))),
              ElementsAre("agent[0].who.identifier.system"));
  const View observer = fhir_view(
      R"("source":{"observer":{"reference":"Device/1","identifier":{"value":"v"},"display":"d"}})");
  EXPECT_THAT(observer.where.services, ElementsAre("v", "Device/1", "d"));
}

TEST(Extract, KeepsAllTypesOfADetailAndATypeWithoutAValue) {
  const View fhir = fhir_view(
      R"("entity":[{"detail":[{"type":{"coding":[{"system":"s","code":"a","display":"A"},)"
      R"({"code":"b"}],"text":"words"},"valueString":"v"}]}])");
  EXPECT_THAT(fhir.what.at(0).fields, ElementsAre("s|a (A), b, words=v"));
  const View atna =
      atna_view(R"(<ParticipantObjectIdentification><ParticipantObjectDetail type="t" value=""/>)"
                "</ParticipantObjectIdentification>");
  EXPECT_THAT(atna.what.at(0).fields, ElementsAre("t="));
}

TEST(Emergency, IsKnownByTheBareOid) {
  for (const char* code : {"BTG", "ETREAT"}) {
    const std::string purpose =
        R"(<EventIdentification><PurposeOfUse csd-code=")" + std::string(code) +
        R"(" codeSystemName="2.16.840.1.113883.5.8"/></EventIdentification>)";
    EXPECT_TRUE(atna_view(purpose).is_emergency) << code;
  }
}

}  // namespace
}  // namespace varve::events
