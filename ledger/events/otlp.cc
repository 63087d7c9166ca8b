// OTLP logs as JSON: a request, or one ResourceLogs of it, with an event for each log record.
#include <utility>

#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

/// The text of a scalar AnyValue. Lists and maps stay where they are, and are gaps.
std::string any_value(Node* value) {
  for (const char* kind : {"stringValue", "intValue", "boolValue", "doubleValue"})
    if (Node* scalar = child(value, kind)) return take(scalar);
  return {};
}

/// Where an attribute of that name belongs. Null: no field of the view holds it.
std::string* field_of(std::string_view key, View& view) {
  if (view.who.empty()) view.who.emplace_back();
  Actor& actor = view.who.front();
  if (key == "user.id" || key == "enduser.id") return &actor.id;
  if (key == "user.name") return &actor.name;
  if (key == "client.address") return &actor.address;
  if (key == "session.id") return &actor.session;
  if (key == "host.name") return &view.where.device;
  if (key == "server.address") return &view.where.address;
  if (key == "service.name") return &view.where.services.emplace_back();
  return nullptr;
}

/// A second value for one field stays where it is, and is a gap.
void read_attributes(Node* holder, View& view) {
  for_each(holder, "attributes", [&](Node& attribute) {
    Node* key = child(&attribute, "key");
    std::string* field = key == nullptr ? nullptr : field_of(key->text, view);
    if (field == nullptr || !field->empty()) return;
    take(key);
    *field = any_value(child(&attribute, "value"));
  });
}

void read_log_record(Node& record, View view, Extraction& out) {
  if (out.events.size() >= kEventsMax) return;
  read_attributes(&record, view);
  std::erase_if(view.who, [](const Actor& actor) {
    return actor.id.empty() && actor.name.empty() && actor.address.empty() && actor.session.empty();
  });
  if (const std::string name = take(&record, "eventName"); !name.empty())
    view.types.push_back({name, ""});
  view.when = time_since_1970(take(&record, "timeUnixNano"), 1'000'000'000, "timeUnixNano", out);
  view.severity = take(&record, "severityText");
  view.where.request_id = take(&record, "traceId");
  view.message = any_value(child(&record, "body"));
  out.events.push_back(std::move(view));
}

}  // namespace

void read_otlp(Node& request, Extraction& out) {
  const auto read_resource = [&](Node& logs) {
    View common;
    read_attributes(child(&logs, "resource"), common);
    for_each(&logs, "scopeLogs", [&](Node& scope) {
      for_each(&scope, "logRecords", [&](Node& record) { read_log_record(record, common, out); });
    });
  };
  if (child(&request, "resourceLogs") != nullptr)
    for_each(&request, "resourceLogs", read_resource);
  else
    read_resource(request);
  add_gaps(request, "", out);
}

}  // namespace varve::events
