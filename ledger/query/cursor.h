// Where the next page of an answer begins, as a text that its asker sends back: it says a place in the log and
// nothing of what is asked, and leads nowhere but on with the same question about the same log.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/query/query.h"

namespace varve::query {

/// What a cursor is of. The key is a secret of who answers: nobody guesses a patient from a cursor.
struct CursorOf {
  Hash key;
  std::string log;  // by whichever name tells it from others
};

/// 48 hex digits. `at`: as Page::next.
std::string format_cursor(const CursorOf& of, const Query& query, LeafIndex at);
/// Of query.cursor. Errors: kInvalid  it is not of this question, in this order, about this log, by this key.
Result<LeafIndex> parse_cursor(const CursorOf& of, const Query& query);

}  // namespace varve::query
