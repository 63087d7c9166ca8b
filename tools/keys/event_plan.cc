// Plans in words and in JSON.
#include "tools/keys/event_plan.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "hsm/uri.h"
#include "ledger/base/visible.h"
#include "ledger/format/json.h"
#include "ledger/format/note.h"

namespace varve::keys {
namespace {

std::vector<std::string> destinations(const PublishArguments& to) {
  std::vector<std::string> all;
  if (!to.out.empty()) all.push_back(to.out);
  if (!to.server.empty()) all.push_back(to.server + "/logs/" + to.log);
  return all;
}

/// A member with records; nothing where there are none.
std::string records_json(const char* name, const std::vector<LeafIndex>& records) {
  std::string json;
  for (const LeafIndex index : records)
    json.append(json.empty() ? ",\"" + std::string(name) + "\":[" : ",")
        .append(std::to_string(index.value));
  return json.empty() ? json : json.append("]");
}

/// The members about keys that joined on the revoked one's word; none where there are none.
std::string admitted_json(const EventPlan& plan) {
  std::string json;
  for (const AdmittedFate& fate : plan.admitted) {
    json.append(json.empty() ? ",\"admitted\":[" : ",").append("{\"key\":");
    json.append(format::json_quoted(fate.key)).append(",\"record\":");
    json.append(std::to_string(fate.joined.value)).append(",\"then\":\"");
    json.append(fate.then).append("\"}");
  }
  if (!json.empty()) json.push_back(']');
  json.append(records_json("approvers_named_in", plan.approvers_named_in));
  return json.append(records_json("witness_keys_named_in", plan.witness_keys_named_in));
}

void print_admitted(const EventPlan& plan) {
  for (const AdmittedFate& fate : plan.admitted)
    std::printf("%s: %s, which joined in record %llu on its word\n", fate.then,
                visible(fate.key).c_str(), static_cast<unsigned long long>(fate.joined.value));
  for (const LeafIndex index : plan.approvers_named_in)
    std::printf("record %llu named approvers on its word, and they stay: see varve-keys ceremony\n",
                static_cast<unsigned long long>(index.value));
  for (const LeafIndex index : plan.witness_keys_named_in)
    std::printf(
        "record %llu named a witness key on its word: make another, see varve-keys witness-key\n",
        static_cast<unsigned long long>(index.value));
}

bool is_confirmed(const EventPlan& plan) {
  return !plan.name.empty() && !plan.to.server.empty();
}

void print_as_json(const EventPlan& plan) {
  std::string json = "{\"would_" + std::string(plan.action) + "\":";
  json.append(plan.key.empty() ? "null" : format::json_quoted(plan.key));
  if (!plan.label_to_make.empty())
    json.append(",\"would_make\":").append(format::json_quoted(plan.label_to_make));
  json.append(",\"signer\":").append(format::json_quoted(plan.signer)).append(",\"to\":[");
  for (const std::string& place : destinations(plan.to)) {
    if (json.back() != '[') json.push_back(',');
    json.append(format::json_quoted(place));
  }
  json.append("]").append(admitted_json(plan));
  if (!plan.witnesses.empty())
    json.append(",\"witnesses\":").append(format::json_quoted(plan.witnesses));
  if (is_confirmed(plan)) json.append(",\"yes\":").append(format::json_quoted(plan.name));
  std::printf("%s}\n", json.c_str());
}

}  // namespace

void print_plan(const EventPlan& plan, bool json) {
  if (json) return print_as_json(plan);
  if (plan.label_to_make.empty())
    std::printf("would %s %s\n", plan.action, visible(plan.key).c_str());
  else
    std::printf("would make a key '%s' and %s it\n", plan.label_to_make.c_str(),
                std::string_view(plan.action) == "rotate" ? "rotate to" : plan.action);
  print_admitted(plan);
  std::printf("signed by %s\n", visible(plan.signer).c_str());
  const auto places = destinations(plan.to);
  for (const std::string& place : places) std::printf("to %s\n", place.c_str());
  if (places.empty()) std::printf("the server has it already\n");
  if (!plan.witnesses.empty()) std::printf("%s\n", visible(plan.witnesses).c_str());
  if (is_confirmed(plan)) std::printf("confirmed by --yes '%s'\n", plan.name.c_str());
}

void print_done(const EventPlan& plan, bool json) {
  if (json) {
    std::printf("{\"vkey\":%s%s}\n", format::json_quoted(plan.key).c_str(),
                admitted_json(plan).c_str());
    return;
  }
  std::printf("%s\n", plan.key.c_str());
  print_admitted(plan);
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

Result<void> confirm_plan(const Confirmation& given, const EventPlan& plan) {
  if (plan.to.server.empty()) return {};
  const auto too = std::ranges::count_if(plan.admitted, [](const AdmittedFate& fate) {
    return std::string_view(fate.then) == "revoked";
  });
  std::string what = "To " + std::string(plan.action) + " " + plan.key;
  if (too > 0) what.append(" and ").append(std::to_string(too)).append(" that joined on its word");
  if (!plan.witnesses.empty()) what.append(" (").append(plan.witnesses).append(")");
  return confirm(given, what, std::array{plan.name, plan.key});
}

}  // namespace varve::keys
