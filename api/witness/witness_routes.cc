// Answers of the witness as statuses.
#include "api/witness/witness_routes.h"

#include "api/access/metrics.h"
#include "api/problem.h"
#include "api/routes/handlers.h"
#include "api/service.h"
#include "api/witness/witness_texts.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

using witness::Answer;
using witness::Means;

constexpr std::string_view kNoteType = "text/plain; charset=utf-8";
constexpr std::string_view kSizeType = "text/x.tlog.size";
constexpr int kConflictStatus = 409;
constexpr unsigned kTooOftenRetryS = 60;

Response too_often(const std::string& why) {
  Response response = refuse(ProblemId::kTooManyRequests, why);
  for (auto& [name, value] : response.headers)
    if (name == "retry-after") value = std::to_string(kTooOftenRetryS);
  return response;
}

Response response_to(const Answer& answer) {
  switch (answer.means) {
    case Means::kCosigned:
      return respond(200, kNoteType, answer.text);
    case Means::kMalformed:
      return refuse(ProblemId::kBadRequest, answer.text);
    case Means::kUnknownLog:
      return refuse(ProblemId::kNotFound, answer.text);
    case Means::kNotSigned:
      return refuse(ProblemId::kForbidden, answer.text);
    case Means::kConflict:
      return respond(kConflictStatus, kSizeType, std::to_string(answer.size.value) + "\n");
    case Means::kNotProven:
    case Means::kContradicted:
      return refuse(ProblemId::kInvalid, answer.text);
    case Means::kTooOften:
      return too_often(answer.text);
    case Means::kTrouble:
      break;
  }
  return refuse(ProblemId::kBusy, answer.text);
}

void add_checkpoint(const WitnessSite& site, const SharedExchange& exchange, const Reply& reply) {
  const Buffer body = std::move(exchange->request.body);
  site.witness.add(text_of(body),
                   [exchange, reply](const Answer& answer) { reply(response_to(answer)); });
}

using Stored = Result<std::optional<std::string>> (witness::Witness::*)(const Hash&) const;

/// A text about the log in the path; 404 where there is none.
void get_stored(const WitnessSite& site, Stored stored, const SharedExchange& exchange,
                const Reply& reply) {
  const auto log = decode_hex_hash(exchange->item);
  if (!log) return reply(refuse(ProblemId::kNotFound, "there is no such path"));
  const auto text = (site.witness.*stored)(*log);
  if (!text) return reply(refuse(text.error()));
  if (!*text) return reply(refuse(ProblemId::kNotFound, "the witness has nothing of this log"));
  Response response = respond(200, kNoteType, **text);
  response.headers.emplace_back("cache-control", "no-cache");
  response.headers.emplace_back("access-control-allow-origin", "*");
  reply(std::move(response));
}

void get_witness_readiness(const WitnessSite& site, const Reply& reply) {
  const witness::WitnessStatus status = site.witness.status();
  Response response =
      status.trouble.empty()
          ? respond_json(200, readiness_json(status))
          : refuse(ProblemId::kBusy, "the witness cannot cosign: its journal says why");
  response.headers.emplace_back("cache-control", "no-store");
  reply(std::move(response));
}

void get_witness_metrics(const WitnessSite& site, const SharedExchange& exchange,
                         const Reply& reply) {
  Response response = respond(
      200, "text/plain; version=0.0.4; charset=utf-8",
      exchange->service->access().metrics().text() + witness_metrics(site.witness.status()));
  response.headers.emplace_back("cache-control", "no-store");
  reply(std::move(response));
}

}  // namespace

std::vector<Route> witness_routes(const WitnessSite& site) {
  constexpr auto kEverybody = Rights::kSeeServer;
  const auto get = [](std::string_view path, auto answer) {
    return Route{Method::kGet, path, kEverybody, 0, "", Runs::kWorker, Share::kAsker, answer};
  };
  const auto stored = [&site](Stored what) {
    return [&site, what](const SharedExchange& exchange, const Reply& reply) {
      get_stored(site, what, exchange, reply);
    };
  };
  return {
      {Method::kPost, "/add-checkpoint", kEverybody, format::kAddCheckpointMax, "", Runs::kWorker,
       Share::kAsker,
       [&site](const SharedExchange& e, const Reply& r) { add_checkpoint(site, e, r); }},
      get("/{item}/checkpoint", stored(&witness::Witness::checkpoint)),
      get("/{item}/contradiction", stored(&witness::Witness::contradiction)),
      get("/witness.v0.json",
          [&site](const SharedExchange&, const Reply& r) {
            r(respond_json(200, witness_json(site.witness.key(), site.url, site.version)));
          }),
      {Method::kGet, "/healthz", kEverybody, 0, "", Runs::kHere, Share::kNone, get_health},
      get("/readyz",
          [&site](const SharedExchange&, const Reply& r) { get_witness_readiness(site, r); }),
      get("/metrics",
          [&site](const SharedExchange& e, const Reply& r) { get_witness_metrics(site, e, r); }),
  };
}

}  // namespace varve::api
