// One row for each request. What a row leaves open is the same for all of its group.
#include <algorithm>
#include <iterator>
#include <utility>

#include "ledger/format/hold.h"
#include "ledger/format/json.h"
#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/notes.h"
#include "tools/audit/assess/site.h"

namespace varve::audit::assess {
namespace {

constexpr const char* kNdjson = "application/x-ndjson";
constexpr const char* kFhirJson = "application/fhir+json";
constexpr const char* kEvent = "{\"assess\":\"not allowed\"}";

/// Whoever may not place one is told so before it is judged.
auto hold_as(Who who) {
  return [who](Site& site) {
    const format::Hold hold{site.log.origin, format::HoldAction::kPlace, "assess-not-allowed"};
    return post_note(site, who, unsigned_note(format::hold_note_text(hold, format::Mode::kLocked)));
  };
}

/// A request below the log's path.
auto request(Who who, std::string method, std::string below, std::string type = "",
             std::string body = "") {
  return [=](Site& site) { return ask(site, who, {method, site.path(below), type, body}); };
}

const std::vector<Clause> kAccess = {Clause::kLimitedAccess, Clause::kAuthorityChecks,
                                     Clause::kLogsAreProtected};
const std::vector<Clause> kChange = {Clause::kAuditControls, Clause::kAuditTrail,
                                     Clause::kTimeStampedTrail, Clause::kLogsAreProtected};

Attempt refused(std::string_view name, std::string what, std::vector<int> codes,
                std::function<Result<Answered>(Site&)> act) {
  return {name, std::move(what), kAccess, {Wanted::kRefused, std::move(codes), {}}, std::move(act)};
}

/// Nothing in the log has a verb that changes it.
Attempt write_once(std::string_view name, std::string what, std::string method, std::string below,
                   std::string type = "") {
  std::string body = type.empty() ? "" : kEvent;
  return {name,
          std::move(what),
          kChange,
          {Wanted::kRefused, {405}, {}},
          request(Who::kOperator, std::move(method), std::move(below), std::move(type),
                  std::move(body))};
}

/// What /whoami says of the credential on a log; empty: it says nothing of that log. Of a role on one source it is
/// enough that there is one. Errors: as fetch.
Result<std::vector<std::string>> roles_of(const Site& site, Who who, const std::string& log) {
  ASSIGN_OR_RETURN(const std::string body, fetch(site, who, "/whoami"));
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(body));
  ASSIGN_OR_RETURN(const format::Json::Array logs, json.objects("logs"));
  for (const format::Json& each : logs) {
    ASSIGN_OR_RETURN(const std::string name, each.text("name"));
    if (name != log) continue;
    ASSIGN_OR_RETURN(auto roles, each.texts("roles"));
    if (each.has("sources")) roles.emplace_back("of a source");
    return roles;
  }
  return std::vector<std::string>{};
}

/// The same act, where the credential has none of these roles: else it is rightly allowed.
auto lacking(Who who, std::vector<std::string> roles, std::function<Result<Answered>(Site&)> act) {
  return [=](Site& site) -> Result<Answered> {
    ASSIGN_OR_RETURN(const auto has, roles_of(site, who, site.log.name));
    for (const std::string& role : has)
      if (role == "of a source" || std::ranges::count(roles, role) != 0)
        return not_found("the credential of the " + std::string(name_of(who)) +
                         " has another role too: " + role);
    return act(site);
  };
}

/// A log on the same server on which the reader has no role.
Result<Answered> read_another_log(Site& site) {
  for (const auto& log : site.config.logs) {
    if (log.name == site.log.name) continue;
    ASSIGN_OR_RETURN(const auto has, roles_of(site, Who::kReader, log.name));
    if (has.empty())
      return ask(site, Who::kReader, {"GET", "/logs/" + log.name + "/events/0", "", ""});
  }
  return not_found("the server has no other log on which the reader has no role");
}

std::vector<Attempt> without_a_credential() {
  return {
      refused("read-event-without-credential", "Read an event without a credential.", {401},
              request(Who::kNobody, "GET", "/events/0")),
      refused("read-records-without-credential", "Read all records without a credential.", {401},
              request(Who::kNobody, "GET", "/tile/entries/000.p/1")),
      refused("read-fhir-without-credential",
              "Read an event by the interface of FHIR without a credential.", {401},
              request(Who::kNobody, "GET", "/fhir/AuditEvent/0")),
      refused("list-sources-without-credential", "List who sends, without a credential.", {401},
              request(Who::kNobody, "GET", "/sources")),
      refused("append-without-credential", "Append an event without a credential.", {401},
              request(Who::kNobody, "POST", "/events", kNdjson, kEvent)),
      refused("change-keys-without-credential", "Send a key event without a credential.", {401},
              request(Who::kNobody, "POST", "/keys", "text/plain", "varve key event\n")),
  };
}

std::vector<Attempt> as_appender() {
  const auto lacks = [](std::vector<std::string> roles, auto act) {
    return lacking(Who::kAppender, std::move(roles), std::move(act));
  };
  return {
      refused("read-event-as-appender", "Read an event with a credential that only appends.", {403},
              lacks({"read"}, request(Who::kAppender, "GET", "/events/0"))),
      refused("read-records-as-appender", "Read all records with a credential that only appends.",
              {403}, lacks({"read"}, request(Who::kAppender, "GET", "/tile/entries/000.p/1"))),
      refused("hold-as-appender", "Place a hold with a credential that only appends.", {403},
              lacks({"operate", "hold"}, hold_as(Who::kAppender))),
      refused("change-keys-as-appender", "Send a key event with a credential that only appends.",
              {403},
              lacks({"operate"},
                    request(Who::kAppender, "POST", "/keys", "text/plain", "varve key event\n"))),
  };
}

std::vector<Attempt> as_others() {
  return {
      refused("append-as-reader", "Append an event with a credential that only reads.", {403},
              lacking(Who::kReader, {"append"},
                      request(Who::kReader, "POST", "/events", kNdjson, kEvent))),
      refused("hold-as-reader", "Place a hold with a credential that only reads.", {403},
              lacking(Who::kReader, {"operate", "hold"}, hold_as(Who::kReader))),
      refused("read-event-as-operator", "Read an event with the operator's credential.", {403},
              lacking(Who::kOperator, {"read"}, request(Who::kOperator, "GET", "/events/0"))),
      refused("append-as-operator", "Append an event with the operator's credential.", {403},
              lacking(Who::kOperator, {"append"},
                      request(Who::kOperator, "POST", "/events", kNdjson, kEvent))),
      refused("read-another-log", "Read an event of another log of the server.", {401, 403},
              read_another_log),
  };
}

/// An item of a batch has a status of its own, within an answer that says 200.
Attempt bulk(std::string_view name, std::string what, std::string body) {
  return {name,
          std::move(what),
          kChange,
          {Wanted::kRefused, {200}, {"\"status\":400"}},
          request(Who::kAppender, "POST", "/elasticsearch/_bulk", kNdjson, std::move(body))};
}

Attempt bundle(std::string_view name, std::string what, const std::string& method) {
  return {name,
          std::move(what),
          kChange,
          {Wanted::kRefused, {200}, {"\"405"}},
          request(Who::kAppender, "POST", "/fhir", kFhirJson,
                  "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"resource\":"
                  "{\"resourceType\":\"AuditEvent\"},\"request\":{\"method\":\"" +
                      method + "\",\"url\":\"AuditEvent/0\"}}]}")};
}

}  // namespace

Group access_group() {
  Group group{"Access", without_a_credential()};
  for (auto more : {as_appender(), as_others()})
    std::ranges::move(more, std::back_inserter(group.attempts));
  return group;
}

Group change_group() {
  return {
      "Changing and deleting over the network",
      {
          write_once("put-event", "Replace an event (PUT).", "PUT", "/events/0",
                     "application/json"),
          write_once("patch-event", "Change an event (PATCH).", "PATCH", "/events/0",
                     "application/json"),
          write_once("delete-event", "Delete an event (DELETE).", "DELETE", "/events/0"),
          write_once("delete-all-events", "Delete all events (DELETE).", "DELETE", "/events"),
          write_once("delete-records", "Delete a bundle of records (DELETE).", "DELETE",
                     "/tile/entries/000.p/1"),
          write_once("put-checkpoint", "Replace the checkpoint (PUT).", "PUT", "/checkpoint",
                     "text/plain"),
          write_once("delete-source", "Delete a sender (DELETE).", "DELETE", "/sources/assess"),
          write_once("put-policy", "Replace the policy (PUT).", "PUT", "/retention",
                     "application/json"),
          write_once("delete-policy", "Delete the policy and the holds (DELETE).", "DELETE",
                     "/retention"),
          write_once("fhir-put", "Update an AuditEvent by FHIR (PUT).", "PUT", "/fhir/AuditEvent/0",
                     kFhirJson),
          write_once("fhir-delete", "Delete an AuditEvent by FHIR (DELETE).", "DELETE",
                     "/fhir/AuditEvent/0"),
          bundle("fhir-bundle-put", "Update an AuditEvent by a batch of FHIR.", "PUT"),
          bundle("fhir-bundle-delete", "Delete an AuditEvent by a batch of FHIR.", "DELETE"),
          bulk("bulk-update", "Update a document by _bulk of Elasticsearch.",
               "{\"update\":{\"_index\":\"a\",\"_id\":\"0\"}}\n{\"doc\":{\"x\":1}}\n"),
          bulk("bulk-delete", "Delete a document by _bulk of Elasticsearch.",
               "{\"delete\":{\"_index\":\"a\",\"_id\":\"0\"}}\n"),
      },
  };
}

}  // namespace varve::audit::assess
