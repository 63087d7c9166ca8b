// One page of an answer: goes through a log from one end, judges its events, and stops where the page is full
// or enough was done for one request. The next page goes on exactly there, so that nothing is left out or given
// twice, whatever is appended meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/events/view.h"
#include "ledger/query/query.h"
#include "ledger/search/question.h"

namespace varve::query {

/// How much is done for one page: it ends behind the record that reaches one of these.
struct Effort {
  std::uint64_t records = 10'000;  // that are looked at
  std::size_t bytes = 32u << 20;   // of these
  std::size_t answer_bytes =
      2u << 20;  // of the records that answer, or of what is said of them if that is more
  std::function<bool()> is_late = {};  // asked between records; empty: there is no hurry
};

/// Where records come from.
struct LogRecords {
  TreeSize size;
  /// As Log::records: from `first` on, at least one and at most `count`.
  std::function<Result<std::vector<Buffer>>(LeafIndex first, std::uint64_t count)> read;
};

/// An event that answers.
struct Hit {
  LeafIndex record;
  std::size_t event = 0;  // among those of its record, from 0
  std::size_t of = 1;     // so many
  search::Origin origin;
  events::View view = {};
  std::shared_ptr<const Buffer> bytes = {};  // its record, if asked for: with its first event here
  std::size_t left_out = 0;                  // so many more of its record answer, and found no room
};

struct Page {
  std::vector<Hit> hits;    // in the order that is asked for; the events of a record in their own
  std::uint64_t count = 0;  // events that answer, also where only that was asked for
  std::uint64_t may_answer = 0;  // records of which not all was understood, so that they may, too
  std::uint64_t gone = 0;        // records whose month was disposed of: nothing can be said
  std::vector<LeafIndex> unreadable;  // records that are damaged: nothing can be said
  std::vector<LeafIndex> records;     // with an event that answers; in the order that is asked for
  LeafIndex first;                    // all this is of the records from here on,
  LeafIndex end;                      // up to here
  std::optional<LeafIndex> next;      // where the next page goes on; nothing: the log has no more
};

/// Where the first page begins.
LeafIndex first_page(const Query& query, TreeSize size);

/// Requires `at` from first_page() or from the page before, of the same question. A page may have more events
/// than query.limit by those of one record, and as many bytes more than effort.answer_bytes.
/// Errors: of LogRecords::read where the first record is not to be had now; later ones end the page.
///         kInvalid  the log is not as long.
/// Memory: 32 records, those that answer, and what `read` takes.
Result<Page> find_page(const Query& query, LeafIndex at, const LogRecords& log,
                       const Effort& effort = {});

}  // namespace varve::query
