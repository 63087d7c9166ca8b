// IHE ITI-81: which AuditEvents answer a question of a client of FHIR, a page at a time. docs/senders/fhir.md
#include "ledger/query/fhir_search.h"

#include <algorithm>

#include "api/fhir_document.h"
#include "api/ingest/fhir.h"
#include "api/problem.h"
#include "api/routes/find_page.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/sealed_text.h"
#include "api/service.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr const char* kFormType = "application/x-www-form-urlencoded";

/// A search under way.
struct FhirAsking {
  query::FhirSearch search;
  LeafIndex at;
  bool is_first_page = true;
};

/// Something that a client should know of an answer. Source: FHIR R4, issue-severity and issue-type
struct Issue {
  const char* severity;
  const char* code;
  std::string text;
};

std::string base_of(const Exchange& exchange) {
  const std::string_view host = exchange.request.header("host");
  return (host.empty() ? "" : "https://" + std::string(host)) + "/logs/" + exchange.hosted->name +
         "/fhir/AuditEvent";
}

std::vector<query::FhirParameter> parameters_of(const Parameters& sent, bool is_in_url) {
  std::vector<query::FhirParameter> out;
  for (const auto& [name, value] : sent) out.push_back({name, value, is_in_url});
  return out;
}

std::string cursor_url(const Exchange& exchange, const query::FhirSearch& search, LeafIndex at) {
  const Buffer cursor = query::encode_fhir_cursor({at, search.used});
  return base_of(exchange) + "?_cursor=" + seal_text(cursor, bound_to(exchange));
}

/// With the parameters that were understood, unless one of them may name a person: no URL has these.
std::string own_url(const Exchange& exchange, const FhirAsking& asking) {
  const query::FhirSearch& search = asking.search;
  if (search.names_a_person || !asking.is_first_page)
    return cursor_url(exchange, search, asking.at);
  std::string url = base_of(exchange);
  char before = '?';
  for (const auto& [name, value] : search.used) {
    url.append(1, before).append(name).append("=").append(percent_encode(value));
    before = '&';
  }
  return url.size() > kTargetMax ? cursor_url(exchange, search, asking.at) : url;
}

/// The AuditEvent in a record, as it was sent; else nothing.
std::string resource_in(Bytes entry) {
  const auto record = format::decode_record(entry);
  if (!record) return {};
  const auto resource = find_fhir_json(record->payload);
  return resource ? std::string(*resource) : std::string();
}

struct FoundEvents {
  std::vector<std::pair<LeafIndex, std::string>> resources;
  std::vector<LeafIndex> others;  // records that answer, and have no resource to show
};

FoundEvents found_in(const query::Page& page) {
  FoundEvents found;
  for (const query::Hit& hit : page.hits) {
    if (!hit.bytes) continue;  // another event of a record that is there already
    std::string resource = hit.of == 1 ? resource_in(*hit.bytes) : std::string();
    if (resource.empty())
      found.others.push_back(hit.record);
    else
      found.resources.emplace_back(hit.record, std::move(resource));
  }
  return found;
}

std::string numbers_of(const std::vector<LeafIndex>& records) {
  std::string text;
  for (const LeafIndex record : records)
    text.append(text.empty() ? "" : ", ").append(std::to_string(record.value));
  return text;
}

std::vector<Issue> issues_of(const Exchange& exchange, const FhirAsking& asking,
                             const query::Page& page, const FoundEvents& found) {
  std::vector<Issue> issues;
  const std::string where = "of the records from " + std::to_string(page.first.value) +
                            " on and below " + std::to_string(page.end.value) + ", ";
  if (asking.search.ignored != 0)
    issues.push_back(
        {"warning", "not-supported",
         "unknown parameters that were ignored: " + std::to_string(asking.search.ignored)});
  if (asking.search.counts)
    issues.push_back(
        {"information", "informational",
         where + "AuditEvents that answer: " + std::to_string(found.resources.size())});
  if (!found.others.empty())
    issues.push_back({"warning", "incomplete",
                      where + "these answer and are no AuditEvent in JSON; GET /logs/" +
                          exchange.hosted->name +
                          "/events/N has each: " + numbers_of(found.others)});
  if (page.may_answer != 0)
    issues.push_back({"warning", "incomplete",
                      where + std::to_string(page.may_answer) +
                          " may answer, because not all of them was understood"});
  if (page.gone != 0)  // whose those were, nobody knows any more
    issues.push_back({"warning", "incomplete",
                      where + (reads_all(exchange) ? std::to_string(page.gone) : "some") +
                          " were disposed of: nothing can be said of these"});
  if (!page.unreadable.empty())
    issues.push_back({"warning", "incomplete",
                      where + "these are damaged, and nothing can be said of them: " +
                          numbers_of(page.unreadable)});
  return issues;
}

void write_link(JsonWriter& out, std::string_view relation, const std::string& url) {
  out.begin_object().key("relation").text(relation).key("url").text(url).end_object();
}

void write_issues(JsonWriter& out, const std::vector<Issue>& issues) {
  out.begin_object().key("resource").begin_object().key("resourceType").text("OperationOutcome");
  out.key("issue").begin_array();
  for (const Issue& issue : issues) {
    out.begin_object().key("severity").text(issue.severity).key("code").text(issue.code);
    out.key("diagnostics").text(issue.text).end_object();
  }
  out.end_array().end_object();
  out.key("search").begin_object().key("mode").text("outcome").end_object().end_object();
}

/// FHIR has no empty lists.
void write_entries(const Exchange& exchange, const FoundEvents& found, bool counts,
                   const std::vector<Issue>& issues, JsonWriter& out) {
  if ((counts || found.resources.empty()) && issues.empty()) return;
  out.key("entry").begin_array();
  const std::string base = base_of(exchange) + "/";
  if (!counts)
    for (const auto& [record, resource] : found.resources) {
      out.begin_object().key("fullUrl").text(base + std::to_string(record.value));
      out.key("resource").raw(resource);
      out.key("search").begin_object().key("mode").text("match").end_object().end_object();
    }
  if (!issues.empty()) write_issues(out, issues);
  out.end_array();
}

/// Whether what is found is all that answers, for certain.
bool is_whole(const query::Page& page, const FoundEvents& found) {
  return !page.next && page.gone == 0 && page.unreadable.empty() && page.may_answer == 0 &&
         found.others.empty();
}

std::string bundle_of(const Exchange& exchange, const FhirAsking& asking, const query::Page& page) {
  const FoundEvents found = found_in(page);
  JsonWriter out;
  out.begin_object().key("resourceType").text("Bundle").key("type").text("searchset");
  if (asking.is_first_page && is_whole(page, found))
    out.key("total").number(found.resources.size());
  out.key("link").begin_array();
  write_link(out, "self", own_url(exchange, asking));
  if (page.next) write_link(out, "next", cursor_url(exchange, asking.search, *page.next));
  out.end_array();
  write_entries(exchange, found, asking.search.counts, issues_of(exchange, asking, page, found),
                out);
  return out.end_object().take();
}

/// What a cursor holds in place of the parameters that it came with.
Result<FhirAsking> open_cursor(const Exchange& exchange, const std::string& sealed) {
  const Error refused = invalid(
      "_cursor: it is of another log or client, or from before the server's last start: ask "
      "without it");
  const auto bytes = open_text(sealed, bound_to(exchange));
  if (!bytes) return refused;
  const auto cursor = query::decode_fhir_cursor(*bytes);
  if (!cursor) return refused;
  ASSIGN_OR_RETURN(query::FhirSearch search,
                   query::parse_fhir_search(parameters_of(cursor->used, false), false));
  return FhirAsking{std::move(search), cursor->at, false};
}

Result<FhirAsking> asking_of(const Exchange& exchange,
                             const std::vector<query::FhirParameter>& parameters, TreeSize size) {
  const auto preferred = list_header(exchange.request, "prefer");
  const bool lenient = std::ranges::find(preferred, "handling=lenient") != preferred.end();
  ASSIGN_OR_RETURN(query::FhirSearch search, query::parse_fhir_search(parameters, lenient));
  if (search.cursor.empty()) {
    const LeafIndex at = query::first_page(search.query, size);
    return FhirAsking{std::move(search), at};
  }
  ASSIGN_OR_RETURN(FhirAsking asking, open_cursor(exchange, search.cursor));
  asking.search.wants_xml = search.wants_xml;
  asking.search.ignored = search.ignored;
  return asking;
}

/// Of one record, by its index as its address has it.
Result<query::Page> page_of_id(Exchange& exchange, FhirAsking& asking, TreeSize size) {
  const auto index = decode_decimal(*asking.search.id);
  const bool is_there = index && contains(size, LeafIndex{*index});
  asking.search.query.order = query::Order::kNewest;
  asking.at = is_there ? LeafIndex{*index + 1} : LeafIndex{0};  // below which nothing is
  ASSIGN_OR_RETURN(query::Page page, page_for(exchange, asking.search.query, asking.at, size, 1));
  page.next.reset();
  if (!is_there) {
    const LeafIndex asked{index ? *index : 0};
    exchange.read->range = {asked, asked};
    exchange.read->has_events = false;
  }
  return page;
}

bool takes_json(const Request& request, const query::FhirSearch& search) {
  return !search.wants_xml && !choose_media_type(request, {kFhirJson, "application/json"}).empty();
}

void answer_fhir_search(const SharedExchange& exchange, const Reply& reply,
                        const std::vector<query::FhirParameter>& parameters) {
  if (exchange->service->access().is_stopping())  // thousands may wait
    return reply(refuse(busy("the server is stopping: ask again")));
  const TreeSize size = exchange->log().latest()->checkpoint.size;
  auto asking = asking_of(*exchange, parameters, size);
  if (!asking) return reply(refuse(ProblemId::kBadRequest, asking.error().message));
  if (!takes_json(exchange->request, asking->search))
    return reply(
        refuse(ProblemId::kNotAcceptable, "a search is answered in application/fhir+json"));
  const auto page = asking->search.id ? page_of_id(*exchange, *asking, size)
                                      : page_for(*exchange, asking->search.query, asking->at, size);
  if (!page) return reply(refuse_read(*exchange, page.error()));
  Response response = respond(200, kFhirJson, bundle_of(*exchange, *asking, *page));
  set_private(response);
  reply(std::move(response));
}

}  // namespace

void get_fhir_search(const SharedExchange& exchange, const Reply& reply) {
  answer_fhir_search(exchange, reply, parameters_of(exchange->target.query, true));
}

void post_fhir_search(const SharedExchange& exchange, const Reply& reply) {
  const Request& request = exchange->request;
  if (parse_media_type(request.header("content-type")).essence != kFormType)
    return reply(
        refuse(ProblemId::kUnsupportedMediaType, std::string("a search is sent as ") + kFormType));
  const auto form = parse_form(text_of(request.body));
  if (!form) return reply(refuse(ProblemId::kBadRequest, form.error().message));
  std::vector<query::FhirParameter> parameters = parameters_of(exchange->target.query, true);
  for (query::FhirParameter& parameter : parameters_of(*form, false))
    parameters.push_back(std::move(parameter));
  answer_fhir_search(exchange, reply, parameters);
}

}  // namespace varve::api
