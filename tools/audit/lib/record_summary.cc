// Runs of records that are alike.
#include "tools/audit/lib/record_summary.h"

#include <algorithm>

#include "ledger/base/month.h"
#include "ledger/format/json.h"
#include "ledger/format/newer.h"
#include "ledger/verify/source_text.h"

namespace varve::audit {
namespace {

constexpr std::size_t kRunsMax = 8;  // of them are put into words

struct Run {
  format::Record first;
  std::uint64_t count = 0;
  std::uint64_t earliest_us = 0;
  std::uint64_t latest_us = 0;
};

format::Record opened(Bytes bytes) {
  const auto record = format::decode_record(bytes);
  CHECK(record.has_value());  // as expect_records() found
  return *record;
}

bool goes_on(const Run& run, const format::Record& next) {
  return next.kind == run.first.kind && next.source == run.first.source &&
         next.media_type == run.first.media_type && next.sequence - run.first.sequence == run.count;
}

std::vector<Run> runs_of(const std::vector<Buffer>& records) {
  std::vector<Run> runs;
  for (const Buffer& bytes : records) {
    const format::Record next = opened(bytes);
    if (runs.empty() || !goes_on(runs.back(), next))
      runs.push_back({next, 0, next.time_us, next.time_us});
    Run& run = runs.back();
    ++run.count;
    run.earliest_us = std::min(run.earliest_us, next.time_us);
    run.latest_us = std::max(run.latest_us, next.time_us);
  }
  return runs;
}

std::string run_text(const Run& run) {
  const format::Record& first = run.first;
  std::string text = format::kind_name(first.kind);
  text.append(run.count == 1 ? " " : "s ").append(std::to_string(first.sequence));
  if (run.count > 1) text.append(" to ").append(std::to_string(first.sequence + run.count - 1));
  text.append(" of ")
      .append(verify::source_text(first.source))
      .append(", ")
      .append(first.media_type);
  if (!format::is_understood(first.kind)) text.append(", not understood by this program");
  text.append(", of ").append(when(run.earliest_us));
  if (run.latest_us != run.earliest_us) text.append(" to ").append(when(run.latest_us));
  return text;
}

}  // namespace

std::string when(std::uint64_t time_us) {
  constexpr std::uint64_t kYear10000Us = 253'402'300'800'000'000;
  if (time_us < kYear10000Us) return time_text(time_us);
  return std::to_string(time_us) + " us since 1970";
}

Result<void> expect_records(LeafIndex first, const std::vector<Buffer>& records) {
  for (const Buffer& bytes : records) {
    const LeafIndex index{first.value++};
    const auto record = format::decode_record(bytes);
    if (record) continue;
    RETURN_IF_ERROR(format::expect_known(index, bytes));
    return corrupt(
        "entry " + std::to_string(index.value) +
        " is in the tree that the log signed, and is no record: " + record.error().message);
  }
  return {};
}

std::string summary_text(const std::vector<Buffer>& records) {
  const std::vector<Run> runs = runs_of(records);
  std::string text;
  for (std::size_t i = 0; i < runs.size() && i < kRunsMax; ++i) {
    if (i > 0) text.append("; ");
    text.append(run_text(runs[i]));
  }
  if (runs.size() > kRunsMax)
    text.append("; and ").append(std::to_string(runs.size() - kRunsMax)).append(" more (--json)");
  return text;
}

std::string summary_json(LeafIndex first, const std::vector<Buffer>& records) {
  std::string json = "[";
  for (const Buffer& bytes : records) {
    const format::Record record = opened(bytes);
    if (json.back() != '[') json.push_back(',');
    json.append("{\"index\":").append(std::to_string(first.value++));
    json.append(",\"kind\":\"").append(format::kind_name(record.kind));
    json.append(format::is_understood(record.kind) ? "\"" : "\",\"understood\":false");
    json.append(",\"source\":\"").append(verify::source_hex(record.source));
    json.append("\",\"sequence\":").append(std::to_string(record.sequence));
    json.append(",\"time_us\":").append(std::to_string(record.time_us));
    json.append(",\"media_type\":").append(format::json_quoted(record.media_type)).append("}");
  }
  return json.append("]");
}

}  // namespace varve::audit
