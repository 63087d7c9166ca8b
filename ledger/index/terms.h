// What an index has rows of: the terms of events, field by field, and of each field the records that may say
// more of it than was understood. Pure: the same records give the same terms, for ever.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/format/record.h"
#include "ledger/search/field.h"

namespace varve::index {

/// The fields by which events are indexed. Who sent a record is indexed too: "source".
inline constexpr std::array kIndexedFields = {search::Field::kPatient,  search::Field::kActor,
                                              search::Field::kRole,     search::Field::kAction,
                                              search::Field::kType,     search::Field::kOutcome,
                                              search::Field::kRecipient};
inline constexpr std::string_view kSourceField = "source";

/// One index of one log: the same term is another one elsewhere, so that nobody links them.
struct Scope {
  std::string origin;
  std::uint64_t number = 0;  // of the index
};

/// What the function that names rows is given: a hash, so that a term of any length costs the same.
using TermInput = Hash;
TermInput said_term(const Scope& scope, std::string_view field, const search::Term& term);
/// Of records that may say something of the field which was not understood.
TermInput unclear_term(const Scope& scope, std::string_view field);

/// The rows that show what is asked of a field, in the order in which evidence has them.
struct AskedTerms {
  std::vector<TermInput> values;  // of one of these values
  std::optional<TermInput>
      unclear;  // behind them; of "source", which never is unclear, there is none
  [[nodiscard]] std::size_t size() const { return values.size() + (unclear ? 1 : 0); }
};
AskedTerms asked_terms(const Scope& scope, std::string_view field,
                       const std::vector<std::string>& values);

/// Of one record of a sender: its terms, each once, and the least and the greatest time that an event in it
/// may be said to be of.
struct RecordTerms {
  std::vector<TermInput> terms;
  std::uint64_t earliest_us = 0;
  std::uint64_t latest_us = 0;
};
/// Nothing: it is no event of a sender.
std::optional<RecordTerms> terms_of(const Scope& scope, const format::Record& record);

}  // namespace varve::index
