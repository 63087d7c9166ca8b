// One line a metric.
#include "tools/collect/follow_metrics.h"

#include <utility>

#include "tools/common/metrics_file.h"

namespace varve::collect {

std::string metrics_text(const Config& config, const FollowFigures& figures, std::uint64_t now_us,
                         bool is_running) {
  constexpr std::uint64_t kSecond = 1'000'000;
  const std::string labels =
      tools::metric_labels({{"origin", config.origin}, {"source", config.source}});
  std::string text;
  const auto add = [&](const char* name, const char* type, const char* help, std::uint64_t value) {
    text += tools::metric_text(std::string("varve_collect_") + name, type, help, labels,
                               std::to_string(value));
  };
  add("written_seconds", "gauge", "when this file was written", now_us / kSecond);
  add("running", "gauge", "1: it runs; 0: it ended when this file was written", is_running ? 1 : 0);
  add("receipt_seconds", "gauge", "when the newest receipt came; 0: none since the start",
      figures.sent.receipt_us / kSecond);
  add("events_total", "counter", "events that the log acknowledged since the start",
      figures.sent.events);
  add("retries_total", "counter", "requests that had to be repeated since the start",
      figures.sent.retries);
  add("paused", "gauge", "1: sending waits until an operator mends what the journal says",
      figures.sent.is_paused ? 1 : 0);
  add("waiting_batches", "gauge", "batches in the spool without a receipt",
      figures.waiting_batches);
  add("waiting_bytes", "gauge", "size of the spool", figures.waiting_bytes);
  add("waiting_since_seconds", "gauge", "when the oldest of these was spooled; 0: none waits",
      figures.waiting_since_s);
  add("refused_total", "counter", "events that are too large for a record", figures.refused);
  add("behind_bytes", "gauge", "bytes of the followed files that are not taken yet",
      figures.behind_bytes);
  add("files", "gauge", "paths that are followed", figures.files);
  add("missing_files", "gauge", "paths without a file that can be read", figures.missing_files);
  return text;
}

FollowMetrics::FollowMetrics(std::string path, const Config& config, env::Clock& clock, Say say)
    : path_(std::move(path)), config_(config), clock_(clock), say_(std::move(say)) {}

void FollowMetrics::write_if_due(const std::function<FollowFigures()>& figures) {
  if (path_.empty() || clock_.steady_ms() < due_ms_) return;
  write(figures(), true);
  due_ms_ = clock_.steady_ms() + kMetricsEveryMs;
}

void FollowMetrics::write_last(const FollowFigures& figures) {
  if (!path_.empty()) write(figures, false);
}

void FollowMetrics::write(const FollowFigures& figures, bool is_running) {
  const auto written = tools::replace_metrics_file(
      path_, metrics_text(config_, figures, clock_.now_us(), is_running));
  if (!written && !std::exchange(failed_, true))
    say_("metrics cannot be written, and collecting goes on: " + written.error().message);
  if (written) failed_ = false;
}

}  // namespace varve::collect
