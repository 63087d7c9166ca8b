// Appending: sealed batches, and events that the server seals.
#include "api/routes/append.h"

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
  EventBody body;
};
constexpr EventType kEventTypes[] = {
    {kNdjson, EventBody::kLines},
    {"application/json", EventBody::kJson},
    {"application/fhir+json", EventBody::kJson},
    {"application/fhir+xml", EventBody::kOther},
    {"application/xml", EventBody::kOther},
    {"text/xml", EventBody::kOther},
    {"text/plain", EventBody::kOther},
    {"application/dicom+xml", EventBody::kOther},
};

const EventType* find_event_type(std::string_view essence) {
  const auto* found = std::ranges::find(kEventTypes, essence, &EventType::essence);
  return found == std::end(kEventTypes) ? nullptr : found;
}

Response unsupported_event_type() {
  std::string detail;
  for (const EventType& type : kEventTypes)
    detail.append(detail.empty() ? "events are taken as " : ", ").append(type.essence);
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

SplitEvents split(Buffer& bytes, const MediaType& type, EventBody body, std::uint64_t time_us) {
  if (body == EventBody::kLines) return split_ndjson(bytes, time_us);
  return whole_event(bytes, type.whole, body == EventBody::kJson, time_us);
}

}  // namespace

void append_body(const SharedExchange& exchange, const Reply& reply, const MediaType& type,
                 EventBody body, AppendDone done) {
  Request& request = exchange->request;
  if (type.whole.size() > format::kMediaTypeMax)
    return reply(refuse(ProblemId::kUnsupportedMediaType, "the Content-Type is too long to keep"));
  if (request.has_header("idempotency-key") &&
      !is_idempotency_key(request.header("idempotency-key")))
    return reply(
        refuse(ProblemId::kBadRequest, "an Idempotency-Key is 1 to 255 visible ASCII characters"));
  EventRequest out;
  out.sender = sender_of(exchange->caller);
  if (request.has_header("idempotency-key")) {
    out.content = hash_parts("varve request v1\n", {bytes_of(type.whole), request.body});
    out.key = hash_parts("varve idempotency key v1\n",
                         {bytes_of(exchange->caller.client), bytes_of(exchange->hosted->name),
                          bytes_of(request.header("idempotency-key"))});
  }
  SplitEvents events = split(request.body, type, body, exchange->service->clock().now_us());
  if (const auto* wrong = std::get_if<LineError>(&events)) return reply(refuse_line(*wrong));
  out.events = std::move(*std::get_if<std::vector<Event>>(&events));
  out.body = std::move(request.body);
  exchange->log().append(std::move(out), std::move(done));
}

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
  const MediaType type = parse_media_type(exchange->request.header("content-type"));
  const EventType* known = find_event_type(type.essence);
  if (known == nullptr) return reply(unsupported_event_type());
  append_body(exchange, reply, type, known->body, finish(exchange, reply));
}

}  // namespace varve::api
