// What a log has on record of reads, as tests of the routes that read ask for it.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/format/access.h"
#include "ledger/format/record.h"
#include "tests/api/site.h"

namespace varve::api {

/// All readings of the log's access records, in its order, once those that wait are among them.
inline std::vector<format::Reading> readings_on_record(Site& site) {
  site.access->reads().write_rest();
  CHECK(site.world.append_events({"{}"}).has_value());  // behind them in the queue
  std::vector<format::Reading> all;
  for (std::uint64_t i = 0; i < site.world.size().value; ++i) {
    const Buffer bytes = site.world.log->records({i}, 1)->front();
    const format::Record record = *format::decode_record(bytes);
    if (record.kind != format::Kind::kAccess) continue;
    const auto access = format::parse_access(text_of(record.payload));
    all.insert(all.end(), access->readings.begin(), access->readings.end());
  }
  return all;
}

}  // namespace varve::api
