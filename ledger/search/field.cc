// One function a field, and the spellings of an identifier.
#include "ledger/search/field.h"

#include <algorithm>

namespace varve::search {
namespace {

using Values = std::vector<std::string>;

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

/// The next component of HL7's "a^b^c" or "a&b&c"; `text` moves behind it.
std::string_view eat_component(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view component = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return component;
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
      add(values, view.recipients);
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

std::string canonical(std::string_view value) {
  std::string_view rest = value;
  const std::string_view id = eat_component(rest, '^');
  eat_component(rest, '^');  // check digit, and its scheme
  eat_component(rest, '^');
  std::string_view authority = eat_component(rest, '^');
  eat_component(authority, '&');  // its name, beside its OID
  const std::string_view oid = eat_component(authority, '&');
  if (id.empty() || !is_oid(oid) || authority != "ISO") return std::string(value);
  return "urn:oid:" + std::string(oid) + "|" + std::string(id);
}

bool is_same(std::string_view asked, std::string_view value) {
  const std::string wanted = canonical(asked);
  const std::string said = canonical(value);
  if (wanted == said) return true;
  if (wanted.starts_with('|')) return wanted.substr(1) == said;
  if (wanted.find('|') != std::string::npos) return false;
  const std::size_t bar = said.find('|');
  return bar != std::string::npos && said.substr(bar + 1) == wanted;
}

}  // namespace varve::search
