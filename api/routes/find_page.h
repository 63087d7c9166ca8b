// What the routes that search share: a page of what the caller may read, and what of it is put on record.
#pragma once

#include "api/route.h"
#include "ledger/query/page.h"
#include "ledger/query/query.h"

namespace varve::api {

/// Whether the caller may read all sources of the log.
bool reads_all(const Exchange& exchange);

/// The page of `asked` from `at` on, of the first `size` records. Whoever may read some sources is answered as if
/// the log had no other events. Sets exchange.read. `records_max`: so many are looked at.
/// Errors: as query::find_page.
Result<query::Page> page_for(Exchange& exchange, query::Query asked, LeafIndex at, TreeSize size,
                             std::uint64_t records_max = query::Effort{}.records);

/// What a place in an answer is bound to besides its question: the log, and the client that was told it.
std::string bound_to(const Exchange& exchange);

}  // namespace varve::api
