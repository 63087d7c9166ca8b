// Splunk's HTTP Event Collector: the body is taken apart and appended, all of it or nothing, and the
// answer goes out when the log has answered. So whatever has an ackId is durable and signed already.
#include "api/ingest/hec.h"

#include <algorithm>

#include "api/common/json.h"
#include "api/hec_answer.h"
#include "api/problem.h"
#include "api/routes/coded_body.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/routes/slices.h"

namespace varve::api {
namespace {

constexpr std::string_view kChannelHeader = "x-splunk-request-channel";
constexpr std::size_t kChannelMax = 255;

/// Empty: none was named.
std::string_view channel_of(const Exchange& exchange) {
  const std::string_view header = exchange.request.header(kChannelHeader);
  if (!header.empty()) return header;
  const std::string* parameter = exchange.target.parameter("channel");
  return parameter == nullptr ? std::string_view{} : *parameter;
}

bool is_channel(std::string_view channel) {
  return channel.size() <= kChannelMax &&
         std::ranges::all_of(channel, [](char c) { return c > 0x20 && c < 0x7f; });
}

Response refuse_hec(const HecFault& fault) {
  return hec_response(fault.too_large ? 413 : 400, fault.code, fault.reason, fault.event);
}

/// The id is the place of the request's last record: nothing has to be remembered of a channel.
Response hec_success(std::optional<LeafIndex> ack) {
  JsonWriter out;
  out.begin_object().key("text").text("Success").key("code").number(0);
  if (ack) out.key("ackId").number(ack->value);
  Response response = respond_json(200, out.end_object().take());
  set_private(response);
  return response;
}

void append_hec(const SharedExchange& exchange, const Reply& reply, HecEvents parsed,
                std::string_view media_type) {
  if (const auto* fault = std::get_if<HecFault>(&parsed)) return reply(refuse_hec(*fault));
  const Slices slices{
      std::move(*std::get_if<std::vector<std::string_view>>(&parsed)), media_type,
      query_envelope(*exchange, "splunk-hec",
                     {"host", "source", "sourcetype", "index", "time", "auto_extract_timestamp"})};
  const bool wants_ack = !channel_of(*exchange).empty();
  append_slices(exchange, reply, slices, [wants_ack](const Result<LeafIndex>& last) {
    if (!last) return refuse(last.error());
    return hec_success(wants_ack ? std::optional{*last} : std::nullopt);
  });
}

}  // namespace

void post_hec_event(const SharedExchange& exchange, const Reply& reply) {
  if (!is_channel(channel_of(*exchange))) return reply(hec_response(400, HecCode::kInvalidChannel));
  with_plain_body(exchange, reply, kHecBytesMax, [exchange, reply] {
    append_hec(exchange, reply, parse_hec_events(exchange->request.body), kHecMediaType);
  });
}

void post_hec_raw(const SharedExchange& exchange, const Reply& reply) {
  if (!is_channel(channel_of(*exchange))) return reply(hec_response(400, HecCode::kInvalidChannel));
  with_plain_body(exchange, reply, kHecBytesMax, [exchange, reply] {
    append_hec(exchange, reply, split_hec_lines(text_of(exchange->request.body)), kHecRawMediaType);
  });
}

void post_hec_ack(const SharedExchange& exchange, const Reply& reply) {
  const std::string_view channel = channel_of(*exchange);
  if (channel.empty()) return reply(hec_response(400, HecCode::kChannelMissing));
  if (!is_channel(channel)) return reply(hec_response(400, HecCode::kInvalidChannel));
  with_plain_body(exchange, reply, kHecAcksBytesMax, [exchange, reply] {
    auto ids = parse_hec_acks(exchange->request.body);
    if (!ids) return reply(hec_response(400, HecCode::kInvalidFormat, ids.error().message));
    std::ranges::sort(*ids);
    ids->erase(std::ranges::unique(*ids).begin(), ids->end());
    const TreeSize size = exchange->log().latest()->checkpoint.size;
    JsonWriter out;
    out.begin_object().key("acks").begin_object();
    for (const std::uint64_t id : *ids)
      out.key(std::to_string(id)).boolean(contains(size, LeafIndex{id}));
    Response response = respond_json(200, out.end_object().end_object().take());
    set_private(response);
    reply(std::move(response));
  });
}

void get_hec_health(const SharedExchange& exchange, const Reply& reply) {
  const bool serves = exchange->log().status().state == LogState::kServing;
  Response response =
      hec_response(serves ? 200 : 503, serves ? HecCode::kHealthy : HecCode::kUnhealthy);
  set_private(response);  // of this log, and of this moment
  reply(std::move(response));
}

}  // namespace varve::api
