// Bodies of Splunk's HTTP Event Collector: events are slices of the body in their order, only white space,
// brackets and commas are outside of them, each alone gives the same event again, and the body is left as it was.
#include "api/ingest/hec.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/record.h"

namespace varve::fuzz {

namespace {

/// What stands between events: it is not kept.
bool is_between(std::string_view text) {
  return text.find_first_not_of(" \t\r\n[],") == std::string_view::npos;
}

}  // namespace

bool accepts(Bytes in) {
  Buffer body = to_buffer(in);
  static_cast<void>(api::split_hec_lines(text_of(in)));
  const bool is_acks = api::parse_hec_acks(body).has_value();
  const api::HecEvents parsed = api::parse_hec_events(body);
  CHECK(body == to_buffer(in));
  const auto* events = std::get_if<std::vector<std::string_view>>(&parsed);
  if (events == nullptr) return is_acks;
  CHECK(!events->empty() && events->size() <= api::kHecEventsMax);
  std::size_t from = 0;
  for (const std::string_view event : *events) {
    CHECK(event.size() < format::kRecordMax);
    const std::size_t at = text_of(in).find(event, from);
    CHECK(at != std::string_view::npos);
    CHECK(is_between(text_of(in).substr(from, at - from)));
    from = at + event.size();
    Buffer alone = buffer_of(event);
    const api::HecEvents again = api::parse_hec_events(alone);
    const auto* same = std::get_if<std::vector<std::string_view>>(&again);
    CHECK(same != nullptr && same->size() == 1 && same->front() == event);
  }
  CHECK(is_between(text_of(in).substr(from)));
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of(R"({"event":1}{"event":"a"})"),
      buffer_of("{\"time\":\"1.5\",\"event\":{\"a\":[\"}\"]}}\r\n{\"event\":[]}\n"),
      buffer_of(R"([{"event":0} , {"event":{}}])"),
      buffer_of(R"({"acks":[0,1]})"),
  };
}

}  // namespace varve::fuzz
