// Lists of events in a JSON object: events are slices of the body in their order, each alone in a list gives
// the same event again, and the body is left as it was.
#include "api/ingest/json_list.h"

#include "api/ingest/otlp.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  Buffer body = to_buffer(in);
  const bool is_otlp = api::parse_otlp_json(body).has_value();
  const auto events = api::parse_json_list(body, {"ls", "lines"});
  CHECK(body == to_buffer(in));
  if (!events) return is_otlp;
  CHECK(events->size() <= api::kListedEventsMax);
  std::size_t from = 0;
  for (const std::string_view event : *events) {
    CHECK(event.starts_with('{') && event.ends_with('}'));
    const std::size_t at = text_of(in).find(event, from);
    CHECK(at != std::string_view::npos);
    from = at + event.size();
    Buffer alone = buffer_of("{\"lines\":[" + std::string{event} + "]}");
    const auto again = api::parse_json_list(alone, {"ls", "lines"});
    CHECK(again && again->size() == 1 && again->front() == event);
  }
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of(R"({"e":"ls","ls":[{"line":"a"}, { "line":"b" } ]})"),
      buffer_of(R"({"lines":[{}]})"),
      buffer_of(R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{}}]}]}]})"),
  };
}

}  // namespace varve::fuzz
