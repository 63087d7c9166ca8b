// Terms of records and of questions.
#include "ledger/index/terms.h"

#include <algorithm>

#include "ledger/events/extract.h"
#include "ledger/merkle/tree.h"
#include "ledger/search/question.h"

namespace varve::index {
namespace {

using search::Field;

TermInput term_of(const Scope& scope, std::string_view field, std::string_view form,
                  std::string_view text) {
  std::string term = "varve index term v1\n";
  term.append(scope.origin).append("\n");
  term.append(std::to_string(scope.number)).append("\n");
  term.append(field).append("\n").append(form).append("\n").append(text);
  return merkle::sha256(bytes_of(term));
}

std::string_view name_of(Field field) {
  return std::ranges::find(search::kFields, field, &search::FieldRow::field)->name;
}

/// The source's name is not in its records.
search::Term term_of_source(SourceId source) {
  return {search::Whole::kYes, std::to_string(source.value)};
}

void add_unclear(const Scope& scope, RecordTerms& out) {
  for (const Field field : kIndexedFields) out.terms.push_back(unclear_term(scope, name_of(field)));
}

void add_event(const Scope& scope, const events::Extraction& said, const events::View& view,
               RecordTerms& out) {
  for (const Field field : kIndexedFields) {
    const std::vector<std::string> values = search::values_of(view, field);
    for (const std::string& value : values)
      for (const search::Term& term : search::terms_said(value))
        out.terms.push_back(said_term(scope, name_of(field), term));
    if (values.empty() && search::says_more(said, view))
      out.terms.push_back(unclear_term(scope, name_of(field)));
  }
}

/// An event that is from after its record, as it says, may be of either time.
void add_times(const events::View& view, const search::Origin& origin, RecordTerms& out) {
  const search::EventTime time = search::time_of(view, origin);
  out.earliest_us =
      std::min({out.earliest_us, time.us, time.is_ahead ? origin.record_us : time.us});
  out.latest_us = std::max(out.latest_us, time.us);
}

}  // namespace

TermInput said_term(const Scope& scope, std::string_view field, const search::Term& term) {
  return term_of(scope, field, term.whole == search::Whole::kYes ? "whole" : "any", term.text);
}

TermInput unclear_term(const Scope& scope, std::string_view field) {
  return term_of(scope, field, "unclear", "");
}

AskedTerms asked_terms(const Scope& scope, std::string_view field,
                       const std::vector<std::string>& values) {
  AskedTerms terms;
  if (field == kSourceField) {
    for (const std::string& name : values)
      if (const auto source = format::source_id(name))
        terms.values.push_back(said_term(scope, field, term_of_source(*source)));
    return terms;
  }
  for (const std::string& value : values)
    for (const search::Term& term : search::terms_asked(value))
      terms.values.push_back(said_term(scope, field, term));
  terms.unclear = unclear_term(scope, field);
  return terms;
}

std::optional<RecordTerms> terms_of(const Scope& scope, const format::Record& record) {
  if (record.kind != format::Kind::kEvent) return std::nullopt;
  const search::Origin origin{record.source, record.time_us};
  RecordTerms out{{said_term(scope, kSourceField, term_of_source(record.source))},
                  record.time_us,
                  record.time_us};
  const events::Extraction said = search::extraction_of(record);
  if (said.events.empty() || said.events_left_off != 0) {
    add_unclear(scope, out);
    out.earliest_us = 0;  // it may be of any time before
    out.latest_us = search::later_by_clocks(record.time_us);
  } else {
    out.earliest_us = UINT64_MAX;
    out.latest_us = 0;
  }
  for (const events::View& view : said.events) {
    add_event(scope, said, view, out);
    add_times(view, origin, out);
  }
  std::ranges::sort(out.terms);
  out.terms.erase(std::unique(out.terms.begin(), out.terms.end()), out.terms.end());
  return out;
}

}  // namespace varve::index
