// Paths, and who writes which answer.
#include "api/dialect.h"

#include <utility>

#include "api/fhir_document.h"
#include "api/hec_answer.h"
#include "api/sender_answers.h"

namespace varve::api {

Dialect guess_dialect(const Request& request) {
  const auto has = [&](std::string_view path) {
    return request.target.find(path) != std::string::npos;
  };
  const bool has_scheme = !token_of_scheme(request.header("authorization"), "splunk").empty();
  if (has_scheme || has("/services/collector")) return Dialect::kSplunk;
  if (has("/mezmo/logs/ingest")) return Dialect::kMezmo;
  if (has("/otlp/v1/logs")) return Dialect::kOtlp;
  return Dialect::kVarve;
}

Response in_dialect(const Exchange& exchange, Response response) {
  return in_dialect(exchange.dialect, exchange.request, std::move(response));
}

Response in_dialect(Dialect dialect, const Request& request, Response response) {
  switch (dialect) {
    case Dialect::kFhir:
      return in_fhir(request, std::move(response));
    case Dialect::kSplunk:
      return in_hec(request, std::move(response));
    case Dialect::kMezmo:
      return in_mezmo(std::move(response));
    case Dialect::kOtlp:
      return in_otlp(std::move(response));
    case Dialect::kVarve:
    case Dialect::kElasticsearch:
      break;
  }
  return response;
}

}  // namespace varve::api
