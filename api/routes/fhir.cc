// A repository of AuditEvents for clients of FHIR, which never changes or deletes one.
#include "api/ingest/fhir.h"

#include "api/fhir_document.h"
#include "api/ingest/payload_size.h"
#include "api/problem.h"
#include "api/routes/append.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/routes/runs.h"
#include "api/service.h"
#include "ledger/format/batch.h"

namespace varve::api {
namespace {

/// How a body is taken, and under which name it is kept: clients say both application/json and
/// application/fhir+json.
struct FhirType {
  std::string_view sent;
  std::string_view kept;
};
constexpr FhirType kFhirTypes[] = {{kFhirJson, kFhirJson},
                                   {"application/json", kFhirJson},
                                   {kFhirXml, kFhirXml},
                                   {"application/xml", kFhirXml},
                                   {"text/xml", kFhirXml}};

/// With the parameters as they were sent, fhirVersion among them. Empty: not a media type of FHIR.
MediaType kept_type(const Request& request) {
  MediaType type = parse_media_type(request.header("content-type"));
  for (const auto& [sent, kept] : kFhirTypes) {
    if (type.essence != sent) continue;
    type.whole.replace(0, type.essence.size(), kept);
    type.essence = kept;
    if (type.whole.size() <= format::kMediaTypeMax) return type;
  }
  return {};
}

Response unsupported_fhir_type(const std::string& taken) {
  return refuse(ProblemId::kUnsupportedMediaType, "this is taken as " + taken);
}

std::string location_of(const Exchange& exchange, LeafIndex index) {
  return "/logs/" + exchange.hosted->name + "/fhir/AuditEvent/" + std::to_string(index.value);
}

/// "Prefer: return=OperationOutcome" asks for a body. Nobody gets the event back: it is as it was sent.
bool wants_outcome(const Request& request) {
  return request.header("prefer").find("return=OperationOutcome") != std::string_view::npos;
}

FhirElement say_durable(LeafIndex index) {
  return operation_outcome("information", "informational",
                           "the event is record " + std::to_string(index.value) +
                               ", durable and under a signed checkpoint");
}

Response created(const Exchange& exchange, const Appended& appended) {
  const int status = appended.repeated ? 200 : 201;
  Response response = wants_outcome(exchange.request)
                          ? fhir_response(status, exchange.request, say_durable(appended.first))
                          : Response{status, {}, {}, {}};
  response.headers.emplace_back("location", location_of(exchange, appended.first));
  set_private(response);
  return response;
}

std::string status_line(int status) {
  switch (status) {
    case 200:
      return "200 OK";
    case 201:
      return "201 Created";
    case 400:
      return "400 Bad Request";
    case 405:
      return "405 Method Not Allowed";
    case 413:
      return "413 Content Too Large";
    case 503:
      return "503 Service Unavailable";
    case 507:
      return "507 Insufficient Storage";
    default:
      return std::to_string(status);
  }
}

/// A Bundle whose events the log has.
class PendingBundle {
 public:
  PendingBundle(SharedExchange exchange, std::vector<FhirEntry> entries)
      : exchange_(std::move(exchange)), entries_(std::move(entries)), places_(entries_.size()) {}

  void settle(std::size_t entry, const Result<Placed>& placed) {
    if (placed)
      places_[entry] = *placed;
    else
      entries_[entry].refusal = {problem_of(problem_of(placed.error().code)).status,
                                 placed.error().message};
  }

  [[nodiscard]] Response make() const {
    FhirElement bundle{"Bundle", "", {{"type", "batch-response", {}, false}}, false};
    for (std::size_t entry = 0; entry < entries_.size(); ++entry)
      bundle.children.push_back({"entry", "", {response_of(entry)}, true});
    Response response = fhir_response(200, exchange_->request, bundle);
    set_private(response);
    return response;
  }

 private:
  [[nodiscard]] FhirElement response_of(std::size_t entry) const {
    FhirElement response{"response", "", {}, false};
    if (const auto& refusal = entries_[entry].refusal) {
      FhirElement outcome =
          operation_outcome("error", issue_code(refusal->status), refusal->reason);
      response.children = {{"status", status_line(refusal->status), {}, false},
                           {"outcome", "", {std::move(outcome)}, false}};
    } else {
      const Placed& placed = places_[entry];
      response.children = {{"status", status_line(placed.repeated ? 200 : 201), {}, false},
                           {"location", location_of(*exchange_, placed.index), {}, false}};
    }
    return response;
  }

  const SharedExchange exchange_;
  std::vector<FhirEntry> entries_;  // their slices are views of a body that is gone
  std::vector<Placed> places_;      // of those that are not refused
};

void fill_run(Run& run, const std::vector<FhirEntry>& entries, const MediaType& type,
              std::uint64_t time_us) {
  Buffer& body = run.request.body;
  std::size_t size = type.whole.size();
  for (const std::size_t entry : run.items) size += entries[entry].slice.size();
  body.reserve(size);  // views into a buffer that grows would not last
  append(body, bytes_of(type.whole));
  const std::string_view media_type = text_of(Bytes{body}.first(type.whole.size()));
  for (const std::size_t entry : run.items) {
    const std::size_t begin = body.size();
    append(body, bytes_of(entries[entry].slice));
    run.request.events.push_back({media_type, Bytes{body}.subspan(begin), time_us});
  }
}

std::vector<Run> plan_bundle(const std::vector<FhirEntry>& entries, const MediaType& type,
                             std::uint64_t time_us) {
  std::vector<Run> runs;
  std::size_t bytes = 0;
  for (std::size_t entry = 0; entry < entries.size(); ++entry) {
    if (entries[entry].refusal) continue;
    bytes += entries[entry].slice.size();
    if (runs.empty() || bytes > kRunBytesMax ||
        runs.back().items.size() == format::kBatchRecordsMax) {
      runs.emplace_back();
      bytes = entries[entry].slice.size();
    }
    runs.back().items.push_back(entry);
  }
  for (Run& run : runs) fill_run(run, entries, type, time_us);
  return runs;
}

}  // namespace

void post_fhir_event(const SharedExchange& exchange, const Reply& reply) {
  Request& request = exchange->request;
  const MediaType type = kept_type(request);
  if (type.essence.empty())
    return reply(unsupported_fhir_type("application/fhir+json or application/fhir+xml"));
  if (request.has_header("if-none-exist"))
    return reply(refuse(ProblemId::kBadRequest,
                        "conditional creation is not offered: leave out If-None-Exist"));
  const std::size_t size = request.body.size();
  if (const std::size_t most = payload_max(type.whole); size > most)
    return reply(refuse(ProblemId::kTooLarge, too_large_text("the event is ", size, most)));
  const bool json = type.essence == kFhirJson;
  if (auto checked = json ? check_fhir_json(request.body) : check_fhir_xml(request.body); !checked)
    return reply(refuse(checked.error()));
  append_body(exchange, reply, type, json ? EventBody::kJson : EventBody::kOther,
              [exchange, reply](const Result<Appended>& done) {
                if (!done) return reply(refuse(done.error()));
                reply.later([exchange, appended = *done] { return created(*exchange, appended); });
              });
}

void post_fhir_bundle(const SharedExchange& exchange, const Reply& reply) {
  const MediaType type = kept_type(exchange->request);
  if (type.essence != kFhirJson)
    return reply(unsupported_fhir_type(
        "application/fhir+json: in XML send each AuditEvent to [base]/AuditEvent"));
  if (exchange->request.has_header("idempotency-key"))
    return reply(refuse(ProblemId::kBadRequest,
                        "a Bundle has no Idempotency-Key: send its events one by one"));
  auto entries = parse_fhir_bundle(exchange->request.body, payload_max(type.whole));
  if (!entries) return reply(refuse(entries.error()));
  std::vector<Run> runs = plan_bundle(*entries, type, exchange->service->clock().now_us());
  for (Run& run : runs) run.request.sender = sender_of(exchange->caller);
  exchange->request.body = Buffer();  // the runs hold what is appended
  const std::size_t count = entries->size();
  const auto pending = std::make_shared<PendingBundle>(exchange, std::move(*entries));
  append_runs(
      exchange, reply, std::move(runs), count,
      [pending](std::size_t entry, const Result<Placed>& placed) {
        pending->settle(entry, placed);
      },
      [pending] { return pending->make(); });
}

}  // namespace varve::api
