// What is counted of time stamps, of each log that has any asked for.
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <vector>

#include "api/access/hosted_log.h"

namespace varve::api {

/// Nothing where no log asks an authority.
void add_time_stamps(std::span<const HostedLog> logs, std::vector<prometheus::MetricFamily>& out);

}  // namespace varve::api
