// Rights, effort, and the record of what was asked.
#include "api/routes/find_page.h"

#include <algorithm>

#include "api/access/readings.h"
#include "api/service.h"
#include "ledger/format/record.h"
#include "ledger/ledger.h"

namespace varve::api {
namespace {

constexpr int kNothingThere = 404;      // on record; the answer has 200
constexpr std::uint64_t kPageMs = 500;  // then a page ends, so that a worker is free for others
static_assert(query::kLimitMax <= kRangesMax, "what a page hands out is one line of a record");

/// The sources that the caller may read, where they are not all.
void leave_out_others(const Exchange& exchange, query::Query& asked) {
  if (reads_all(exchange)) return;
  std::set<SourceId> own;
  for (const auto& [name, roles] : exchange.caller.authority.sources)
    if (const auto source = format::source_id(name);
        source && intersects(roles, Roles::kRead) &&
        (!asked.sources || asked.sources->contains(*source)))
      own.insert(*source);
  asked.sources = std::move(own);
}

/// The records whose events are handed out or counted; of a page without any, that it was asked about these. So
/// it is too where there are more of them than a record has room for.
AskedRecords asked_of(const query::Page& page) {
  AskedRecords asked;
  const LeafIndex last{std::max(page.end.value, page.first.value + 1) - 1};
  asked.range = {page.first, last};
  asked.is_search = true;
  if (page.records.empty()) {
    asked.recorded_as = contains(TreeSize{page.end.value}, last) ? kNothingFound : kNothingThere;
    return asked;
  }
  std::vector<LeafIndex> records = page.records;
  std::ranges::sort(records);
  std::vector<format::IndexRange> ranges;
  for (const LeafIndex record : records) add_range(ranges, {record, record});
  if (ranges.size() > kRangesMax) return asked;
  asked.range = ranges.front();
  asked.further.assign(ranges.begin() + 1, ranges.end());
  return asked;
}

}  // namespace

bool reads_all(const Exchange& exchange) {
  return has_one(Rights::kReadRecords, exchange.caller.authority, Asked::kOfSource);
}

Result<query::Page> page_for(Exchange& exchange, query::Query asked, LeafIndex at, TreeSize size,
                             std::uint64_t records_max) {
  leave_out_others(exchange, asked);
  const Log& log = exchange.log();
  const env::Clock& clock = exchange.service->clock();
  query::Effort effort;
  effort.records = records_max;
  effort.is_late = [&clock, since_ms = clock.steady_ms(), &access = exchange.service->access()] {
    return clock.steady_ms() - since_ms >= kPageMs || access.is_stopping();
  };
  ASSIGN_OR_RETURN(
      query::Page page,
      query::find_page(asked, at,
                       {size, [&log](LeafIndex first,
                                     std::uint64_t count) { return log.records(first, count); }},
                       effort));
  exchange.read = asked_of(page);
  return page;
}

std::string bound_to(const Exchange& exchange) {
  return exchange.hosted->name + "\n" + exchange.hosted->origin + "\n" + exchange.caller.client;
}

}  // namespace varve::api
