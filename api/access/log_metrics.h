// The metrics of each log: its state and numbers, the reads of it that are put on record, and its witnesses.
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string_view>
#include <vector>

#include "api/access/hosted_log.h"
#include "ledger/ledger.h"

namespace varve::api {

class Reads;

/// As /readyz and the metrics spell it. Static text.
std::string_view state_name(LogState state);

/// Asks every log for its status.
void add_logs(std::span<const HostedLog> logs, const Reads& reads,
              std::vector<prometheus::MetricFamily>& out);

}  // namespace varve::api
