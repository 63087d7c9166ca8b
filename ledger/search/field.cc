// One function a field, and the spellings of an identifier.
#include "ledger/search/field.h"

#include <algorithm>

namespace varve::search {
namespace {

using Values = std::vector<std::string>;

constexpr std::string_view kHistory = "/_history/";

void add(Values& values, const std::string& value) {
  if (value.empty() || std::ranges::find(values, value) != values.end()) return;
  values.push_back(value);
}

void add(Values& values, const Values& more) {
  for (const std::string& value : more) add(values, value);
}

/// The code; where the sender gave none, the sender's words.
void add(Values& values, const std::vector<events::Coded>& codes) {
  for (const events::Coded& code : codes)
    add(values, code.value.empty() ? code.display : code.value);
}

void add_object(Values& values, const events::Resource& object) {
  add(values, object.id);
  add(values, object.alternative_ids);
  add(values, object.name);
}

void add_of_actor(Values& values, const events::Actor& actor, Field field) {
  if (field == Field::kRole) return add(values, actor.roles);
  if (field == Field::kAddress) return add(values, actor.address);
  add(values, actor.id);
  add(values, actor.alternative_ids);
  add(values, actor.name);
}

void add_recipients(Values& values, const events::View& view) {
  add(values, view.recipients);
  for (const events::Actor& actor : view.who)
    if (is_recipient(view, actor)) add_of_actor(values, actor, Field::kActor);
}

/// The next component of HL7's "a^b^c" or "a&b&c"; `text` moves behind it.
std::string_view eat_component(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view component = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return component;
}

/// Without its system, its HL7 authority and its FHIR type.
std::string bare_of(std::string_view value) {
  value = value.substr(std::min(value.rfind('|') + 1, value.size()));
  value = value.substr(0, value.find("^^^"));
  return std::string(value.substr(std::min(value.rfind('/') + 1, value.size())));
}

bool is_oid(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::vector<std::string> values_of(const events::View& view, Field field) {
  Values values;
  switch (field) {
    case Field::kPatient:
      add(values, view.whom);
      break;
    case Field::kRole:
    case Field::kActor:
      for (const events::Actor& actor : view.who) add_of_actor(values, actor, field);
      break;
    case Field::kAction:
      add(values, view.action);
      break;
    case Field::kType:
      add(values, view.types);
      break;
    case Field::kOutcome:
      add(values, view.outcome);
      break;
    case Field::kRecipient:
      add_recipients(values, view);
      break;
    case Field::kPurpose:
      add(values, view.purposes);
      break;
    case Field::kObject:
      for (const events::Resource& object : view.what) add_object(values, object);
      break;
    case Field::kAddress:
      for (const events::Actor& actor : view.who) add_of_actor(values, actor, field);
      add(values, view.where.address);
      break;
    case Field::kService:
      add(values, view.where.services);
      add(values, view.where.sites);
      add(values, view.where.device);
      break;
    case Field::kRequest:
      add(values, view.where.request_id);
      break;
  }
  return values;
}

std::vector<const events::Actor*> doers_of(const events::View& view) {
  std::vector<const events::Actor*> asked;
  std::vector<const events::Actor*> all;
  for (const events::Actor& actor : view.who) {
    all.push_back(&actor);
    if (actor.is_requestor.value_or(false)) asked.push_back(&actor);
  }
  return asked.empty() ? all : asked;
}

bool is_recipient(const events::View& view, const events::Actor& actor) {
  const std::string& name = !actor.id.empty()     ? actor.id
                            : !actor.name.empty() ? actor.name
                                                  : actor.address;
  return !name.empty() && std::ranges::find(view.recipients, name) != view.recipients.end();
}

std::string canonical(std::string_view value) {
  std::string_view rest = value;
  const std::string_view id = eat_component(rest, '^');
  eat_component(rest, '^');  // check digit, and its scheme
  eat_component(rest, '^');
  std::string_view authority = eat_component(rest, '^');
  eat_component(authority, '&');  // its name, beside its OID
  const std::string_view oid = eat_component(authority, '&');
  if (!id.empty() && is_oid(oid) && (authority == "ISO" || authority == "iso"))
    return "urn:oid:" + std::string(oid) + "|" + std::string(id);
  return std::string(value.substr(0, value.find(kHistory)));
}

Wanted::Wanted(const std::vector<std::string>& values) : count_(values.size()) {
  for (const std::string& asked : values) {
    std::string value = canonical(asked);
    bare_.insert(bare_of(value));
    if (value.starts_with('|'))
      of_no_system_.insert(value.substr(1));
    else if (value.find('|') == std::string::npos)
      of_any_system_.insert(value);
    whole_.insert(std::move(value));
  }
}

bool Wanted::has(std::string_view said) const {
  const std::string value = canonical(said);
  if (whole_.contains(value) || of_no_system_.contains(value)) return true;
  if (of_any_system_.empty()) return false;
  const std::string_view text = value;
  const std::size_t first = text.find('|');
  if (first != std::string_view::npos)  // a system may have a bar in it, and so may a value
    return of_any_system_.contains(text.substr(first + 1)) ||
           of_any_system_.contains(text.substr(text.rfind('|') + 1));
  const std::size_t authority = text.find("^^^");
  return authority != std::string_view::npos && of_any_system_.contains(text.substr(0, authority));
}

}  // namespace varve::search
