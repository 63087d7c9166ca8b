// _bulk bodies: events are slices of the body in their order, each alone gives the same event again,
// and the body is left as it was.
#include "api/ingest/bulk.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/record.h"

namespace varve::fuzz {
namespace {

void check_alone(const api::BulkItem& item) {
  Buffer body = buffer_of(item.slice);
  const api::BulkItems again = api::parse_bulk(body, item.index);
  const auto* items = std::get_if<std::vector<api::BulkItem>>(&again);
  CHECK(items != nullptr && items->size() == 1);
  const api::BulkItem& same = items->front();
  CHECK(same.slice == item.slice && same.id == item.id && same.index == item.index);
  CHECK(same.verb == item.verb && same.refusal.has_value() == item.refusal.has_value());
}

}  // namespace

bool accepts(Bytes in) {
  Buffer body = to_buffer(in);
  const api::BulkItems parsed = api::parse_bulk(body, "path");
  CHECK(body == to_buffer(in));
  const auto* items = std::get_if<std::vector<api::BulkItem>>(&parsed);
  if (items == nullptr) return false;
  CHECK(!items->empty() && items->size() <= api::kBulkActionsMax);
  std::size_t from = 0;
  for (const api::BulkItem& item : *items) {
    const std::size_t at = text_of(in).find(item.slice, from);
    CHECK(at != std::string_view::npos);
    from = at + item.slice.size();
    CHECK(from == in.size() || text_of(in)[from] == '\n');
    if (item.refusal) continue;
    CHECK(item.slice.size() < format::kRecordMax && !item.index.empty());
    check_alone(item);
  }
  return true;
}

std::vector<Buffer> seeds() {
  return {
      buffer_of("{\"index\":{}}\n{}"),
      buffer_of("{ \"index\": { \"_index\": \"a\", \"_id\": \"1\" } }\n{ \"t\": \"x\" }\n"),
      buffer_of("{\"create\":{\"_id\":7,\"pipeline\":null}}\r\n{\"u\":[{}]}\r\n\n"),
      buffer_of("{\"delete\":{\"_id\":\"2\"}}\n{\"update\":{\"_id\":\"3\"}}\n{\"doc\":{}}\n"),
  };
}

}  // namespace varve::fuzz
