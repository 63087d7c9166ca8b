// Elasticsearch's _bulk, from actions to appends and from receipts to items.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "api/ingest/bulk.h"
#include "api/routes/runs.h"

namespace varve::api {

/// Of a body, and of what it is once decompressed. Logstash sends up to 20 MiB.
inline constexpr std::size_t kBulkBytesMax = 32u << 20;

/// Whose ids they are, and when the request was received.
struct BulkSender {
  std::string_view client;
  std::string_view log;
  std::uint64_t time_us = 0;
};

/// Runs of all items that are not refused, in their order; they own what they hold. A run is neighbours
/// without ids, or one event whose id makes it known when it comes again. An event whose
/// index only the path says gets an envelope in front of it that says it, one a run.
std::vector<Run> plan_bulk(const std::vector<BulkItem>& items, const BulkSender& sender);

}  // namespace varve::api
