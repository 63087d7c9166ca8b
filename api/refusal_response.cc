// Statuses and challenges.
#include "api/refusal_response.h"

#include "api/problem.h"

namespace varve::api {
namespace {

Response challenge(ProblemId id, std::string_view detail, std::string_view error) {
  Response response = refuse(id, detail);
  std::string value = "Bearer realm=\"varve\"";
  if (!error.empty()) value.append(", error=\"").append(error).append("\"");
  response.headers.emplace_back("www-authenticate", std::move(value));
  return response;
}

struct AsHttp {
  Response operator()(const NoCredential&) const {
    return challenge(ProblemId::kUnauthorized, "send Authorization: Bearer and a token", "");
  }
  Response operator()(const UnknownCredential&) const {
    return challenge(ProblemId::kUnauthorized, "this credential is not accepted here",
                     "invalid_token");
  }
  Response operator()(const NotAllowed&) const {
    return challenge(ProblemId::kForbidden, "this credential does not allow this",
                     "insufficient_scope");
  }
  Response operator()(Limit limit) const {
    const bool own = limit == Limit::kClientRequests || limit == Limit::kClientBytes;
    return refuse(own ? ProblemId::kTooManyRequests : ProblemId::kBusy, explain(limit));
  }
  Response operator()(const TooFast& too_fast) const {
    const std::uint64_t wait_s = (too_fast.wait_ms + 999) / 1'000;
    return refuse_until(ProblemId::kTooManyRequests, explain(too_fast.limit), wait_s);
  }
};

}  // namespace

Response refuse(const Refusal& refusal) {
  return std::visit(AsHttp{}, refusal);
}

}  // namespace varve::api
