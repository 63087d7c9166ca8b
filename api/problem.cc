// Errors as application/problem+json.
#include "api/problem.h"

#include <string>

#include "api/common/json.h"

namespace varve::api {

const Problem& problem_of(ProblemId id) {
  const Problem& problem = kProblems[static_cast<std::size_t>(id)];
  CHECK(problem.id == id);
  return problem;
}

ProblemId problem_of(Code code) {
  switch (code) {
    case Code::kInvalid:
      return ProblemId::kInvalid;
    case Code::kNotFound:
      return ProblemId::kNotFound;
    case Code::kWorm:
      return ProblemId::kConflict;
    case Code::kCorrupt:
      return ProblemId::kCorrupt;
    case Code::kIo:
      return ProblemId::kStorage;
    case Code::kOutOfOrder:
      return ProblemId::kOutOfOrder;
    case Code::kBusy:
      return ProblemId::kBusy;
    case Code::kFull:
      return ProblemId::kFull;
  }
  return ProblemId::kCorrupt;
}

namespace {

Response refuse_for(ProblemId id, std::string_view detail, std::uint64_t retry_after_s,
                    const Extras& extras) {
  const Problem& problem = problem_of(id);
  std::string body = "{\"type\":\"/problems/" + std::string{problem.slug} + '"';
  body.append(",\"title\":").append(json_text(problem.title));
  body.append(",\"status\":").append(std::to_string(problem.status));
  body.append(",\"detail\":").append(json_text(detail));
  for (const auto& [name, value] : extras)
    body.append(",").append(json_text(name)).append(":").append(value);
  body.append("}\n");
  Response response = respond(problem.status, "application/problem+json", body);
  response.explanation = detail;
  response.headers.emplace_back("cache-control", "no-store");
  if (retry_after_s != 0)
    response.headers.emplace_back("retry-after", std::to_string(retry_after_s));
  return response;
}

}  // namespace

Response refuse(ProblemId id, std::string_view detail, const Extras& extras) {
  return refuse_for(id, detail, problem_of(id).retry_after_s, extras);
}

Response refuse_until(ProblemId id, std::string_view detail, std::uint64_t retry_after_s) {
  return refuse_for(id, detail, retry_after_s, {});
}

Response refuse(const Error& error, const Extras& extras) {
  return refuse(problem_of(error.code), error.message, extras);
}

}  // namespace varve::api
