// prometheus-cpp's registry and text serializer.
#include "api/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <tuple>

#include "api/route.h"
#include "ledger/ledger.h"

namespace varve::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

const prometheus::Histogram::BucketBoundaries kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                          0.05,   0.1,   0.25,   0.5,   1,    5};

// One number of a log's status, as a metric of its own.
struct Reading {
  std::string_view name;
  std::string_view help;
  MetricType type;
  double (*read)(const LogStatus&, const Published&);
};

constexpr Reading kReadings[] = {
    {"varve_log_serving", "1 when appends are taken", MetricType::Gauge,
     [](const LogStatus& s, const Published&) {
       return s.state == LogState::kServing ? 1.0 : 0.0;
     }},
    {"varve_log_tree_size", "records under the newest checkpoint", MetricType::Gauge,
     [](const LogStatus&, const Published& p) {
       return static_cast<double>(p.checkpoint.size.value);
     }},
    {"varve_log_queued_bytes", "appends that wait for a commit", MetricType::Gauge,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.queued_bytes); }},
    {"varve_log_commits_total", "group commits since start", MetricType::Counter,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.groups); }},
    {"varve_log_records_total", "records appended since start", MetricType::Counter,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.records); }},
    {"varve_log_signatures_total", "signatures asked of the token since start", MetricType::Counter,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.signatures); }},
    {"varve_log_segments", "segment files", MetricType::Gauge,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.segments); }},
    {"varve_log_free_bytes", "space left on the log's file system", MetricType::Gauge,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.free_bytes); }},
    {"varve_log_mutable_segments_total", "segments sealed since start without the immutable flag",
     MetricType::Counter,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.mutable_segments); }},
    {"varve_log_clock_jumps_total", "jumps of the clock that were noticed, at start and since",
     MetricType::Counter,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.clock_jumps); }},
    {"varve_log_mark_size", "records under the high-water mark; 0 without one", MetricType::Gauge,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.mark.value); }},
    {"varve_log_mark_failures_total", "failed writes of the high-water mark since start",
     MetricType::Counter,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.mark_failures); }},
    {"varve_log_scrub_finished_seconds", "when all sealed data was last read again; 0: never",
     MetricType::Gauge,
     [](const LogStatus& s, const Published&) {
       return static_cast<double>(s.scrub.finished_us) / 1e6;
     }},
    {"varve_log_scrub_bytes_total", "bytes of segments read again since start", MetricType::Counter,
     [](const LogStatus& s, const Published&) { return static_cast<double>(s.scrub.bytes); }},
    {"varve_log_damaged_files", "files of the store that are known to be damaged", MetricType::Gauge,
     [](const LogStatus& s, const Published&) {
       return static_cast<double>(s.scrub.damaged.size());
     }},
};

ClientMetric sample(const HostedLog& hosted, const Reading& reading) {
  ClientMetric metric;
  metric.label.push_back({"log", hosted.name});
  const double value = reading.read(hosted.log->status(), *hosted.log->latest());
  if (reading.type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return metric;
}

/// By log and key: the second part of a vkey names the key.
MetricFamily signatures_ever(const std::vector<HostedLog>& logs) {
  MetricFamily family{"varve_log_signatures_ever",
                      "signatures asked of this key, over all starts; after a crash up to 1000 more",
                      MetricType::Counter,
                      {}};
  for (const HostedLog& hosted : logs)
    for (const auto& [key, count] : hosted.log->status().signatures_ever) {
      ClientMetric metric;
      metric.label.push_back({"log", hosted.name});
      metric.label.push_back({"key", format::key_id_text(key)});
      metric.counter.value = static_cast<double>(count);
      family.metric.push_back(std::move(metric));
    }
  return family;
}

/// One for each limit, so that those that were never met say so.
std::array<prometheus::Counter*, kLimits> count_limits(prometheus::Registry& registry) {
  auto& family = prometheus::BuildCounter()
                     .Name("varve_http_limited_total")
                     .Help("requests refused and connections closed because of a limit, by limit")
                     .Register(registry);
  std::array<prometheus::Counter*, kLimits> out{};
  for (std::size_t i = 0; i < kLimits; ++i)
    out[i] = &family.Add({{"limit", std::string{limit_name(static_cast<Limit>(i))}}});
  return out;
}

}  // namespace

struct Metrics::Families {
  explicit Families(const std::vector<HostedLog>& hosted) : logs(hosted) {}

  /// What a request counts in.
  struct Row {
    prometheus::Counter* requests = nullptr;
    prometheus::Histogram* durations = nullptr;
  };
  /// Looked up here and not by its labels, which have to be made and hashed for that: it took 2.7 %
  /// of a single append.
  Row row(const RequestFacts& facts);

  const std::vector<HostedLog>& logs;
  std::mutex mutex;
  std::map<std::tuple<std::string_view, std::string_view, int>, Row> rows;  // under the mutex
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("varve_http_requests_total")
          .Help("requests answered, refused ones too")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("varve_http_request_seconds")
          .Help("from the end of the header to the response")
          .Register(registry);
  prometheus::Counter& bytes_in = prometheus::BuildCounter()
                                      .Name("varve_http_body_bytes_received_total")
                                      .Help("bytes of request bodies")
                                      .Register(registry)
                                      .Add({});
  prometheus::Counter& bytes_out = prometheus::BuildCounter()
                                       .Name("varve_http_body_bytes_sent_total")
                                       .Help("bytes of response bodies")
                                       .Register(registry)
                                       .Add({});
  prometheus::Gauge& connections = prometheus::BuildGauge()
                                       .Name("varve_http_connections")
                                       .Help("open connections")
                                       .Register(registry)
                                       .Add({});
  prometheus::Gauge& connections_max =
      prometheus::BuildGauge()
          .Name("varve_http_connections_max")
          .Help("how many connections there may be: less than configured where descriptors are few")
          .Register(registry)
          .Add({});
  prometheus::Counter& refused = prometheus::BuildCounter()
                                     .Name("varve_http_connections_refused_total")
                                     .Help("connections closed at once because of the limit")
                                     .Register(registry)
                                     .Add({});
  std::array<prometheus::Counter*, kLimits> limited = count_limits(registry);
};

Metrics::Families::Row Metrics::Families::row(const RequestFacts& facts) {
  const std::lock_guard lock(mutex);
  Row& found = rows[{facts.route, facts.method, facts.status}];
  if (found.requests == nullptr) {
    found.requests = &requests.Add({{"route", std::string{facts.route}},
                                    {"method", std::string{facts.method}},
                                    {"status", std::to_string(facts.status)}});
    found.durations = &durations.Add({{"route", std::string{facts.route}}}, kSeconds);
  }
  return found;
}

Metrics::Metrics(const std::vector<HostedLog>& logs)
    : families_(std::make_unique<Families>(logs)) {}
Metrics::~Metrics() = default;

void Metrics::request(const RequestFacts& facts) {
  const Families::Row row = families_->row(facts);
  row.requests->Increment();
  row.durations->Observe(facts.seconds);
  families_->bytes_in.Increment(static_cast<double>(facts.bytes_in));
  families_->bytes_out.Increment(static_cast<double>(facts.bytes_out));
}

void Metrics::connection_opened() {
  families_->connections.Increment();
}
void Metrics::connection_closed() {
  families_->connections.Decrement();
}
void Metrics::connection_refused() {
  families_->refused.Increment();
}

void Metrics::connections_max(std::size_t most) {
  families_->connections_max.Set(static_cast<double>(most));
}

void Metrics::limited(Limit limit) {
  families_->limited[static_cast<std::size_t>(limit)]->Increment();
}

std::string Metrics::text() const {
  std::vector<MetricFamily> out = families_->registry.Collect();
  for (const Reading& reading : kReadings) {
    MetricFamily family;
    family.name = reading.name;
    family.help = reading.help;
    family.type = reading.type;
    for (const HostedLog& hosted : families_->logs)
      family.metric.push_back(sample(hosted, reading));
    out.push_back(std::move(family));
  }
  out.push_back(signatures_ever(families_->logs));
  return prometheus::TextSerializer{}.Serialize(out);
}

}  // namespace varve::api
