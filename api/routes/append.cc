// Appending: sealed batches, and events that the server seals.
#include <algorithm>

#include "api/ndjson.h"
#include "api/problem.h"
#include "api/routes/finish.h"
#include "api/routes/handlers.h"
#include "api/routes/hash_parts.h"
#include "api/routes/permit.h"
#include "api/service.h"

namespace varve::api {
namespace {

constexpr std::string_view kNdjson = "application/x-ndjson";
constexpr std::size_t kIdempotencyKeyMax = 255;

struct EventType {
  std::string_view essence;
  bool json;
};
constexpr EventType kEventTypes[] = {
    {"application/json", true},
    {"application/fhir+json", true},
    {"application/fhir+xml", false},
    {"application/xml", false},
    {"text/xml", false},
    {"text/plain", false},
    {"application/dicom+xml", false},
};

const EventType* find_event_type(std::string_view essence) {
  const auto* found = std::ranges::find(kEventTypes, essence, &EventType::essence);
  return found == std::end(kEventTypes) ? nullptr : found;
}

Response unsupported_event_type() {
  std::string detail = "events are taken as " + std::string{kNdjson};
  for (const EventType& type : kEventTypes) detail.append(", ").append(type.essence);
  return refuse(ProblemId::kUnsupportedMediaType, detail);
}

bool is_idempotency_key(std::string_view key) {
  return !key.empty() && key.size() <= kIdempotencyKeyMax &&
         std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
}

Response refuse_line(const LineError& wrong) {
  Extras extras;
  std::string detail = wrong.error.message;
  if (wrong.line != 0) {
    detail = "line " + std::to_string(wrong.line) + ": " + detail;
    extras.emplace_back("line", std::to_string(wrong.line));
  }
  return refuse(wrong.too_large ? ProblemId::kTooLarge : ProblemId::kInvalid, detail, extras);
}

// A batch that came too early is told which is next.
Response explain_batch(const Exchange& exchange, SourceId source, const Error& error) {
  if (error.code != Code::kOutOfOrder) return refuse(error);
  auto state = exchange.log().source(source);
  if (!state) return refuse(error);
  return refuse(error, {{"expected_sequence", std::to_string(state->next_batch)}});
}

SplitEvents split(Buffer& body, const MediaType& type, const EventType* whole,
                  std::uint64_t time_us) {
  if (whole == nullptr) return split_ndjson(body, time_us);
  return whole_event(body, type.whole, whole->json, time_us);
}

void append_events(const SharedExchange& exchange, const Reply& reply, const MediaType& type,
                   const EventType* whole) {
  Request& request = exchange->request;
  EventRequest out;
  if (request.has_header("idempotency-key")) {
    out.content = hash_parts("varve request v1\n", {bytes_of(type.whole), request.body});
    out.key = hash_parts("varve idempotency key v1\n",
                         {bytes_of(exchange->caller.client), bytes_of(exchange->hosted->name),
                          bytes_of(request.header("idempotency-key"))});
  }
  SplitEvents events = split(request.body, type, whole, exchange->service->clock().now_us());
  if (const auto* wrong = std::get_if<LineError>(&events)) return reply(refuse_line(*wrong));
  out.events = std::move(*std::get_if<std::vector<Event>>(&events));
  out.body = std::move(request.body);
  exchange->log().append(std::move(out), finish(exchange, reply));
}

}  // namespace

void post_batch(const SharedExchange& exchange, const Reply& reply) {
  const MediaType type = parse_media_type(exchange->request.header("content-type"));
  if (type.essence != format::kBatchMediaType)
    return reply(refuse(ProblemId::kUnsupportedMediaType,
                        "a batch is " + std::string{format::kBatchMediaType}));
  auto batch = format::decode_batch(std::move(exchange->request.body));
  if (!batch) return reply(refuse(batch.error()));
  const SourceId source = batch->seal.source;
  if (auto refusal = refuse_unless(*exchange, Rights::kAppendBatch, source))
    return reply(std::move(*refusal));
  exchange->log().append(std::move(*batch),
                         finish(exchange, reply, [exchange, source](const Error& error) {
                           return explain_batch(*exchange, source, error);
                         }));
}

void post_events(const SharedExchange& exchange, const Reply& reply) {
  const Request& request = exchange->request;
  const MediaType type = parse_media_type(request.header("content-type"));
  const EventType* whole = find_event_type(type.essence);
  if (whole == nullptr && type.essence != kNdjson) return reply(unsupported_event_type());
  if (type.whole.size() > format::kMediaTypeMax)
    return reply(refuse(ProblemId::kUnsupportedMediaType, "the Content-Type is too long to keep"));
  if (request.has_header("idempotency-key") &&
      !is_idempotency_key(request.header("idempotency-key")))
    return reply(
        refuse(ProblemId::kBadRequest, "an Idempotency-Key is 1 to 255 visible ASCII characters"));
  append_events(exchange, reply, type, whole);
}

}  // namespace varve::api
