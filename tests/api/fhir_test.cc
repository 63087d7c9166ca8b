// FHIR's way in: what a client is answered in its own words, and that an event is kept as it was sent.
// The parser's own tests are in tests/ingest.
#include "api/ingest/fhir.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/api/site.h"

namespace varve::api {
namespace {

constexpr const char* kFhirBase = "/logs/open/fhir";
constexpr const char* kFhirEvents = "/logs/open/fhir/AuditEvent";
constexpr const char* kFhirJsonType = "application/fhir+json";
constexpr const char* kAuditEventJson = R"({ "resourceType" : "AuditEvent", "action":"R" })";
constexpr const char* kAuditEventXml = R"(<AuditEvent xmlns="http://hl7.org/fhir"/>)";

boost::json::object resource_of(const Response& response) {
  return boost::json::parse(body_of(response)).as_object();
}

std::string text_at(const boost::json::object& object, const char* pointer) {
  return std::string{boost::json::value(object).at_pointer(pointer).as_string()};
}

class Fhir : public ::testing::Test {
 protected:
  ~Fhir() override { site.stop(); }

  Response post(const std::string& target, std::string_view body, const char* type = kFhirJsonType,
                Headers headers = {}) {
    return site.post(target, type, body, "append", std::move(headers));
  }
  Response call(Method method, const std::string& target, const std::string& token) {
    return site.call({method, target, {{"authorization", "Bearer " + token}}, {}});
  }
  /// What GET answers at the address that a creation named.
  Response get_created(const Response& created) {
    return site.get(header_of(created, "location"), "read");
  }

  Site site;
};

TEST_F(Fhir, AnEventIsCreatedWithoutABodyAndIsReadAsItWasSent) {
  const Response created =
      post(kFhirEvents, kAuditEventJson, "application/fhir+json; fhirVersion=4.0");
  EXPECT_EQ(created.status, 201) << body_of(created);
  EXPECT_EQ(body_of(created), "");
  EXPECT_TRUE(header_of(created, "location").starts_with("/logs/open/fhir/AuditEvent/"));
  const Response read = get_created(created);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(body_of(read), kAuditEventJson);
  EXPECT_EQ(header_of(read, "content-type"), "application/fhir+json; fhirVersion=4.0");
}

TEST_F(Fhir, XmlIsTakenAndReadAsXml) {
  const Response created = post(kFhirEvents, kAuditEventXml, "application/xml");
  EXPECT_EQ(created.status, 201) << body_of(created);
  const Response read = get_created(created);
  EXPECT_EQ(body_of(read), kAuditEventXml);
  EXPECT_EQ(header_of(read, "content-type"), "application/fhir+xml");
}

TEST_F(Fhir, AnOutcomeComesWhenItIsPreferred) {
  const Response created =
      post(kFhirEvents, kAuditEventJson, kFhirJsonType, {{"prefer", "return=OperationOutcome"}});
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(text_at(resource_of(created), "/resourceType"), "OperationOutcome");
  EXPECT_EQ(text_at(resource_of(created), "/issue/0/severity"), "information");
}

TEST_F(Fhir, WithAnIdempotencyKeyAnEventIsTakenOnce) {
  const Headers key = {{"idempotency-key", "one"}};
  const Response first = post(kFhirEvents, kAuditEventJson, kFhirJsonType, key);
  const Response again = post(kFhirEvents, kAuditEventJson, kFhirJsonType, key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(header_of(first, "location"), header_of(again, "location"));
}

TEST_F(Fhir, ABatchIsAnsweredInItsOrderAndWhatIsRefusedLeavesTheOthers) {
  const std::string good = R"({"request":{"method":"POST","url":"AuditEvent"},"resource":)";
  const std::string body = R"({"resourceType":"Bundle","type":"batch","entry":[)" + good +
                           kAuditEventJson + "}," + good + R"({"resourceType":"Patient"}},)" +
                           good + kAuditEventJson + "}]}";
  for (const char* base : {kFhirBase, "/logs/open/fhir/"}) {
    const Response answer = post(base, body);
    ASSERT_EQ(answer.status, 200) << body_of(answer);
    const boost::json::object bundle = resource_of(answer);
    EXPECT_EQ(text_at(bundle, "/type"), "batch-response");
    EXPECT_EQ(bundle.at("entry").as_array().size(), 3U);
    EXPECT_EQ(text_at(bundle, "/entry/0/response/status"), "201 Created");
    EXPECT_EQ(text_at(bundle, "/entry/1/response/status"), "400 Bad Request");
    EXPECT_EQ(text_at(bundle, "/entry/1/response/outcome/resourceType"), "OperationOutcome");
    EXPECT_EQ(text_at(bundle, "/entry/1/response/outcome/issue/0/code"), "invalid");
    EXPECT_EQ(text_at(bundle, "/entry/2/response/status"), "201 Created");
    for (const char* entry : {"/entry/0/response/location", "/entry/2/response/location"}) {
      const std::string location = text_at(bundle, entry);
      const auto event = resource_of(
          site.get("/logs/open/events/" + location.substr(location.rfind('/') + 1), "read"));
      EXPECT_EQ(text_at(event, "/source_name"), "client/append");
      EXPECT_EQ(body_of(site.get(location, "read")), kAuditEventJson);
      const std::string index = location.substr(location.rfind('/') + 1);
      EXPECT_EQ(body_of(site.get("/logs/open/events/" + index + "/payload", "read")),
                good + kAuditEventJson + "}");
    }
  }
}

TEST_F(Fhir, AnEntryThatFitsNoRecordBesideItsMediaTypeLeavesTheOthers) {
  const std::string type = "application/fhir+json; fhirVersion=4.0";
  const std::size_t most = format::kRecordMax - format::kRecordFixedSize - type.size();
  const std::string begin = R"({"resource":{"resourceType":"AuditEvent","t":")";
  const auto entry = [&](std::size_t size) {
    return begin + std::string(size - begin.size() - 3, 'x') + R"("}})";
  };
  const Response answer = post(kFhirBase,
                               R"({"resourceType":"Bundle","type":"batch","entry":[)" +
                                   entry(most) + "," + entry(most + 1) + "]}",
                               type.c_str());
  EXPECT_EQ(text_at(resource_of(answer), "/entry/0/response/status"), "201 Created");
  EXPECT_EQ(text_at(resource_of(answer), "/entry/1/response/status"), "413 Content Too Large");
}

TEST_F(Fhir, WhatTheLogRefusesIsSaidOfEachEntryAndOfAnEvent) {
  site.log->refusal = full("the disk is full");
  const Response event = post(kFhirEvents, kAuditEventJson);
  EXPECT_EQ(event.status, 507);
  EXPECT_EQ(text_at(resource_of(event), "/issue/0/code"), "no-store");
  const Response batch =
      post(kFhirBase, std::string{R"({"resourceType":"Bundle","type":"batch",)"} +
                          R"("entry":[{"resource":)" + kAuditEventJson + "}]}");
  EXPECT_EQ(text_at(resource_of(batch), "/entry/0/response/status"), "507 Insufficient Storage");
}

TEST_F(Fhir, EveryRefusalIsAnOutcomeInTheFormatThatTheClientReads) {
  struct Case {
    Response response;
    int status;
    const char* code;
  };
  const Case cases[] = {
      {post(kFhirEvents, R"({"resourceType":"Patient"})"), 422, "invalid"},
      {post(kFhirEvents, std::string(70'000, ' '), "application/xml", {{"accept", kFhirJsonType}}),
       413, "too-long"},
      {post(kFhirEvents, kAuditEventJson, "text/plain"), 415, "not-supported"},
      {post(kFhirEvents, kAuditEventJson, kFhirJsonType, {{"if-none-exist", "x"}}), 400, "invalid"},
      {post(kFhirBase, kAuditEventXml, "application/fhir+xml", {{"accept", kFhirJsonType}}), 415,
       "not-supported"},
      {post(kFhirBase, kAuditEventJson), 422, "invalid"},
      {post(kFhirBase, "{}", kFhirJsonType, {{"idempotency-key", "one"}}), 400, "invalid"},
      {post(std::string{kFhirEvents} + "?_pretty=true", kAuditEventJson), 400, "invalid"},
      {site.post(kFhirEvents, kFhirJsonType, kAuditEventJson, "read"), 403, "forbidden"},
      {site.post(kFhirEvents, kFhirJsonType, kAuditEventJson, ""), 401, "login"},
      {call(Method::kPut, std::string{kFhirEvents} + "/0", "append"), 405, "not-supported"},
      {call(Method::kPatch, std::string{kFhirEvents} + "/0", "append"), 405, "not-supported"},
      {call(Method::kDelete, std::string{kFhirEvents} + "/0", "append"), 405, "not-supported"},
      {call(Method::kGet, std::string{kFhirEvents} + "/0", "read"), 404, "not-found"},
      {call(Method::kGet, std::string{kFhirEvents} + "/99", "read"), 404, "not-found"},
  };
  for (const auto& [response, status, code] : cases) {
    EXPECT_EQ(response.status, status) << body_of(response);
    EXPECT_EQ(text_at(resource_of(response), "/resourceType"), "OperationOutcome");
    EXPECT_EQ(text_at(resource_of(response), "/issue/0/code"), code) << body_of(response);
    EXPECT_NE(text_at(resource_of(response), "/issue/0/diagnostics"), "");
  }
  const Response xml =
      post(kFhirEvents, kAuditEventXml, kFhirJsonType, {{"accept", "application/fhir+xml"}});
  EXPECT_EQ(xml.status, 422);
  EXPECT_EQ(header_of(xml, "content-type"), "application/fhir+xml");
  EXPECT_TRUE(body_of(xml).find("<OperationOutcome xmlns=\"http://hl7.org/fhir\"><issue>") !=
              std::string::npos);
  EXPECT_EQ(header_of(post(kFhirEvents, "<", "application/xml"), "content-type"),
            "application/fhir+xml");
}

TEST_F(Fhir, TheStatementSaysWhatIsOfferedAndNothingElse) {
  const Response answer = site.get("/logs/open/fhir/metadata");
  EXPECT_EQ(answer.status, 200);
  const boost::json::object statement = resource_of(answer);
  EXPECT_EQ(text_at(statement, "/resourceType"), "CapabilityStatement");
  EXPECT_EQ(text_at(statement, "/rest/0/resource/0/type"), "AuditEvent");
  EXPECT_EQ(text_at(statement, "/rest/0/resource/0/interaction/0/code"), "create");
  EXPECT_EQ(text_at(statement, "/rest/0/resource/0/interaction/1/code"), "read");
  EXPECT_EQ(text_at(statement, "/rest/0/resource/0/interaction/2/code"), "search-type");
  EXPECT_EQ(text_at(statement, "/rest/0/resource/0/searchParam/0/name"), "action");
  EXPECT_EQ(text_at(statement, "/rest/0/interaction/0/code"), "batch");
  const Response xml =
      site.get("/logs/open/fhir/metadata", "", {{"accept", "application/fhir+xml"}});
  EXPECT_NE(body_of(xml).find("<code value=\"create\"/>"), std::string::npos) << body_of(xml);
}

}  // namespace
}  // namespace varve::api
