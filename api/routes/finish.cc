// The receipt is built off the commit thread: from memory on the socket's own thread, and when it
// takes reading hashes and records, on a worker.
#include "api/routes/finish.h"

#include "api/problem.h"
#include "api/routes/read.h"
#include "api/service.h"
#include "ledger/format/receipt.h"

namespace varve::api {
namespace {

Response acknowledge(const Exchange& exchange, const Appended& appended) {
  auto receipt = exchange.log().receipt(appended);
  if (!receipt) {
    Error error = std::move(receipt).error();
    if (error.code == Code::kNotFound) return refuse(ProblemId::kGone, error.message);
    error.message.append("; it is appended all the same, and the same request gets its receipt");
    return refuse_read(exchange, std::move(error));
  }
  Response response = respond_json(appended.repeated ? 200 : 201, format::format_receipt(*receipt));
  response.headers.emplace_back("location", "/logs/" + exchange.hosted->name + "/events/" +
                                                std::to_string(appended.first.value));
  set_private(response);
  return response;
}

constexpr std::size_t kFewHeaders = 64;

/// Everything its receipt takes is in memory, and it is short.
bool is_at_hand(const Appended& appended) {
  const std::size_t headers = appended.record_headers.size();
  const bool complete = !appended.server_sealed || headers == appended.count;
  return appended.under && appended.hashes && complete && headers <= kFewHeaders;
}

}  // namespace

AppendDone finish(const SharedExchange& exchange, const Reply& reply, Explain explain) {
  return [exchange, reply, explain = std::move(explain)](Result<Appended> done) {
    if (done && is_at_hand(*done))
      return reply.later(
          [exchange, done = std::move(*done)] { return acknowledge(*exchange, done); });
    exchange->service->work(*exchange, reply, [exchange, reply, explain, done = std::move(done)] {
      if (done) return reply(acknowledge(*exchange, *done));
      reply(explain ? explain(done.error()) : refuse(done.error()));
    });
  };
}

}  // namespace varve::api
