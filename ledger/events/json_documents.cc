// Formats that are one flat JSON document: CloudTrail, the Elastic Common Schema, OCSF, and plain
// JSON by the names that senders commonly use. Each is a table of paths; the first that is there counts, and the
// others are gaps.
#include <initializer_list>
#include <utility>

#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

/// A path through objects, or one member whose name has the dots (ECS allows both).
Node* at_path(Node& document, std::string_view path) {
  Node* found = descend(&document, path);
  return found != nullptr ? found : child(&document, path);
}

std::string first_of(Node& document, std::initializer_list<std::string_view> paths) {
  for (const std::string_view path : paths)
    if (const std::string text = take(at_path(document, path)); !text.empty()) return text;
  return {};
}

void push(std::vector<std::string>& list, std::string text) {
  if (!text.empty()) list.push_back(std::move(text));
}

void push(std::vector<Coded>& list, std::string text) {
  if (!text.empty()) list.push_back({std::move(text), ""});
}

void add_texts(Node& document, std::string_view path, std::vector<Coded>& list) {
  Node* found = at_path(document, path);
  if (found == nullptr) return;
  if (found->is_leaf()) return push(list, take(found));
  for (Node& each : found->children)
    if (each.is_leaf()) push(list, take(&each));
}

void add_actor(View& view, Actor actor) {
  if (!actor.id.empty() || !actor.name.empty() || !actor.address.empty())
    view.who.push_back(std::move(actor));
}

void finish(Node& document, View view, Extraction& out) {
  out.events.push_back(std::move(view));
  add_gaps(document, "", out);
}

}  // namespace

void read_cloudtrail(Node& record, Extraction& out) {
  View view;
  view.id = first_of(record, {"eventID"});
  Actor actor;
  actor.id = first_of(record, {"userIdentity.arn", "userIdentity.principalId"});
  for (const char* path :
       {"userIdentity.principalId", "userIdentity.accountId", "userIdentity.invokedBy"})
    push(actor.alternative_ids, first_of(record, {path}));
  actor.name = first_of(record, {"userIdentity.userName"});
  push(actor.roles, first_of(record, {"userIdentity.type"}));
  actor.session = first_of(record, {"userIdentity.accessKeyId"});
  actor.address = first_of(record, {"sourceIPAddress"});
  view.where.device = first_of(record, {"userAgent"});
  add_actor(view, std::move(actor));
  push(view.types, first_of(record, {"eventType"}));
  view.action = first_of(record, {"eventName"});
  view.where.request_id = first_of(record, {"requestID"});
  for (const char* path : {"eventSource", "awsRegion", "recipientAccountId"})
    push(view.where.services, first_of(record, {path}));
  const std::string error = first_of(record, {"errorCode"});
  view.outcome = error.empty() ? "" : "failure";  // no errorCode is not a word of success
  const std::string error_text = first_of(record, {"errorMessage"});
  view.outcome_text = error_text.empty() ? error : error + ": " + error_text;
  view.when = time_of(first_of(record, {"eventTime", "@timestamp"}), "eventTime", out);
  for_each(&record, "resources", [&](Node& each) {
    Resource resource;
    resource.id = take(&each, "ARN");
    push(resource.types, take(&each, "type"));
    view.what.push_back(std::move(resource));
  });
  finish(record, std::move(view), out);
}

void read_ecs(Node& document, Extraction& out) {
  View view;
  view.id = first_of(document, {"event.id"});
  Actor actor;
  actor.id = first_of(document, {"user.id", "user.name", "user.email"});
  for (const char* path : {"user.name", "user.email"}) {
    Node* other = at_path(document, path);
    if (other != nullptr && !other->is_taken) push(actor.alternative_ids, take(other));
  }
  actor.name = first_of(document, {"user.full_name"});
  add_texts(document, "user.roles", actor.roles);
  actor.address = first_of(document, {"source.ip", "client.ip", "source.address"});
  add_actor(view, std::move(actor));
  for (const char* path : {"event.kind", "event.category", "event.type", "event.dataset"})
    add_texts(document, path, view.types);
  view.action = first_of(document, {"event.action"});
  view.outcome = first_of(document, {"event.outcome"});
  view.outcome_text = first_of(document, {"event.reason", "error.message"});
  view.when = time_of(first_of(document, {"@timestamp"}), "@timestamp", out);
  push(view.where.services, first_of(document, {"service.name"}));
  view.where.request_id = first_of(document, {"http.request.id", "trace.id"});
  view.where.device = first_of(document, {"host.name", "host.hostname"});
  view.where.address = first_of(document, {"destination.ip", "server.ip"});
  view.message = first_of(document, {"message"});
  finish(document, std::move(view), out);
}

void read_ocsf(Node& event, Extraction& out) {
  View view;
  view.id = first_of(event, {"metadata.uid"});
  Actor actor;
  actor.id = first_of(event, {"actor.user.uid", "actor.user.name", "user.uid", "user.name"});
  actor.name = first_of(event, {"actor.user.name", "user.name"});
  actor.session = first_of(event, {"actor.session.uid", "session.uid"});
  actor.address = first_of(event, {"src_endpoint.ip"});
  add_actor(view, std::move(actor));
  for (const char* path : {"class_name", "category_name", "type_name"})
    push(view.types, first_of(event, {path}));
  push(view.types, joined_code("class_uid", first_of(event, {"class_uid"})));
  view.action = first_of(event, {"activity_name", "api.operation"});
  view.outcome = first_of(event, {"status"});
  view.outcome_text = first_of(event, {"status_detail"});
  view.when = time_since_1970(first_of(event, {"time"}), 1'000, "time", out);
  push(view.where.services, first_of(event, {"metadata.product.name"}));
  view.where.request_id = first_of(event, {"api.request.uid", "metadata.correlation_uid"});
  view.where.address = first_of(event, {"dst_endpoint.ip"});
  view.where.device = first_of(event, {"device.hostname", "device.name"});
  view.severity = first_of(event, {"severity"});
  view.message = first_of(event, {"message"});
  finish(event, std::move(view), out);
}

// Only names that mean one thing everywhere. "id" and "status" do not, and stay gaps.
void read_plain_json(Node& object, Extraction& out) {
  View view;
  Actor actor;
  actor.id = first_of(object, {"user_id", "userId", "user", "username"});
  actor.address = first_of(object, {"client_ip", "clientIp", "remote_addr"});
  actor.session = first_of(object, {"session_id", "sessionId"});
  add_actor(view, std::move(actor));
  view.action = first_of(object, {"action"});
  view.outcome = first_of(object, {"outcome"});
  if (Node* patient = child(&object, "patient_id")) push(view.whom, take(patient));
  if (Node* patient = child(&object, "patientId")) push(view.whom, take(patient));
  const std::string time = first_of(object, {"timestamp", "@timestamp", "time"});
  view.when = time_of(time, "timestamp", out);
  push(view.where.services, first_of(object, {"service", "app"}));
  view.where.request_id = first_of(object, {"request_id", "requestId"});
  view.where.device = first_of(object, {"host", "hostname"});
  view.severity = first_of(object, {"level", "severity"});
  view.message = first_of(object, {"line", "message", "msg"});
  finish(object, std::move(view), out);
}

}  // namespace varve::events
