// The receipt is built on a worker: it reads hashes and records, which the commit thread must not.
#include "api/routes/finish.h"

#include "api/problem.h"
#include "api/service.h"
#include "ledger/format/receipt.h"

namespace varve::api {
namespace {

Response acknowledge(const Exchange& exchange, const Appended& appended) {
  auto receipt = exchange.log().receipt(appended);
  if (!receipt) {
    Error error = std::move(receipt).error();
    error.message.append("; it is appended all the same, and the same request gets its receipt");
    return refuse(error);
  }
  Response response = respond_json(appended.repeated ? 200 : 201, format::format_receipt(*receipt));
  response.headers.emplace_back("location", "/logs/" + exchange.hosted->name + "/events/" +
                                                std::to_string(appended.first.value));
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

}  // namespace

AppendDone finish(const SharedExchange& exchange, const Reply& reply, Explain explain) {
  return [exchange, reply, explain = std::move(explain)](Result<Appended> done) {
    exchange->service->work(reply, [exchange, reply, explain, done = std::move(done)] {
      if (done) return reply(acknowledge(*exchange, *done));
      reply(explain ? explain(done.error()) : refuse(done.error()));
    });
  };
}

}  // namespace varve::api
