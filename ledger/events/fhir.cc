// FHIR AuditEvent, JSON and XML alike: R4, R4B and R5 by the members that are there, and the
// profiles of IHE BALP and Swiss ATC, which only say which codes are used.
#include <algorithm>
#include <utility>

#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

constexpr std::string_view kDestination = "http://dicom.nema.org/resources/ontology/DCM|110152";
constexpr std::string_view kDestinationMedia =
    "http://dicom.nema.org/resources/ontology/DCM|110154";
constexpr std::string_view kQuery = "http://dicom.nema.org/resources/ontology/DCM|110112";
constexpr std::string_view kExport = "http://dicom.nema.org/resources/ontology/DCM|110106";
constexpr std::string_view kImport = "http://dicom.nema.org/resources/ontology/DCM|110107";
constexpr std::string_view kSearch = "http://hl7.org/fhir/restful-interaction|search";  // and -type
constexpr std::string_view kInformationRecipient =
    "http://terminology.hl7.org/CodeSystem/v3-ParticipationType|IRCP";
constexpr std::string_view kPatientRole = "http://terminology.hl7.org/CodeSystem/object-role|1";
constexpr std::string_view kRequestIdType =
    "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType|XrequestId";
constexpr std::string_view kConsentDecision =
    "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType|AuthZ-Consent";
constexpr std::string_view kConsent = "http://hl7.org/fhir/resource-types|Consent";
constexpr std::string_view kUserDevice =
    "http://terminology.hl7.org/CodeSystem/security-source-type|1";
constexpr std::string_view kTokenUser =  // UserOauthAgent, UserSamlAgent
    "https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes|";
constexpr std::string_view kOauthProfile =  // .Minimal, .Comprehensive
    "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.OAUTHaccessTokenUse";
constexpr std::string_view kSamlProfile =
    "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.SAMLaccessTokenUse";
constexpr std::string_view kTokenId = "urn:ietf:params:oauth:jti:";

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

/// The Coding of that code, in one of the CodeableConcepts too. Null: none. Takes nothing.
Node* find_coding(Node* parent, std::string_view name, std::string_view code) {
  Node* found = nullptr;
  const auto compare = [&](Node& coding) {
    const std::string from{peek(&coding, "system")};
    if (joined_code(from, std::string{peek(&coding, "code")}) == code) found = &coding;
  };
  for_each(parent, name, [&](Node& each) {
    compare(each);
    for_each(&each, "coding", compare);
  });
  return found;
}

/// A system without a value names nobody, and is a gap.
std::string fhir_identifier(Node* identifier) {
  const std::string value = take(identifier, "value");
  return value.empty() ? "" : joined_code(take(identifier, "system"), value);
}

/// The ids of a Reference, the firmest first.
std::vector<std::string> ids_of(Node* reference) {
  std::vector<std::string> ids = {fhir_identifier(child(reference, "identifier")),
                                  take(reference, "reference")};
  std::erase(ids, "");
  return ids;
}

/// For a field that holds one text: what a Reference says besides is a gap.
std::string take_best(Node* reference) {
  std::string best = fhir_identifier(child(reference, "identifier"));
  if (best.empty()) best = take(reference, "reference");
  return best.empty() ? take(reference, "display") : best;
}

/// Words of the Reference that differ from the name are a gap.
template <class Named>
void name_it(Node* reference, Named& named) {
  for (const std::string& id : ids_of(reference)) {
    if (named.id.empty())
      named.id = id;
    else
      named.alternative_ids.push_back(id);
  }
  if (named.name.empty() || named.name == peek(reference, "display"))
    named.name = take(reference, "display");
}

/// "Patient/1", "https://server/fhir/Patient/1/_history/2".
bool is_patient_reference(std::string_view reference) {
  reference = reference.substr(0, reference.find("/_history/"));
  const std::size_t slash = reference.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == reference.size()) return false;
  const std::string_view type = reference.substr(0, slash);
  return type == "Patient" || type.ends_with("/Patient");
}

/// What decides how the event's agents and entities are read.
struct Circumstances {
  bool is_query = false;
  bool has_token_profile = false;
  bool is_consent_decision = false;
};

bool is_query(const View& view) {
  if (has_code(view.types, kQuery)) return true;
  if (has_code(view.types, kExport) || has_code(view.types, kImport)) return false;
  return std::ranges::any_of(view.types, [](const Coded& type) {
    return type.value == kSearch || type.value.starts_with(std::string(kSearch) + "-");
  });
}

Circumstances circumstances_of(Node& event, const View& view) {
  Circumstances found;
  found.is_query = is_query(view);
  for_each(child(&event, "meta"), "profile", [&](Node& profile) {
    if (profile.text.starts_with(kOauthProfile) || profile.text.starts_with(kSamlProfile))
      found.has_token_profile = true;
  });
  found.is_consent_decision = has_code(view.types, kConsentDecision) && view.outcome == "success";
  return found;
}

/// Who reads, and where data flows to. The destination of a query is the process that answers it.
bool is_recipient(const Actor& actor, bool is_in_query) {
  if (has_code(actor.roles, kInformationRecipient) || has_code(actor.roles, kDestinationMedia))
    return true;
  return has_code(actor.roles, kDestination) && !is_in_query;
}

/// BALP keeps the id of a bearer token among the policies, of an agent that has this role, or of the
/// requestor in an event of a token's profile. A second token of one actor is a gap.
void read_policies(Node& agent, bool has_token_profile, Actor& actor, View& view) {
  const bool has_role = std::ranges::any_of(
      actor.roles, [](const Coded& role) { return role.value.starts_with(kTokenUser); });
  const bool is_token_user = has_role || (has_token_profile && actor.is_requestor.value_or(false));
  for_each(&agent, "policy", [&](Node& policy) {
    const bool is_token = is_token_user || policy.text.starts_with(kTokenId);
    if (is_token && actor.session.empty())
      actor.session = take(&policy);
    else if (!is_token && !policy.text.empty())
      view.legal_bases.push_back(take(&policy));
  });
}

void read_network(Node& agent, Actor& actor) {
  actor.address = take(&agent, "network.address");
  take(&agent, "network.type");  // which kind of address: the address shows it
  for (const char* member : {"networkString", "networkUri"})
    if (actor.address.empty()) actor.address = take(&agent, member);
}

void read_agent(Node& agent, const Circumstances& in, View& view) {
  Actor actor;
  actor.name = take(&agent, "name");
  name_it(child(&agent, "who"), actor);
  if (const std::string alternative = take(&agent, "altId"); !alternative.empty())
    actor.alternative_ids.push_back(alternative);
  add_codes(agent, "type", actor.roles);
  add_codes(agent, "role", actor.roles);
  actor.is_requestor = take_bool(child(&agent, "requestor"));
  read_network(agent, actor);
  read_policies(agent, in.has_token_profile, actor, view);
  add_codes(agent, "purposeOfUse", view.purposes);
  add_codes(agent, "authorization", view.purposes);
  if (is_recipient(actor, in.is_query) && !best_name(actor).empty())
    view.recipients.push_back(best_name(actor));
  view.who.push_back(std::move(actor));
}

/// "name=value". A type of R5 may have several codings.
void read_details(Node& entity, Resource& resource) {
  for_each(&entity, "detail", [&](Node& detail) {
    std::vector<Coded> types;
    std::string name = take(&detail, "type");
    if (name.empty()) add_codes(detail, "type", types);
    for (const Coded& type : types) name += (name.empty() ? "" : ", ") + written(type);
    std::string value = take(&detail, "valueString");
    if (value.empty()) value = readable(take(&detail, "valueBase64Binary"));
    if (!name.empty() || !value.empty()) resource.fields.push_back(name + "=" + value);
  });
}

/// BALP's entity that is no object but the request's id. False, and nothing is taken: it is none, or
/// a second one.
bool read_request_id(Node& entity, View& view) {
  Node* type = find_coding(&entity, "type", kRequestIdType);
  if (type == nullptr || !view.where.request_id.empty()) return false;
  view.where.request_id = take_best(child(&entity, "what"));
  if (view.where.request_id.empty()) return false;
  fhir_coding(*type);  // the field says it
  return true;
}

void read_entity(Node& entity, const Circumstances& in, View& view) {
  if (read_request_id(entity, view)) return;
  Resource resource;
  resource.name = take(&entity, "name");
  name_it(child(&entity, "what"), resource);
  std::vector<Coded> roles;
  add_codes(entity, "type", resource.types);
  add_codes(entity, "role", roles);
  resource.types.insert(resource.types.end(), roles.begin(), roles.end());
  for (const char* codes : {"lifecycle", "securityLabel"}) {
    std::vector<Coded> found;
    add_codes(entity, codes, found);
    for (const Coded& code : found)
      resource.fields.push_back(std::string(codes) + "=" + written(code));
  }
  if (const std::string text = take(&entity, "description"); !text.empty())
    resource.fields.push_back("description=" + text);
  if (const std::string query = take(&entity, "query"); !query.empty())
    resource.fields.push_back("query=" + readable(query));
  read_details(entity, resource);
  if (has_code(roles, kPatientRole) || is_patient_reference(peek(&entity, "what.reference")))
    add_whom(view, resource);
  if (in.is_consent_decision && has_code(resource.types, kConsent)) {
    const std::string& consent = resource.id.empty() ? resource.name : resource.id;
    if (!consent.empty()) view.legal_bases.push_back(consent);
  }
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
  Node* observer = child(source, "observer");
  if (find_coding(source, "type", kUserDevice) != nullptr) {
    view.where.device = take_best(observer);
  } else {
    view.where.services = ids_of(observer);
    if (const std::string words = take(observer, "display"); !words.empty())
      view.where.services.push_back(words);
  }
  if (const std::string site = take(source, "site"); !site.empty())
    view.where.sites.push_back(site);
}

/// R5. Words beside an id are a gap.
void read_patient(Node& event, View& view) {
  Node* patient = child(&event, "patient");
  view.whom = ids_of(patient);
  if (!view.whom.empty()) return;
  if (const std::string words = take(patient, "display"); !words.empty())
    view.whom.push_back(words);
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
  const Circumstances in = circumstances_of(event, view);
  for_each(&event, "agent", [&](Node& agent) { read_agent(agent, in, view); });
  read_source(event, view);
  read_patient(event, view);
  for_each(&event, "entity", [&](Node& entity) { read_entity(entity, in, view); });
  keep_each_once(view.whom);
  for (const std::vector<Coded>* codes : {&view.purposes, &view.types})
    for (const Coded& code : *codes) view.is_emergency = view.is_emergency || says_emergency(code);
  out.events.push_back(std::move(view));
  add_gaps(event, "", out);
}

}  // namespace varve::events
