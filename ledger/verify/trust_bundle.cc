// A JSON object with two members before those of the log's keys, written anew from what was verified.
#include "ledger/verify/trust_bundle.h"

#include "ledger/format/json.h"
#include "ledger/verify/open_keys.h"

namespace varve::verify {
namespace {

constexpr std::string_view kTitle = "varve trust bundle v1";

std::string quoted_texts(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.back() != '[') json.push_back(',');
    json.append(format::json_quoted(text));
  }
  return json.append("]");
}

/// One key event, of which nothing is taken over but what open_keys looked at.
Result<std::string> event_json(const format::Json& event) {
  ASSIGN_OR_RETURN(const std::uint64_t index, event.number("index"));
  ASSIGN_OR_RETURN(const std::string record, event.text("record"));
  ASSIGN_OR_RETURN(const auto proof, event.texts("proof"));
  std::string json = "{\"index\":" + std::to_string(index);
  json.append(",\"record\":").append(format::json_quoted(record));
  return json.append(",\"proof\":").append(quoted_texts(proof)).append("}");
}

/// The members that open_keys verified, each once; whatever else was in `keys` is left out.
Result<std::string> verified_members(const format::Json& keys) {
  ASSIGN_OR_RETURN(const std::string origin, keys.text("origin"));
  ASSIGN_OR_RETURN(const auto active, keys.texts("active"));
  ASSIGN_OR_RETURN(const auto all, keys.texts("all"));
  ASSIGN_OR_RETURN(const std::uint64_t size, keys.number("tree_size"));
  ASSIGN_OR_RETURN(const std::string checkpoint, keys.text("checkpoint"));
  ASSIGN_OR_RETURN(const auto events, keys.objects("events"));
  std::string json = "\"origin\":" + format::json_quoted(origin);
  json.append(",\"active\":").append(quoted_texts(active));
  json.append(",\"all\":").append(quoted_texts(all));
  json.append(",\"tree_size\":").append(std::to_string(size));
  json.append(",\"checkpoint\":").append(format::json_quoted(checkpoint)).append(",\"events\":[");
  for (const format::Json& event : events) {
    ASSIGN_OR_RETURN(const std::string one, event_json(event));
    if (json.back() != '[') json.push_back(',');
    json.append(one);
  }
  return json.append("]");
}

}  // namespace

Result<std::string> make_bundle(const format::VerifierKey& first, std::string_view keys) {
  RETURN_IF_ERROR(open_keys(keys, first));
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(keys));
  ASSIGN_OR_RETURN(const std::string members, verified_members(json));
  std::string bundle = "{\"bundle\":" + format::json_quoted(kTitle) +
                       ",\"first\":" + format::json_quoted(format::format_vkey(first)) + ",";
  bundle.append(members).append("}\n");
  RETURN_IF_ERROR(open_bundle(bundle, first));
  return bundle;
}

Result<OpenedBundle> open_bundle(std::string_view bundle,
                                 const std::optional<format::VerifierKey>& trusted) {
  ASSIGN_OR_RETURN(const format::Json json, format::Json::parse(bundle));
  const auto title = json.text("bundle");
  if (!title || *title != kTitle) return invalid("this is not a trust bundle");
  ASSIGN_OR_RETURN(const std::string vkey, json.text("first"));
  ASSIGN_OR_RETURN(format::VerifierKey first, format::parse_vkey(vkey));
  if (trusted && trusted->name != first.name)
    return invalid("the bundle is of the log " + first.name + ", and the key that is trusted of " +
                   trusted->name);
  if (trusted && *trusted != first)
    return corrupt("the bundle begins with another key than the one that is trusted");
  ASSIGN_OR_RETURN(VerifiedKeys keys, open_keys(bundle, first));
  return OpenedBundle{std::move(first), std::move(keys)};
}

}  // namespace varve::verify
