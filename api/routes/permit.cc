// Names of sources, looked up only for whoever has not the whole log.
#include "api/routes/permit.h"

#include "api/refusal_response.h"
#include "api/service.h"
#include "ledger/ledger.h"

namespace varve::api {
namespace {

std::optional<std::string> name_of(const Exchange& exchange, SourceId source) {
  auto state = exchange.log().source(source);
  if (!state) return std::nullopt;
  return std::move(state->name);
}

bool has_whole(const Exchange& exchange, Rights right) {
  return has_one(right, exchange.caller.authority, Asked::kOfSource);
}

}  // namespace

std::optional<Response> refuse_unless(const Exchange& exchange, Rights right,
                                      std::optional<std::string_view> source) {
  const auto refusal =
      exchange.service->access().permit(exchange.caller, *exchange.hosted, right, source);
  return refusal ? std::optional{refuse(*refusal)} : std::nullopt;
}

std::optional<Response> refuse_unless(const Exchange& exchange, Rights right, SourceId source) {
  if (has_whole(exchange, right)) return std::nullopt;
  return refuse_unless(exchange, right, name_of(exchange, source));
}

bool may(const Exchange& exchange, Rights right, SourceId source) {
  return has_whole(exchange, right) ||
         has_one(right, exchange.caller.authority, Asked::kOfSource, name_of(exchange, source));
}

}  // namespace varve::api
