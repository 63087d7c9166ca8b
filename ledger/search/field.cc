// One function a field.
#include "ledger/search/field.h"

#include <algorithm>
#include <utility>

namespace varve::search {
namespace {

constexpr std::size_t kFew = 16;  // up to so many a set is slower

/// Each once, in the order in which they come.
class Values {
 public:
  void add(const std::string& value) {
    if (!value.empty() && is_new(value)) values_.push_back(value);
  }
  std::vector<std::string> take() { return std::move(values_); }

 private:
  bool is_new(const std::string& value) {
    if (values_.size() < kFew) return std::ranges::find(values_, value) == values_.end();
    if (seen_.empty()) seen_.insert(values_.begin(), values_.end());
    return seen_.insert(value).second;
  }

  std::vector<std::string> values_;
  std::set<std::string> seen_;  // once there are more than a few: a sender may write thousands
};

void add(Values& values, const std::string& value) {
  values.add(value);
}

void add(Values& values, const std::vector<std::string>& more) {
  for (const std::string& value : more) values.add(value);
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

/// Without its system, its HL7 authority and its FHIR type.
std::string bare_of(std::string_view value) {
  value = value.substr(std::min(value.rfind('|') + 1, value.size()));
  value = value.substr(0, value.find("^^^"));
  return std::string(value.substr(std::min(value.rfind('/') + 1, value.size())));
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
    case Field::kObjectType:
      for (const events::Resource& object : view.what) add(values, object.types);
      break;
  }
  return values.take();
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

Wanted::Wanted(const std::vector<std::string>& values) : count_(values.size()) {
  for (const std::string& asked : values) {
    bare_.insert(bare_of(canonical(asked)));
    for (Term& term : terms_asked(asked)) terms_.insert(std::move(term));
  }
}

bool Wanted::has(std::string_view said) const {
  return std::ranges::any_of(terms_said(said),
                             [this](const Term& term) { return terms_.contains(term); });
}

}  // namespace varve::search
