// Plans in words and in JSON.
#include "tools/keys/event_plan.h"

#include <cstdio>
#include <vector>

#include "hsm/uri.h"
#include "ledger/format/note.h"
#include "tools/common/json.h"
#include "tools/common/visible.h"

namespace varve::keys {
namespace {

std::vector<std::string> destinations(const PublishArguments& to) {
  std::vector<std::string> all;
  if (!to.out.empty()) all.push_back(to.out);
  if (!to.server.empty()) all.push_back(to.server + "/logs/" + to.log);
  return all;
}

void print_as_json(const EventPlan& plan) {
  std::string json = "{\"would_" + std::string(plan.action) + "\":";
  json.append(plan.key.empty() ? "null" : tools::json_quoted(plan.key));
  if (!plan.label_to_make.empty())
    json.append(",\"would_make\":").append(tools::json_quoted(plan.label_to_make));
  json.append(",\"signer\":").append(tools::json_quoted(plan.signer)).append(",\"to\":[");
  for (const std::string& place : destinations(plan.to)) {
    if (json.back() != '[') json.push_back(',');
    json.append(tools::json_quoted(place));
  }
  std::printf("%s]}\n", json.c_str());
}

}  // namespace

void print_plan(const EventPlan& plan, bool json) {
  if (json) return print_as_json(plan);
  if (plan.label_to_make.empty())
    std::printf("would %s %s\n", plan.action, tools::visible(plan.key).c_str());
  else
    std::printf("would make a key '%s' and %s to it\n", plan.label_to_make.c_str(), plan.action);
  std::printf("signed by %s\n", tools::visible(plan.signer).c_str());
  const auto places = destinations(plan.to);
  for (const std::string& place : places) std::printf("to %s\n", place.c_str());
  if (places.empty()) std::printf("the server has it already\n");
}

Result<std::string> typed_name(const std::string& key) {
  if (key.starts_with("pkcs11:")) {
    ASSIGN_OR_RETURN(const auto uri, hsm::Uri::parse(key));
    const auto label = uri.object_label();
    return label ? std::string(text_of(*label)) : key;
  }
  ASSIGN_OR_RETURN(const auto vkey, format::parse_vkey(key));
  return format::key_id_text(vkey);
}

Result<void> confirm_plan(const Confirmation& given, const EventPlan& plan,
                          const std::string& name) {
  if (plan.to.server.empty()) return {};
  return confirm(given, "To " + std::string(plan.action) + " " + plan.key, name);
}

}  // namespace varve::keys
