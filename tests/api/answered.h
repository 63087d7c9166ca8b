// A request to a service, admitted and answered as a session would.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include "api/service.h"

namespace varve::api {

inline Response answer_of(Service& service, Request request) {
  Buffer body = std::move(request.body);
  request.body.clear();
  Admission admission = service.admit(std::move(request), body.size(), "127.0.0.1");
  if (admission.refusal) return *admission.refusal;
  admission.exchange->request.body = std::move(body);
  const auto promise = std::make_shared<std::promise<Response>>();  // outlives set_value
  auto future = promise->get_future();
  service.answer(admission.exchange,
                 Reply{[promise](const Reply::Make& make) { promise->set_value(make()); }});
  return future.get();
}

}  // namespace varve::api
