// Who sends to a log, what the log has of each, and for how long one has been silent.
#include <algorithm>

#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/routes/permit.h"
#include "api/routes/read.h"
#include "api/service.h"
#include "ledger/base/codec.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr std::size_t kPage = 1000;  // sources in one answer
constexpr std::uint64_t kSecondUs = 1'000'000;

SourceId id_of(const SourceState& source) {
  const auto id = format::source_id(source.name);
  CHECK(id.has_value());  // it is registered
  return *id;
}

/// Of a source whose newest event is a heartbeat.
void describe(JsonWriter& out, const rules::HeartbeatAt& at, std::uint64_t silent_s) {
  out.key("heartbeat").begin_object().key("record").number(at.index.value);
  out.key("pulse").text(format::pulse_text(format::pulse_of(at.heartbeat, silent_s)));
  out.key("since_us").number(at.heartbeat.since_us);
  out.key("interval_s").number(at.heartbeat.interval_s);
  out.key("waiting").number(at.heartbeat.waiting);
  out.end_object();
}

/// Opens an object, for the caller to close.
void describe(JsonWriter& out, const SourceState& source, std::uint64_t now_us) {
  Buffer id;
  ByteWriter{id}.u64(id_of(source).value);
  out.begin_object().key("name").text(source.name).key("id").text(hex(id));
  out.key("kind")
      .text(format::source_kind(source.name, source.key.has_value()))
      .key("events")
      .number(source.next_event);
  if (source.next_event == 0) return;
  out.key("last_event").number(source.last_event.value);
  out.key("last_sealed_us").number(source.last_sealed_us);
  const std::uint64_t silent_s = (now_us - std::min(now_us, source.last_sealed_us)) / kSecondUs;
  out.key("silent_s").number(silent_s);
  if (source.heartbeat) describe(out, *source.heartbeat, silent_s);
}

/// The name behind which the page begins. Nothing: it is the first one. Errors: kInvalid.
Result<SourceId> page_of(const Exchange& exchange) {
  const std::string* const after = exchange.target.parameter("after");
  if (after == nullptr) return format::kLogItself;
  return format::source_id(*after);
}

}  // namespace

void get_sources(const SharedExchange& exchange, const Reply& reply) {
  const auto after = page_of(*exchange);
  if (!after) return reply(refuse(ProblemId::kBadRequest, "after: " + after.error().message));
  const std::vector<SourceState> page = exchange->log().sources(*after, kPage);
  const std::uint64_t now_us = exchange->service->clock().now_us();
  JsonWriter out;
  out.begin_object().key("sources").begin_array();
  for (const SourceState& source : page) {
    describe(out, source, now_us);
    out.end_object();
  }
  out.end_array();
  if (page.size() == kPage) out.key("after").text(page.back().name);
  Response response = respond_json(200, out.end_object().take());
  set_private(response);
  reply(std::move(response));
}

void get_source(const SharedExchange& exchange, const Reply& reply) {
  if (auto refusal = refuse_unless(*exchange, Rights::kSeeSource, exchange->item))
    return reply(std::move(*refusal));
  auto id = format::source_id(exchange->item);
  if (!id) return reply(refuse(ProblemId::kNotFound, id.error().message));
  auto source = exchange->log().source(*id);
  if (!source) return reply(refuse(source.error()));
  JsonWriter out;
  describe(out, *source, exchange->service->clock().now_us());
  if (source->key) {
    out.key("key").text(format::format_vkey(*source->key));
    out.key("next_batch").number(source->next_batch);
    out.key("next_event").number(source->next_event);
    out.key("last_seal").base64(source->last_seal.view());
  }
  Response response = respond_json(200, out.end_object().take());
  set_private(response);
  reply(std::move(response));
}

}  // namespace varve::api
