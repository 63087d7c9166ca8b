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

/// What a resource says, and how much of it all events have so far: a long resource with many small log records
/// would else be many times its payload.
struct Shared {
  View view;
  std::size_t size = 0;
  std::size_t& of_all;
};

/// Of what an attribute may fill.
std::size_t size_of(const View& view) {
  std::size_t size = view.where.device.size() + view.where.address.size();
  for (const std::string& service : view.where.services) size += sizeof(service) + service.size();
  for (const Actor& actor : view.who)
    size += actor.id.size() + actor.name.size() + actor.address.size() + actor.session.size();
  return size;
}

void read_log_record(Node& record, Shared& shared, Extraction& out) {
  if (out.events.size() >= kEventsMax || shared.of_all + shared.size > kSharedMax) {
    ++out.events_left_off;
    return;
  }
  shared.of_all += shared.size;
  View view = shared.view;
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
  std::size_t of_all = 0;
  const auto read_resource = [&](Node& logs) {
    Shared shared{{}, 0, of_all};
    read_attributes(child(&logs, "resource"), shared.view);
    shared.size = size_of(shared.view);
    for_each(&logs, "scopeLogs", [&](Node& scope) {
      for_each(&scope, "logRecords", [&](Node& record) { read_log_record(record, shared, out); });
    });
  };
  if (child(&request, "resourceLogs") != nullptr)
    for_each(&request, "resourceLogs", read_resource);
  else
    read_resource(request);
  if (out.events_left_off != 0)
    out.add_gap("logRecords", std::to_string(out.events_left_off) + " more than are read");
  add_gaps(request, "", out);
}

}  // namespace varve::events
