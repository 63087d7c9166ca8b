// What clients of Elasticsearch ask before they send. They go on only when these answers have the
// form they know; what the answers say of Varve is true, and there is no search behind them.
#include "api/routes/elasticsearch.h"

#include "api/common/json.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "ledger/ledger.h"

namespace varve::api {
namespace {

// The interface whose _bulk this is: clients refuse servers that are older than themselves.
constexpr std::string_view kInterfaceVersion = "8.19.0";

bool serves(const Exchange& exchange) {
  return exchange.log().status().state == LogState::kServing;
}

void reply_probe(const Exchange& exchange, const Reply& reply, Response response) {
  set_caching(response, exchange, Caching::kRevalidate);
  reply(std::move(response));
}

}  // namespace

Response elasticsearch_response(int status, std::string json) {
  Response response = respond_json(status, std::move(json));
  response.headers.emplace_back("x-elastic-product", "Elasticsearch");
  return response;
}

Response elasticsearch_error(int status, std::string_view type, std::string_view reason) {
  JsonWriter out;
  out.begin_object().key("error").begin_object().key("type").text(type);
  out.key("reason").text(reason).end_object().key("status");
  out.number(static_cast<std::uint64_t>(status)).end_object();
  Response response = elasticsearch_response(status, out.take());
  set_private(response);
  return response;
}

void get_elasticsearch(const SharedExchange& exchange, const Reply& reply) {
  JsonWriter out;
  out.begin_object().key("name").text(exchange->hosted->name);
  out.key("cluster_name").text(exchange->hosted->origin);
  out.key("version").begin_object().key("number").text(kInterfaceVersion).end_object();
  out.key("about").text("Varve, a write-once audit log that takes _bulk and answers no searches");
  out.key("tagline").text("You Know, for Search").end_object();
  reply_probe(*exchange, reply, elasticsearch_response(200, out.take()));
}

void get_elasticsearch_health(const SharedExchange& exchange, const Reply& reply) {
  JsonWriter out;
  out.begin_object().key("cluster_name").text(exchange->hosted->origin);
  out.key("status").text(serves(*exchange) ? "green" : "red");
  out.key("timed_out").boolean(false).end_object();
  reply_probe(*exchange, reply, elasticsearch_response(200, out.take()));
}

void get_elasticsearch_health_line(const SharedExchange& exchange, const Reply& reply) {
  const bool good = serves(*exchange);
  Response response = respond(good ? 200 : 503, "text/plain",
                              exchange->hosted->origin + (good ? " green\n" : " red\n"));
  response.headers.emplace_back("x-elastic-product", "Elasticsearch");
  reply_probe(*exchange, reply, std::move(response));
}

// Logstash sends nothing to a server whose license is not active, and Beats want to know its type.
void get_elasticsearch_license(const SharedExchange& exchange, const Reply& reply) {
  reply_probe(*exchange, reply,
              elasticsearch_response(200, R"({"license":{"status":"active","type":"basic"}})"));
}

}  // namespace varve::api
