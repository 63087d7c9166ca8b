// Of each field the union of its values' rows, of several fields what they have in common.
#include "ledger/query/named.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace varve::query {
namespace {

using Records = std::vector<std::uint64_t>;

bool has_rows(const Condition& condition) {
  const auto* const row =
      std::ranges::find(search::kFields, condition.field, &search::FieldRow::name);
  return row != search::kFields.end() &&
         std::ranges::find(index::kIndexedFields, row->field) != index::kIndexedFields.end();
}

Records in_common(const std::optional<Records>& before, Records more) {
  if (!before) return more;
  Records both;
  std::ranges::set_intersection(*before, more, std::back_inserter(both));
  return both;
}

class Naming {
 public:
  explicit Naming(Stretch& stretch) : stretch_(stretch) {}

  /// `unclear`: null where nothing is.
  Result<void> add(const std::vector<index::TermInput>& values, const index::TermInput* unclear) {
    std::set<std::uint64_t> all;
    for (const index::TermInput& term : values) {
      ASSIGN_OR_RETURN(const Records records, find(term));
      all.insert(records.begin(), records.end());
    }
    say_ = in_common(say_, Records(all.begin(), all.end()));
    if (unclear != nullptr) {
      ASSIGN_OR_RETURN(const Records records, find(*unclear));
      all.insert(records.begin(), records.end());
    }
    may_ = in_common(may_, Records(all.begin(), all.end()));
    return {};
  }

  Result<Named> take() {
    if (!say_) return invalid("nothing is asked that has rows");
    Records rest;
    std::ranges::set_difference(*may_, *say_, std::back_inserter(rest));
    return Named{std::move(*say_), std::move(rest), looks_};
  }

 private:
  Result<Records> find(const index::TermInput& term) {
    ++looks_;
    return stretch_.find(term);
  }

  Stretch& stretch_;
  std::optional<Records> say_;
  std::optional<Records> may_;
  std::uint64_t looks_ = 0;
};

}  // namespace

Result<Named> name_records(const Query& query, Stretch& stretch) {
  Naming naming(stretch);
  const index::Scope& scope = stretch.of().scope;
  if (query.sources) {
    std::vector<index::TermInput> terms;
    for (const SourceId source : *query.sources) terms.push_back(index::source_term(scope, source));
    RETURN_IF_ERROR(naming.add(terms, nullptr));
  }
  for (const Condition& condition : query.conditions) {
    if (!has_rows(condition)) continue;
    const auto terms = index::asked_terms(scope, condition.field, condition.values);
    RETURN_IF_ERROR(naming.add(terms.values, terms.unclear ? &*terms.unclear : nullptr));
  }
  return naming.take();
}

bool is_outside(const Query& query, const Stretch::Of& of) {
  const search::Question& asked = query.question;
  return (asked.until_us && of.earliest_us >= *asked.until_us) ||
         (asked.from_us && of.latest_us < *asked.from_us);
}

std::uint64_t count_between(const std::vector<std::uint64_t>& records, LeafIndex first,
                            LeafIndex end) {
  const auto from = std::ranges::lower_bound(records, first.value);
  return static_cast<std::uint64_t>(std::ranges::lower_bound(records, end.value) - from);
}

}  // namespace varve::query
