// gzip, undone within the client's share.
#include "api/routes/coded_body.h"

#include <optional>
#include <string>

#include "api/gzip.h"
#include "api/problem.h"
#include "api/refusal_response.h"
#include "api/service.h"

namespace varve::api {

std::optional<Response> decode_body(Exchange& exchange, std::size_t most) {
  Access& access = exchange.service->access();
  const std::size_t arrived = exchange.request.body.size();
  std::optional<Limit> limit;
  const auto room = [&](std::size_t bytes) {
    limit = access.hold(exchange.caller, arrived + bytes);
    return !limit;
  };
  Buffer out;
  switch (decompress(exchange.request.body, most, room, out)) {
    case Decompressed::kWhole:
      exchange.request.body = std::move(out);
      return std::nullopt;
    case Decompressed::kNoRoom:
      return refuse(*limit);
    case Decompressed::kTooLarge:
      return refuse(ProblemId::kTooLarge, "the body is larger than " + std::to_string(most) +
                                              " bytes once it is decompressed");
    case Decompressed::kMalformed:
      break;
  }
  return refuse(ProblemId::kBadRequest, "the body is not whole gzip data");
}

void with_plain_body(const SharedExchange& exchange, const Reply& reply, std::size_t most,
                     const std::function<void()>& then) {
  if (!is_gzip(exchange->request)) return then();
  exchange->service->work(*exchange, reply, [exchange, reply, most, then] {
    if (auto refusal = decode_body(*exchange, most)) return reply(std::move(*refusal));
    then();
  });
}

}  // namespace varve::api
