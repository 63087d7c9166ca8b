// FHIR AuditEvent, JSON and XML alike: R4, R4B and R5 by the members that are there, and the
// profiles of IHE BALP and Swiss ATC, which only say which codes are used.
#include <utility>

#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

constexpr std::string_view kDestination = "http://dicom.nema.org/resources/ontology/DCM|110152";
constexpr std::string_view kInformationRecipient =
    "http://terminology.hl7.org/CodeSystem/v3-ParticipationType|IRCP";
constexpr std::string_view kPatientRole = "http://terminology.hl7.org/CodeSystem/object-role|1";
constexpr std::string_view kRequestIdType =
    "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType|XrequestId";

Coded fhir_coding(Node& coding) {
  const std::string system = take(&coding, "system");
  return {joined_code(system, take(&coding, "code")), take(&coding, "display")};
}

/// A Coding (R4), or a CodeableConcept with codings or a text.
void add_codes(Node& concept_or_coding, std::vector<Coded>& codes) {
  if (child(&concept_or_coding, "code") != nullptr) codes.push_back(fhir_coding(concept_or_coding));
  for_each(&concept_or_coding, "coding", [&](Node& each) { codes.push_back(fhir_coding(each)); });
  if (const std::string text = take(&concept_or_coding, "text"); !text.empty())
    codes.push_back({"", text});
}

void add_codes(Node& parent, std::string_view name, std::vector<Coded>& codes) {
  for_each(&parent, name, [&](Node& each) { add_codes(each, codes); });
}

/// The ids of a Reference, the firmest first, and its words.
struct Referred {
  std::vector<std::string> ids;
  std::string display;
};

std::string fhir_identifier(Node* identifier) {
  const std::string system = take(identifier, "system");
  const std::string value = take(identifier, "value");
  return value.empty() ? "" : joined_code(system, value);
}

Referred refer(Node* reference) {
  Referred found;
  const std::string id = fhir_identifier(child(reference, "identifier"));
  if (!id.empty()) found.ids.push_back(id);
  const std::string link = take(reference, "reference");
  if (!link.empty()) found.ids.push_back(link);
  found.display = take(reference, "display");
  return found;
}

template <class Named>
void name_it(const Referred& referred, Named& named) {
  for (const std::string& id : referred.ids) {
    if (named.id.empty())
      named.id = id;
    else
      named.alternative_ids.push_back(id);
  }
  if (named.name.empty()) named.name = referred.display;
}

std::string best_id(const Referred& referred) {
  return referred.ids.empty() ? referred.display : referred.ids.front();
}

bool has_code(const std::vector<Coded>& codes, std::string_view value) {
  for (const Coded& code : codes)
    if (code.value == value) return true;
  return false;
}

void read_network(Node& agent, Actor& actor) {
  actor.address = take(&agent, "network.address");
  take(&agent, "network.type");  // which kind of address: the address shows it
  for (const char* member : {"networkString", "networkUri"})
    if (actor.address.empty()) actor.address = take(&agent, member);
}

void read_agent(Node& agent, View& view) {
  Actor actor;
  actor.name = take(&agent, "name");
  name_it(refer(child(&agent, "who")), actor);
  if (const std::string alternative = take(&agent, "altId"); !alternative.empty())
    actor.alternative_ids.push_back(alternative);
  add_codes(agent, "type", actor.roles);
  add_codes(agent, "role", actor.roles);
  actor.is_requestor = take_bool(child(&agent, "requestor"));
  read_network(agent, actor);
  for_each(&agent, "policy", [&](Node& policy) { view.legal_bases.push_back(take(&policy)); });
  add_codes(agent, "purposeOfUse", view.purposes);
  add_codes(agent, "authorization", view.purposes);
  if (has_code(actor.roles, kDestination) || has_code(actor.roles, kInformationRecipient))
    view.recipients.push_back(actor.id.empty() ? actor.name : actor.id);
  view.who.push_back(std::move(actor));
}

void read_details(Node& entity, Resource& resource) {
  for_each(&entity, "detail", [&](Node& detail) {
    std::vector<Coded> types;
    std::string name = take(&detail, "type");
    if (name.empty()) add_codes(detail, "type", types);
    if (name.empty() && !types.empty())
      name = types.front().value.empty() ? types.front().display : types.front().value;
    std::string value = take(&detail, "valueString");
    if (value.empty()) value = readable(take(&detail, "valueBase64Binary"));
    resource.fields.push_back(name + "=" + value);
  });
}

void read_entity(Node& entity, View& view) {
  Resource resource;
  resource.name = take(&entity, "name");
  name_it(refer(child(&entity, "what")), resource);
  std::vector<Coded> roles;
  add_codes(entity, "type", resource.types);
  add_codes(entity, "role", roles);
  resource.types.insert(resource.types.end(), roles.begin(), roles.end());
  for (const char* codes : {"lifecycle", "securityLabel"}) {
    std::vector<Coded> found;
    add_codes(entity, codes, found);
    for (const Coded& code : found)
      resource.fields.push_back(std::string(codes) + "=" + code.value +
                                (code.display.empty() ? "" : " (" + code.display + ")"));
  }
  if (const std::string text = take(&entity, "description"); !text.empty())
    resource.fields.push_back("description=" + text);
  if (const std::string query = take(&entity, "query"); !query.empty())
    resource.fields.push_back("query=" + readable(query));
  read_details(entity, resource);
  if (has_code(resource.types, kRequestIdType) && view.where.request_id.empty())
    view.where.request_id = resource.id;
  const std::string& id = resource.id.empty() ? resource.name : resource.id;
  if (has_code(roles, kPatientRole) && !id.empty()) view.whom.push_back(id);
  view.what.push_back(std::move(resource));
}

void read_outcome(Node& event, View& view, Extraction& out) {
  Node* outcome = child(&event, "outcome");
  if (outcome != nullptr && outcome->is_leaf()) {
    view.outcome = outcome_of(take(outcome), "outcome", out);
  } else if (Node* code = child(outcome, "code"); code != nullptr) {  // R5
    const Coded coded = fhir_coding(*code);
    view.outcome = coded.value;
    view.outcome_text = coded.display;
  }
  if (view.outcome_text.empty()) view.outcome_text = take(&event, "outcomeDesc");
}

void read_source(Node& event, View& view) {
  Node* source = child(&event, "source");
  const Referred observer = refer(child(source, "observer"));
  if (const std::string id = best_id(observer); !id.empty()) view.where.services.push_back(id);
  if (!observer.ids.empty() && !observer.display.empty())
    view.where.services.push_back(observer.display);
  if (const std::string site = take(source, "site"); !site.empty())
    view.where.services.push_back(site);
}

}  // namespace

void read_fhir(Node& event, Extraction& out) {
  View view;
  take(&event, "resourceType");
  view.id = take(&event, "id");
  for (const char* member : {"category", "code", "type", "subtype"})
    add_codes(event, member, view.types);
  view.action = action_of(take(&event, "action"), "action", out);
  view.when = time_of(take(&event, "recorded"), "recorded", out);
  read_outcome(event, view, out);
  for (const char* member : {"purposeOfEvent", "authorization"})
    add_codes(event, member, view.purposes);
  for_each(&event, "agent", [&](Node& agent) { read_agent(agent, view); });
  read_source(event, view);
  if (Node* patient = child(&event, "patient"))  // R5
    if (const std::string id = best_id(refer(patient)); !id.empty()) view.whom.push_back(id);
  for_each(&event, "entity", [&](Node& entity) { read_entity(entity, view); });
  for (const std::vector<Coded>* codes : {&view.purposes, &view.types})
    for (const Coded& code : *codes) view.is_emergency = view.is_emergency || says_emergency(code);
  out.events.push_back(std::move(view));
  add_gaps(event, "", out);
}

}  // namespace varve::events
