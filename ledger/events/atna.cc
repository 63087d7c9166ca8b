// IHE ATNA's AuditMessage (RFC 3881, DICOM PS3.15 A.5), with both styles of coded values.
#include <utility>

#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

/// code= and displayName= of RFC 3881, csd-code= and originalText= of DICOM.
Coded atna_code(Node& node) {
  if (node.is_leaf()) return {take(&node), ""};
  std::string code = take(&node, "csd-code");
  if (code.empty()) code = take(&node, "code");
  std::string display = take(&node, "originalText");
  if (display.empty()) display = take(&node, "displayName");
  const std::string system = take(&node, "codeSystemName");
  return {joined_code(system, code), display};
}

void add_atna_codes(Node* parent, std::string_view name, std::vector<Coded>& codes) {
  for_each(parent, name, [&](Node& node) { codes.push_back(atna_code(node)); });
}

void read_participant(Node& participant, bool is_query, View& view) {
  Actor actor;
  actor.id = take(&participant, "UserID");
  if (const std::string id = take(&participant, "AlternativeUserID"); !id.empty())
    actor.alternative_ids.push_back(id);
  actor.name = take(&participant, "UserName");
  actor.is_requestor = take_bool(child(&participant, "UserIsRequestor"));
  actor.address = take(&participant, "NetworkAccessPointID");
  take(&participant, "NetworkAccessPointTypeCode");  // which kind: the address shows it
  add_atna_codes(&participant, "RoleIDCode", actor.roles);
  // The destination of a query is the process that answers it.
  const bool is_destination = has_code(actor.roles, "DCM|110152") && !is_query;
  const bool is_media = has_code(actor.roles, "DCM|110154");
  if ((is_destination || is_media) && !best_name(actor).empty())
    view.recipients.push_back(best_name(actor));
  view.who.push_back(std::move(actor));
}

void read_object_details(Node& object, Resource& resource) {
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) resource.fields.push_back(name + "=" + value);
  };
  add("query", readable(take(&object, "ParticipantObjectQuery")));
  for_each(&object, "ParticipantObjectDetail", [&](Node& detail) {
    const std::string type = take(&detail, "type");
    const std::string value = readable(take(&detail, "value"));
    if (!type.empty() || !value.empty()) resource.fields.push_back(type + "=" + value);
  });
  add("life cycle", take(&object, "ParticipantObjectDataLifeCycle"));
  add("sensitivity", take(&object, "ParticipantObjectSensitivity"));
}

/// A patient's ids, each in the form of HL7 (CX, "id^^^authority") and "~" between them.
void split_repetitions(Resource& patient) {
  std::vector<std::string> ids;
  for (std::size_t begin = 0; begin <= patient.id.size(); begin += ids.back().size() + 1) {
    ids.push_back(patient.id.substr(begin, patient.id.find('~', begin) - begin));
    if (ids.back().find('^') == std::string::npos) return;
  }
  patient.id = ids.front();
  patient.alternative_ids.assign(ids.begin() + 1, ids.end());
}

void read_object(Node& object, View& view) {
  Resource resource;
  resource.id = take(&object, "ParticipantObjectID");
  resource.name = take(&object, "ParticipantObjectName");
  add_atna_codes(&object, "ParticipantObjectIDTypeCode", resource.types);
  const std::string type = take(&object, "ParticipantObjectTypeCode");
  const std::string role = take(&object, "ParticipantObjectTypeCodeRole");
  if (!type.empty()) resource.types.push_back({"ParticipantObjectTypeCode|" + type, ""});
  if (!role.empty()) resource.types.push_back({"ParticipantObjectTypeCodeRole|" + role, ""});
  read_object_details(object, resource);
  if (type == "1" && role == "1") {
    split_repetitions(resource);
    add_whom(view, resource);
  }
  view.what.push_back(std::move(resource));
}

void read_event_identification(Node* event, View& view, Extraction& out) {
  const std::string at = "EventIdentification.";
  add_atna_codes(event, "EventID", view.types);
  add_atna_codes(event, "EventTypeCode", view.types);
  view.action = action_of(take(event, "EventActionCode"), at + "EventActionCode", out);
  view.when = time_of(take(event, "EventDateTime"), at + "EventDateTime", out);
  view.outcome =
      outcome_of(take(event, "EventOutcomeIndicator"), at + "EventOutcomeIndicator", out);
  view.outcome_text = take(event, "EventOutcomeDescription");
  add_atna_codes(event, "PurposeOfUse", view.purposes);
}

}  // namespace

void read_atna(Node& message, Extraction& out) {
  View view;
  read_event_identification(child(&message, "EventIdentification"), view, out);
  const bool is_query = has_code(view.types, "DCM|110112");
  for_each(&message, "ActiveParticipant",
           [&](Node& each) { read_participant(each, is_query, view); });
  for_each(&message, "AuditSourceIdentification", [&](Node& source) {
    if (const std::string id = take(&source, "AuditSourceID"); !id.empty())
      view.where.services.push_back(id);
    if (const std::string site = take(&source, "AuditEnterpriseSiteID"); !site.empty())
      view.where.sites.push_back(site);
  });
  for_each(&message, "ParticipantObjectIdentification",
           [&](Node& each) { read_object(each, view); });
  keep_each_once(view.whom);
  for (const std::vector<Coded>* codes : {&view.purposes, &view.types})
    for (const Coded& code : *codes) view.is_emergency = view.is_emergency || says_emergency(code);
  out.events.push_back(std::move(view));
  add_gaps(message, "", out);
}

}  // namespace varve::events
