// Of each field the union of its values' rows, of several fields what they have in common.
#include "ledger/query/named.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace varve::query {
namespace {

using Records = std::vector<std::uint64_t>;

bool is_of(const Condition& condition, search::Field field) {
  const auto* const row =
      std::ranges::find(search::kFields, condition.field, &search::FieldRow::name);
  return row != search::kFields.end() && row->field == field;
}

Records together(Records a, Records b) {
  if (a.empty() || b.empty()) return a.empty() ? std::move(b) : std::move(a);
  Records all;
  all.reserve(a.size() + b.size());
  std::ranges::set_union(a, b, std::back_inserter(all));
  return all;
}

Records in_common(const std::optional<Records>& before, const Records& more) {
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
    if (may_ && may_->empty()) return {};  // nothing more can come of it
    Records all;
    for (const index::TermInput& term : values) {
      ASSIGN_OR_RETURN(Records records, find(term));
      all = together(std::move(all), std::move(records));
    }
    say_ = in_common(say_, all);
    if (unclear != nullptr) {
      ASSIGN_OR_RETURN(Records records, find(*unclear));
      all = together(std::move(all), std::move(records));
    }
    may_ = in_common(may_, all);
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
  // In the order of the fields, of which the first ones mostly name the fewest.
  for (const search::Field field : index::kIndexedFields)
    for (const Condition& condition : query.conditions) {
      if (!is_of(condition, field)) continue;
      const auto terms = index::asked_terms(scope, condition.field, condition.values);
      RETURN_IF_ERROR(naming.add(terms.values, terms.unclear ? &*terms.unclear : nullptr));
    }
  if (query.sources) {
    std::vector<index::TermInput> terms;
    for (const SourceId source : *query.sources) terms.push_back(index::source_term(scope, source));
    RETURN_IF_ERROR(naming.add(terms, nullptr));
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
