// ITI-81 over HTTP: pages of a Bundle that leave nothing out, links that name nobody, and refusals that a client of
// FHIR reads.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/sealed_text.h"
#include "ledger/format/access.h"
#include "tests/access/replace_tokens.h"
#include "tests/api/on_record.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

constexpr const char* kBase = "/logs/open/fhir/AuditEvent";
constexpr const char* kJsonType = "application/fhir+json";

std::string audit_event(const std::string& patient, const std::string& action) {
  return R"({ "resourceType":"AuditEvent","action":")" + action +
         R"(","entity":[{"what":{"identifier":{"system":"urn:p","value":")" + patient +
         R"("}},"role":{"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"1"}}]})";
}

class FhirSearches : public ::testing::Test {
 protected:
  ~FhirSearches() override { site.stop(); }

  void send(const std::string& body, const std::string& type = kJsonType,
            const std::string& to = kBase) {
    ASSERT_EQ(site.post(to, type, body, "append").status, 201);
  }
  Response get(const std::string& query, const std::string& who = "read", Headers headers = {}) {
    return site.get(kBase + query, who, std::move(headers));
  }
  Response post(const std::string& form, const std::string& who = "read", Headers headers = {},
                const std::string& query = "") {
    return site.post(kBase + std::string("/_search") + query, "application/x-www-form-urlencoded",
                     form, who, std::move(headers));
  }
  static boost::json::value bundle(const Response& response) {
    EXPECT_EQ(response.status, 200) << body_of(response);
    auto value = boost::json::parse(body_of(response));
    EXPECT_EQ(value.at("type").as_string(), "searchset");
    return value;
  }
  /// "" where there is none.
  static std::string link_of(const boost::json::value& bundle, const char* relation) {
    for (const auto& link : bundle.at("link").as_array())
      if (link.at("relation").as_string() == relation)
        return std::string(link.at("url").as_string());
    return "";
  }
  static std::vector<boost::json::value> entries_of(const boost::json::value& bundle,
                                                    const char* mode) {
    std::vector<boost::json::value> out;
    if (const auto* entries = bundle.as_object().if_contains("entry"))
      for (const auto& entry : entries->as_array())
        if (entry.at("search").at("mode").as_string() == mode) out.push_back(entry);
    return out;
  }
  /// The actions of what is found: they tell these events apart.
  static std::string actions_of(const boost::json::value& bundle) {
    std::string actions;
    for (const auto& entry : entries_of(bundle, "match"))
      actions.append(entry.at("resource").at("action").as_string());
    return actions;
  }
  static std::string outcome_of(const boost::json::value& bundle) {
    std::string text;
    for (const auto& entry : entries_of(bundle, "outcome"))
      for (const auto& issue : entry.at("resource").at("issue").as_array())
        text.append(issue.at("diagnostics").as_string()).append("\n");
    return text;
  }

  Site site;
};

TEST_F(FhirSearches, GiveWhatAnswersByteByByte) {
  send(audit_event("7", "C"));
  send(audit_event("8", "R"));
  send(R"({"type":"batch","resourceType":"Bundle"})" + std::string("\n"), "application/x-ndjson",
       "/logs/open/events");
  send(audit_event("7", "U") + "\n", "application/x-ndjson", "/logs/open/events");
  const Response response = post("patient.identifier=urn%3Ap%7C7");
  const auto found = bundle(response);
  EXPECT_EQ(actions_of(found), "UC") << "the newest first, whichever way it came";
  EXPECT_FALSE(found.as_object().contains("total")) << "the third may answer";
  EXPECT_NE(body_of(response).find(audit_event("7", "C")), std::string::npos);
  EXPECT_EQ(header_of(response, "content-type"), kJsonType);
  EXPECT_EQ(header_of(response, "cache-control"), "no-store");
  const auto first = entries_of(found, "match").front();
  const auto address = std::string(first.at("fullUrl").as_string());
  EXPECT_EQ(body_of(site.get(address, "read")), audit_event("7", "U"));
  EXPECT_EQ(actions_of(bundle(get("?action=R,U&_sort=_lastUpdated"))), "RU");
  EXPECT_TRUE(entries_of(bundle(post("patient=9")), "match").empty());
}

TEST_F(FhirSearches, GoOnByTheNextLinkThatNamesNobodyWhateverIsAppended) {
  const std::string all = "CRUDE";
  for (const char action : all) send(audit_event("secret7", {action}));
  for (const bool newest : {true, false})
    for (const int count : {1, 2, 5}) {
      std::string actions;
      const std::string order = newest ? "-_lastUpdated" : "_lastUpdated";
      Response response = post("patient.identifier=secret7&_count=" + std::to_string(count) +
                               "&_sort=" + order + "&action=C,R,U,D,E");
      for (int page = 0; page < 20; ++page) {
        const auto found = bundle(response);
        actions += actions_of(found);
        EXPECT_LE(actions_of(found).size(), static_cast<std::size_t>(count));
        const std::string next = link_of(found, "next");
        for (const std::string& url : {next, link_of(found, "self")})
          EXPECT_EQ(url.find("secret"), std::string::npos) << url;
        EXPECT_EQ(actions_of(bundle(site.get(link_of(found, "self"), "read"))), actions_of(found));
        if (next.empty()) break;
        EXPECT_FALSE(found.as_object().contains("total"));
        send(audit_event("secret7", "X"));
        response = site.get(next, "read");
      }
      EXPECT_EQ(actions, newest ? "EDURC" : all) << count;
    }
}

TEST_F(FhirSearches, TakeACursorOfThisClientAndLogAloneAndWithNothingElse) {
  for (int i = 0; i < 3; ++i) send(audit_event("7", "C"));
  const std::string next = link_of(bundle(get("?_count=1")), "next");
  const std::string cursor = next.substr(next.find('?'));
  EXPECT_EQ(get(cursor).status, 200);
  EXPECT_EQ(get(cursor + "&_format=json").status, 200);
  EXPECT_EQ(post(cursor.substr(1)).status, 200);
  EXPECT_EQ(get(cursor, "both").status, 400);
  EXPECT_EQ(site.get("/logs/closed/fhir/AuditEvent" + cursor, "read").status, 400);
  EXPECT_EQ(get(cursor + "&type=login").status, 400);
  EXPECT_EQ(get(cursor + "&_count=7").status, 400);
  for (std::size_t at = cursor.find('=') + 1; at < cursor.size(); at += 7) {
    std::string other = cursor;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(get(other).status, 400) << at;
    EXPECT_EQ(get(cursor.substr(0, at) + "A").status, 400) << at;
  }
  EXPECT_EQ(get(cursor + "%3D").status, 400);
}

TEST_F(FhirSearches, NameWhatAnswersAndIsNoAuditEventInJson) {
  send(audit_event("7", "C"));
  send(R"(<AuditEvent xmlns="http://hl7.org/fhir"><action value="R"/></AuditEvent>)",
       "application/fhir+xml");
  send("{\"action\":\"read\"}\n", "application/x-ndjson", "/logs/open/events");
  send("{\"what\":\"ever\"}\n", "application/x-ndjson", "/logs/open/events");
  send(R"({"resourceType":"AuditEvent","action":"C","x":1,"x":2})", "text/plain",
       "/logs/open/events");  // readers disagree about it, and so they would about the Bundle
  const auto found = bundle(get("?action=R,C"));
  EXPECT_EQ(actions_of(found), "C");
  EXPECT_FALSE(found.as_object().contains("total")) << "there are more than are given";
  const auto is_warned = entries_of(found, "outcome").front().at("resource").at("issue").as_array();
  EXPECT_EQ(is_warned.size(), 2U);
  for (const auto& issue : is_warned) {
    EXPECT_EQ(issue.at("severity").as_string(), "warning");
    EXPECT_EQ(issue.at("code").as_string(), "incomplete");
  }
  const std::string outcome = outcome_of(found);
  EXPECT_NE(outcome.find("are no AuditEvent in JSON; GET /logs/open/events/N has each: "),
            std::string::npos)
      << outcome;
  EXPECT_NE(outcome.find("1 may answer"), std::string::npos) << outcome;
  EXPECT_EQ(entries_of(bundle(post("patient.identifier=7")), "outcome").size(), 1U);
  const auto certain = bundle(get("?action=U"));
  EXPECT_FALSE(certain.as_object().contains("total")) << "one may answer";
}

// The event view reads the one within, other readers the one around: neither is shown as the other.
TEST_F(FhirSearches, ShowNoAuditEventThatHoldsAnother) {
  for (const char* name : {"resource", R"(\u0072esource)"})
    for (const bool in_an_entry : {false, true}) {
      const std::string event = R"({"resourceType":"AuditEvent","action":"C",")" +
                                std::string(name) + R"(":)" + audit_event("7", "R") + "}";
      send((in_an_entry ? "{\"resource\":" + event + "}" : event) + "\n", "application/x-ndjson",
           "/logs/open/events");
    }
  for (const char* action : {"C", "R"}) {
    const auto found = bundle(get(std::string("?action=") + action));
    EXPECT_EQ(actions_of(found), "") << action;
    EXPECT_FALSE(action == std::string("R") && found.as_object().contains("total"));
  }
  const Response created = site.post(
      kBase, kJsonType, R"({"resourceType":"AuditEvent","resource":)" + audit_event("7", "R") + "}",
      "append");
  const Response read = site.get(header_of(created, "location"), "read");
  EXPECT_EQ(read.status, 404);
  EXPECT_NE(body_of(read).find("GET /logs/open/events/"), std::string::npos) << body_of(read);
}

// What was sealed or came as text was not looked at when it came.
TEST_F(FhirSearches, GiveOneRecordAsFhirOnlyIfItIsWhole) {
  for (const char* wrong : {R"({"resourceType":"AuditEvent","action":"C")",
                            R"({"resourceType":"AuditEvent","action":"C","x":1,"x":2})",
                            R"({"resourceType":"AuditEvent","x":[1,]})"})
    send(wrong, "text/plain", "/logs/open/events");
  send(audit_event("7", "R"), "text/plain", "/logs/open/events");
  std::string whole;
  for (std::uint64_t i = 0; i < site.world.size().value; ++i) {
    const Response read = site.get(kBase + ("/" + std::to_string(i)), "read");
    if (read.status != 200) continue;
    whole += body_of(read);
    EXPECT_EQ(header_of(read, "content-type"), kJsonType);
  }
  EXPECT_EQ(whole, audit_event("7", "R"));
}

TEST_F(FhirSearches, CountWithoutGivingAny) {
  for (const char* patient : {"7", "8", "7"}) send(audit_event(patient, "C"));
  for (const char* form :
       {"_summary=count&patient.identifier=7", "_count=0&patient.identifier=7"}) {
    const Response response = post(form);
    EXPECT_EQ(bundle(response).at("total").as_int64(), 2);
    EXPECT_TRUE(entries_of(bundle(response), "match").empty());
  }
}

TEST_F(FhirSearches, FindOneRecordByItsNumber) {
  send(audit_event("7", "C"));
  send(audit_event("8", "R"));
  const auto all = entries_of(bundle(get("?_sort=_lastUpdated")), "match");
  const auto address = std::string(all.at(0).at("fullUrl").as_string());
  const std::string id = address.substr(address.rfind('/') + 1);
  const auto found = bundle(get("?_id=" + id));
  EXPECT_EQ(actions_of(found), "C");
  EXPECT_EQ(found.at("total").as_int64(), 1);
  EXPECT_EQ(actions_of(bundle(get("?_id=" + id + "&action=R"))), "");
  for (const char* none : {"99", "0", "x", "18446744073709551615"})
    EXPECT_EQ(bundle(get(std::string("?_id=") + none)).at("total").as_int64(), 0) << none;
}

TEST_F(FhirSearches, AreRefusedWithAnOutcomeThatSaysNothingOfAPatient) {
  const std::pair<Response, int> cases[] = {
      {get("?patient.identifier=secret"), 400},
      {post("", "read", {}, "?patient=secret"), 400},
      {get("?patient.identifier:exact=secret"), 400},
      {get("?secret=1"), 400},
      {get("?_sort=-date"), 400},
      {get("?date=secret"), 400},
      {post("patient"), 400},
      {post("patient=%zz"), 400},
      {post("_cursor=secret"), 400},
      {get("", "append"), 403},
      {get("", ""), 401},
      {post("patient=secret", "append"), 403},
      {get("?_format=xml"), 406},
      {get("", "read", {{"accept", "application/fhir+xml"}}), 406},
      {post(std::string(17 << 10, 'x')), 413},
      {site.post(std::string(kBase) + "/_search", kJsonType, "{}", "read"), 415},
      {site.get(std::string(kBase) + "/_search", "read"), 405},
  };
  for (const auto& [response, status] : cases) {
    const std::string body = body_of(response);
    EXPECT_EQ(response.status, status) << body;
    EXPECT_NE(body.find("OperationOutcome"), std::string::npos) << body;
    EXPECT_EQ(body.find("secret"), std::string::npos) << body;
  }
  EXPECT_NE(body_of(cases[0].first).find("POST it to AuditEvent/_search"), std::string::npos);
}

TEST_F(FhirSearches, SayWhatWasIgnoredWhereTheClientTakesThat) {
  send(audit_event("7", "C"));
  const Headers lenient = {{"prefer", "return=minimal, handling=lenient"}};
  const auto found = bundle(get("?foo=1&foo=2&action=C", "read", lenient));
  EXPECT_EQ(actions_of(found), "C");
  EXPECT_NE(outcome_of(found).find("unknown parameters that were ignored: 2"), std::string::npos);
  EXPECT_EQ(link_of(found, "self"), std::string(kBase) + "?action=C");
  EXPECT_EQ(get("?action:not=C", "read", lenient).status, 400);
  const std::string cursor = link_of(bundle(post("patient.identifier=7")), "self");
  const auto again = bundle(site.get(cursor + "&foo=1", "read", lenient));
  EXPECT_NE(outcome_of(again).find("ignored: 1"), std::string::npos) << "of each request";
}

TEST_F(FhirSearches, HaveLinksToTheHostThatWasAsked) {
  send(audit_event("7", "C"));
  const auto found = bundle(get("?type=a%7Cb%26c", "read", {{"host", "audit.example.org:8443"}}));
  EXPECT_EQ(link_of(found, "self"),
            "https://audit.example.org:8443" + std::string(kBase) + "?type=a%7Cb%26c");
}

// Neither a match nor a count, nor which of the others' records may answer.
TEST_F(FhirSearches, OfOneSourceAreAnsweredAsIfThereWereNoOther) {
  send(audit_event("7", "C"));
  ASSERT_EQ(site.post(kBase, kJsonType, audit_event("7", "R"), "both").status, 201);
  const auto all = entries_of(bundle(post("action=C")), "match");
  replace_tokens(*site.access,
                 *Tokens::parse(*token_line("t", "ward", "read", "open:client/both")));
  const auto found = bundle(post("patient.identifier=7", "t"));
  EXPECT_EQ(actions_of(found), "R");
  EXPECT_EQ(found.at("total").as_int64(), 1);
  const std::string own(entries_of(found, "match").front().at("fullUrl").as_string());
  const std::string other(all.front().at("fullUrl").as_string());
  EXPECT_EQ(actions_of(bundle(post("_id=" + own.substr(own.rfind('/') + 1), "t"))), "R");
  EXPECT_EQ(actions_of(bundle(post("_id=" + other.substr(other.rfind('/') + 1), "t"))), "");
}

TEST_F(FhirSearches, AreOnRecordWithWhatWasHandedOut) {
  send(audit_event("7", "C"));
  send(audit_event("8", "R"));
  bundle(post("patient.identifier=7"));
  bundle(get("?_id=99"));
  auto readings = readings_on_record(site);
  ASSERT_EQ(readings.size(), 2U);
  std::ranges::sort(readings, {}, &format::Reading::status);
  EXPECT_EQ(readings[0].route, "/logs/{log}/fhir/AuditEvent/_search");
  EXPECT_EQ(readings[0].status, 200U);
  EXPECT_EQ(readings[0].read.size(), 1U);
  EXPECT_EQ(readings[1].status, 404U);
  ASSERT_EQ(readings[1].read.size(), 1U);
  EXPECT_EQ(readings[1].read.front().first, LeafIndex{99}) << "which was asked for";
  EXPECT_EQ(readings[1].read.front().last, LeafIndex{99});
}

TEST(SealedTexts, AreOpenedByWhatTheyAreBoundToAlone) {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 256u}) {
    const Buffer plain(size, std::byte{'x'});
    const std::string sealed = seal_text(plain, "a");
    EXPECT_EQ(*open_text(sealed, "a"), plain);
    EXPECT_FALSE(open_text(sealed, "b"));
    EXPECT_NE(seal_text(plain, "a"), sealed) << "the same is not seen to be the same";
    for (std::size_t cut = 0; cut < sealed.size(); ++cut)
      EXPECT_FALSE(open_text(sealed.substr(0, cut), "a"));
    EXPECT_FALSE(open_text(sealed + "=", "a"));
  }
}

}  // namespace
}  // namespace varve::api
