// A question as it is sent to a server: what is asked of events, in which order, and how much of it at once.
// docs/API.md
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/search/question.h"

namespace varve::query {

inline constexpr std::size_t kQueryMax = 64u << 10;  // bytes of its JSON
inline constexpr std::size_t kValuesMax = 1'000;     // of all fields together
inline constexpr std::uint64_t kLimitMax = 1'000;    // events on a page

/// By where the records stand in the log.
enum class Order : std::uint8_t { kNewest, kOldest };

/// One of these values, of one of search::kFields or of index::kSourceField.
struct Condition {
  std::string field;
  std::vector<std::string> values;  // ascending, each once
};

struct Query {
  std::vector<Condition> conditions;          // ascending by field
  search::Question question;                  // the same, and more; without its source
  std::optional<std::set<SourceId>> sources;  // of one of these
  Order order = Order::kNewest;
  std::uint64_t limit = 100;
  bool counts = false;      // how many answer, instead of which
  bool with_bytes = false;  // with the record of each
  std::string cursor;       // of the page before; empty: the first page
};

/// Errors: kInvalid  not such a JSON object; says of which member. No value is in the message.
Result<Query> parse_query(std::string_view json);

/// Of what stands in a URL, which proxies and browsers keep: nothing that may name a person.
/// Errors: kInvalid  as parse_query, where it does name one, or a parameter that comes twice.
using Parameters = std::vector<std::pair<std::string, std::string>>;
Result<Query> query_of(const Parameters& parameters);
/// What a page and the next one have in common: the same text, the same question in the same order.
std::string text_of_question(const Query& query);

}  // namespace varve::query
