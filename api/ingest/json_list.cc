// Slices with simdjson, of a body that was checked before.
#include "api/ingest/json_list.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>

#include "api/ingest/json_checker.h"

namespace varve::api {
namespace {

namespace ondemand = simdjson::ondemand;

using Slices = std::vector<std::string_view>;

Result<Slices> objects_of(ondemand::value list) {
  ondemand::array elements;
  if (list.get_array().get(elements) != simdjson::SUCCESS)
    return invalid("the list of events is not a list");
  Slices out;
  for (auto element : elements) {
    ondemand::object object;
    std::string_view raw;
    if (element.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(raw) != simdjson::SUCCESS)
      return invalid("element " + std::to_string(out.size()) + " of the list is not an object");
    if (out.size() == kListedEventsMax)
      return invalid("a request holds at most " + std::to_string(kListedEventsMax) + " events");
    out.push_back(raw.substr(0, raw.rfind('}') + 1));  // without the space behind it
  }
  return out;
}

Result<Slices> list_in(std::string_view body, std::initializer_list<std::string_view> names) {
  RETURN_IF_ERROR(JsonChecker{}.check(
      body, JsonRule::kGrammar));  // its memory, several times the body's, goes here
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object members;
  if (parser.iterate(body.data(), body.size(), body.size() + kJsonPadding).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(members) != simdjson::SUCCESS)
    return invalid("it is not a JSON object");
  std::optional<Slices> found;
  bool has_members = false;
  for (auto field : members) {
    has_members = true;
    std::string_view name;
    ondemand::value value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) name = {};  // half a surrogate pair
    if (field.value().get(value) != simdjson::SUCCESS) return invalid("a member is malformed");
    if (std::ranges::find(names, name) == names.end()) continue;
    if (found) return invalid("it has two lists of events");
    ASSIGN_OR_RETURN(found, objects_of(value));
  }
  if (!found && has_members) return invalid("it has no list of events that is known here");
  return std::move(found).value_or(Slices{});
}

}  // namespace

Result<std::vector<std::string_view>> parse_json_list(
    Buffer& body, std::initializer_list<std::string_view> names) {
  const std::size_t size = body.size();
  body.resize(size + kJsonPadding);
  auto out = list_in(text_of(Bytes{body}.first(size)), names);
  body.resize(size);  // does not move what the events view
  return out;
}

}  // namespace varve::api
