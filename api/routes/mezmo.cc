// Mezmo's way in, which was LogDNA's: the lines of a body are appended together, but for those that no record
// holds, and each of these is answered for itself.
#include <algorithm>

#include "api/common/json.h"
#include "api/ingest/json_list.h"
#include "api/ingest/payload_size.h"
#include "api/problem.h"
#include "api/routes/coded_body.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/routes/slices.h"

namespace varve::api {
namespace {

constexpr std::string_view kMezmoMediaType = "application/vnd.mezmo.line+json";
constexpr std::size_t kMezmoLineMax = payload_max(kMezmoMediaType);

Response say_taken(LeafIndex last) {
  JsonWriter out;
  out.begin_object().key("status").text("ok");
  out.key("batchID").text(std::to_string(last.value)).end_object();
  Response response = respond_json(200, out.take());
  set_private(response);
  return response;
}

/// As its clients read it: one status a line, in their order.
Response say_partly_taken(const std::vector<bool>& taken) {
  JsonWriter out;
  out.begin_object().key("status").begin_array();
  for (const bool line : taken) out.number(line ? 200 : 413);
  Response response = respond_json(207, out.end_array().end_object().take());
  set_private(response);
  return response;
}

void append_lines(const SharedExchange& exchange, const Reply& reply) {
  auto lines = parse_json_list(exchange->request.body, {"ls", "lines"});
  if (!lines) return reply(refuse(lines.error()));
  std::vector<bool> taken;
  for (const std::string_view line : *lines) taken.push_back(line.size() <= kMezmoLineMax);
  const bool whole = std::ranges::find(taken, false) == taken.end();
  std::erase_if(*lines, [](std::string_view line) { return line.size() > kMezmoLineMax; });
  if (lines->empty())
    return reply(refuse(whole ? ProblemId::kInvalid : ProblemId::kTooLarge,
                        whole ? "the body has no lines" : "a line is larger than a record holds"));
  const Slices slices{std::move(*lines), kMezmoMediaType,
                      query_envelope(*exchange, "mezmo", {"hostname", "mac", "ip", "tags", "now"})};
  append_slices(exchange, reply, slices,
                [whole, taken = std::move(taken)](const Result<LeafIndex>& last) {
                  if (!last) return refuse(last.error());
                  return whole ? say_taken(*last) : say_partly_taken(taken);
                });
}

}  // namespace

void post_mezmo(const SharedExchange& exchange, const Reply& reply) {
  with_plain_body(exchange, reply, kMezmoBytesMax,
                  [exchange, reply] { append_lines(exchange, reply); });
}

}  // namespace varve::api
