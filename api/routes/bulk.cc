// _bulk: the body is taken apart, its runs are appended one after the other, and the answer goes out
// when the log has answered the last of them.
#include "api/routes/bulk.h"

#include "api/common/json.h"
#include "api/gzip.h"
#include "api/routes/coded_body.h"
#include "api/routes/elasticsearch.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/service.h"

namespace varve::api {
namespace {

constexpr std::string_view kTryLater = "es_rejected_execution_exception";

/// A refusal of the log. Whatever may pass is 429: every client sends such an item again, and some
/// drop what has another status.
BulkRefusal as_item(const Error& error) {
  switch (error.code) {
    case Code::kInvalid:
      return {400, "illegal_argument_exception", error.message};
    case Code::kWorm:
      return {409, "version_conflict_engine_exception",
              "an event with this id is in the log with another content"};
    case Code::kCorrupt:
    case Code::kNotFound:
      return {500, "exception", error.message};
    default:
      return {429, kTryLater, error.message};
  }
}

/// A request whose runs the log has.
class PendingBulk {
 public:
  PendingBulk(SharedExchange exchange, std::vector<BulkItem> items)
      : exchange_(std::move(exchange)),
        items_(std::move(items)),
        places_(items_.size()),
        began_us_(exchange_->service->clock().now_us()) {}

  void settle(std::size_t item, const Result<Placed>& placed) {
    if (placed)
      places_[item] = *placed;
    else
      items_[item].refusal = as_item(placed.error());
  }

  [[nodiscard]] Response make() const {
    bool errors = false;
    JsonWriter out;
    for (const BulkItem& item : items_) errors = errors || item.refusal;
    out.begin_object().key("took").number(took_ms());
    out.key("errors").boolean(errors).key("items").begin_array();
    for (std::size_t place = 0; place < items_.size(); ++place) write(out, place);
    Response response = elasticsearch_response(200, out.end_array().end_object().take());
    set_private(response);
    return response;
  }

 private:
  void write(JsonWriter& out, std::size_t place) const {
    const BulkItem& item = items_[place];
    const std::string number = std::to_string(places_[place].index.value);
    out.begin_object().key(verb_name(item.verb)).begin_object();
    out.key("_index").text(item.index);
    if (item.refusal) {
      if (!item.id.empty()) out.key("_id").text(item.id);
      out.key("status").number(static_cast<std::uint64_t>(item.refusal->status));
      out.key("error").begin_object().key("type").text(item.refusal->type);
      out.key("reason").text(item.refusal->reason).end_object();
    } else {
      const bool repeated = places_[place].repeated;
      out.key("_id").text(item.id.empty() ? number : item.id).key("_version").number(1);
      out.key("result").text(repeated ? "noop" : "created");
      out.key("_seq_no").number(places_[place].index.value).key("_primary_term").number(1);
      out.key("status").number(repeated ? 200 : 201);
    }
    out.end_object().end_object();
  }

  [[nodiscard]] std::uint64_t took_ms() const {
    const std::uint64_t now_us = exchange_->service->clock().now_us();
    return now_us > began_us_ ? (now_us - began_us_) / 1000 : 0;
  }

  const SharedExchange exchange_;
  std::vector<BulkItem> items_;  // their slices are views of a body that is gone
  std::vector<Placed> places_;   // of those that are not refused
  const std::uint64_t began_us_;
};

Response refuse_fault(const BulkFault& fault) {
  const std::string where = fault.line == 0 ? "" : "line " + std::to_string(fault.line) + ": ";
  return elasticsearch_error(fault.too_large ? 413 : 400, "illegal_argument_exception",
                             where + fault.reason);
}

/// As its clients read it; whatever may pass stays as it is.
Response as_elasticsearch(Response refusal) {
  if (refusal.status != 400 && refusal.status != 413) return refusal;
  return elasticsearch_error(refusal.status, "illegal_argument_exception", refusal.explanation);
}

void append_bulk(const SharedExchange& exchange, const Reply& reply) {
  BulkItems parsed = parse_bulk(exchange->request.body, exchange->item);
  if (const auto* fault = std::get_if<BulkFault>(&parsed)) return reply(refuse_fault(*fault));
  auto& items = *std::get_if<std::vector<BulkItem>>(&parsed);
  const BulkSender sender{exchange->caller.client, exchange->hosted->name,
                          exchange->service->clock().now_us()};
  std::vector<Run> runs = plan_bulk(items, sender);
  exchange->request.body = Buffer();  // the runs hold what is appended
  const std::size_t count = items.size();
  const auto pending = std::make_shared<PendingBulk>(exchange, std::move(items));
  append_runs(
      exchange, reply, std::move(runs), count,
      [pending](std::size_t item, const Result<Placed>& placed) { pending->settle(item, placed); },
      [pending] { return pending->make(); });
}

}  // namespace

void post_bulk(const SharedExchange& exchange, const Reply& reply) {
  const std::string* pipeline = exchange->target.parameter("pipeline");
  if (pipeline != nullptr && *pipeline != "_none")
    return reply(elasticsearch_error(400, "illegal_argument_exception",
                                     "there are no pipelines: an event is kept as it is sent"));
  if (!is_gzip(exchange->request)) return append_bulk(exchange, reply);
  // However small it is now.
  exchange->service->work(*exchange, reply, [exchange, reply] {
    if (auto refusal = decode_body(*exchange, kBulkBytesMax))
      return reply(as_elasticsearch(std::move(*refusal)));
    append_bulk(exchange, reply);
  });
}

}  // namespace varve::api
