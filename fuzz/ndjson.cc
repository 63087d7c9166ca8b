// The NDJSON adapter: what is split is the body again when joined, the body is left as it was, and
// each event alone is accepted too.
#include "api/ndjson.h"

#include <algorithm>

#include "api/ingest/payload_size.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/batch.h"

namespace varve::fuzz {
namespace {

void check_event(const Event& event) {
  Buffer alone = to_buffer(event.payload);
  const api::SplitEvents again = api::whole_event(alone, event.media_type, true, event.time_us);
  CHECK(std::holds_alternative<std::vector<Event>>(again));
  const Event& kept = std::get_if<std::vector<Event>>(&again)->front();
  CHECK(std::ranges::equal(kept.payload, event.payload));
  CHECK(kept.media_type == event.media_type);
  CHECK(event.payload.size() <= api::payload_max(event.media_type));
}

}  // namespace

bool accepts(Bytes in) {
  Buffer body = to_buffer(in);
  const api::SplitEvents split = api::split_ndjson(body, 7);
  CHECK(body == to_buffer(in));
  const auto* events = std::get_if<std::vector<Event>>(&split);
  if (events == nullptr) return false;
  CHECK(!events->empty() && events->size() <= format::kBatchRecordsMax);
  std::string joined;
  for (const Event& event : *events) {
    check_event(event);
    joined.append(text_of(event.payload)).append("\n");
  }
  if (text_of(in).back() != '\n') joined.pop_back();
  CHECK(joined == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("{}"),
      buffer_of("{\"a\":[1,-2.5e3,{\"b\":null}],\"c\":\"\\u0041\\n\",\"d\":true}\n"),
      buffer_of("{\"k\":\"\xc3\xa4\xf0\x9f\x98\x80\"}\r\n {\"n\":12345678901234567890123}\n"),
      buffer_of("{\"a\":{\"a\":{\"a\":[[],[{}],false]}},\"\\ud83d\\ude00\":\"\"}"),
  };
}

}  // namespace varve::fuzz
