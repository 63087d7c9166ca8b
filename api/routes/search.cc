// Which events answer a question, a page at a time. Whoever may read some sources of a log is answered as if
// the log had no other events.
#include <map>

#include "api/problem.h"
#include "api/routes/find_page.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/service.h"
#include "ledger/base/codec.h"
#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/query/cursor.h"
#include "ledger/query/page.h"

namespace varve::api {
namespace {

constexpr const char* kSearchJson = "application/json";
constexpr const char* kSearchLines = "application/x-ndjson";

/// Made when it is first needed: a cursor ends with the server's run.
const Hash& cursor_key() {
  static const Hash key = [] {
    Hash made;
    env::system_random().fill(made.bytes);
    return made;
  }();
  return key;
}

query::CursorOf cursor_of(const Exchange& exchange) {
  return {cursor_key(), bound_to(exchange)};
}

const char* kind_of_time(const search::EventTime& time) {
  return time.is_of_record ? "record" : time.is_ahead ? "event, ahead of its record" : "event";
}

/// Names of sources, each asked for once.
class SourceNames {
 public:
  explicit SourceNames(const Log& log) : log_(log) {}
  const std::string& of(SourceId id) {
    const auto [at, is_new] = names_.try_emplace(id);
    if (!is_new) return at->second;
    Buffer number;
    ByteWriter{number}.u64(id.value);
    const auto state = log_.source(id);
    return at->second = state ? state->name : hex(number);
  }

 private:
  const Log& log_;
  std::map<SourceId, std::string> names_;
};

void write_hit(const query::Hit& hit, SourceNames& names, JsonWriter& out) {
  const search::EventTime time = search::time_of(hit.view, hit.origin);
  out.begin_object().key("record").number(hit.record.value);
  out.key("event").number(hit.event + 1).key("events_of_record").number(hit.of);
  out.key("time").text(time_text(time.us)).key("time_of").text(kind_of_time(time));
  out.key("source").text(names.of(hit.origin.source));
  for (const search::FieldRow& field : search::kFields) {
    const std::vector<std::string> values = search::values_of(hit.view, field.field);
    if (values.empty()) continue;
    out.key(field.name).begin_array();
    for (const std::string& value : values) out.text(value);
    out.end_array();
  }
  if (hit.view.is_emergency) out.key("emergency").boolean(true);
  if (hit.left_out != 0) out.key("events_left_out").number(hit.left_out);
  if (hit.bytes) out.key("bytes").base64(*hit.bytes);
  out.end_object();
}

/// Members of an object that is open: what the page is of, and where the next one begins.
void write_page_end(const Exchange& exchange, const query::Query& asked, const query::Page& page,
                    JsonWriter& out) {
  if (asked.counts) out.key("count").number(page.count);
  out.key("may_answer").number(page.may_answer);
  if (reads_all(exchange))
    out.key("gone").number(page.gone);
  else  // whose those were, nobody knows any more
    out.key("some_are_gone").boolean(page.gone != 0);
  if (!page.unreadable.empty()) {
    out.key("unreadable").begin_array();
    for (const LeafIndex index : page.unreadable) out.number(index.value);
    out.end_array();
  }
  out.key("searched").begin_object().key("first").number(page.first.value);
  out.key("end").number(page.end.value).end_object();
  if (page.next) out.key("next").text(query::format_cursor(cursor_of(exchange), asked, *page.next));
}

std::string page_json(const Exchange& exchange, const query::Query& asked,
                      const query::Page& page) {
  SourceNames names(exchange.log());
  JsonWriter out;
  out.begin_object();
  if (!asked.counts) {
    out.key("events").begin_array();
    for (const query::Hit& hit : page.hits) write_hit(hit, names, out);
    out.end_array();
  }
  write_page_end(exchange, asked, page, out);
  return out.end_object().take();
}

/// A line an event, and one more.
std::string page_lines(const Exchange& exchange, const query::Query& asked,
                       const query::Page& page) {
  SourceNames names(exchange.log());
  std::string lines;
  for (const query::Hit& hit : page.hits) {
    JsonWriter out;
    write_hit(hit, names, out);
    lines.append(out.take()).append("\n");
  }
  JsonWriter out;
  out.begin_object();
  write_page_end(exchange, asked, page, out);
  return lines.append(out.end_object().take()).append("\n");
}

/// `wrong`: what a question is that cannot be asked.
void answer_search(const SharedExchange& exchange, const Reply& reply, Result<query::Query> asked,
                   ProblemId wrong) {
  if (!asked) return reply(refuse(wrong, asked.error().message));
  if (exchange->service->access().is_stopping())  // thousands may wait
    return reply(refuse(busy("the server is stopping: ask again")));
  const std::string_view type = choose_media_type(exchange->request, {kSearchJson, kSearchLines});
  if (type.empty())
    return reply(refuse(ProblemId::kNotAcceptable,
                        std::string("this resource is ") + kSearchJson + " or " + kSearchLines));
  const TreeSize size = exchange->log().latest()->checkpoint.size;
  LeafIndex at = query::first_page(*asked, size);
  if (!asked->cursor.empty()) {
    const auto told = query::parse_cursor(cursor_of(*exchange), *asked);
    if (!told) return reply(refuse(wrong, told.error().message));
    at = *told;
  }
  const auto page = page_for(*exchange, *asked, at, size);
  if (!page) return reply(refuse_read(*exchange, page.error()));
  Response response = respond(200, type,
                              type == kSearchJson ? page_json(*exchange, *asked, *page)
                                                  : page_lines(*exchange, *asked, *page));
  set_private(response);
  reply(std::move(response));
}

}  // namespace

void get_search(const SharedExchange& exchange, const Reply& reply) {
  answer_search(exchange, reply, query::query_of(exchange->target.query), ProblemId::kBadRequest);
}

void post_search(const SharedExchange& exchange, const Reply& reply) {
  const Request& request = exchange->request;
  if (parse_media_type(request.header("content-type")).essence != kSearchJson)
    return reply(refuse(ProblemId::kUnsupportedMediaType,
                        std::string("a question is sent as ") + kSearchJson));
  answer_search(exchange, reply, query::parse_query(text_of(request.body)), ProblemId::kInvalid);
}

}  // namespace varve::api
