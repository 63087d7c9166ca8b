// prometheus-cpp's registry and text serializer.
#include "api/access/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

#include "api/access/issuers.h"
#include "api/access/reads.h"
#include "api/access/witnessed.h"
#include "ledger/ledger.h"

namespace varve::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// One number of a log's status, as a metric of its own.
struct Reading {
  std::string_view name;
  std::string_view help;
  MetricType type;
  double (*read)(const LogStatus&, const format::SignedCheckpoint&);
};

constexpr Reading kReadings[] = {
    {"varve_log_serving", "1 when appends are taken", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return s.state == LogState::kServing ? 1.0 : 0.0;
     }},
    {"varve_log_tree_size", "records under the newest checkpoint", MetricType::Gauge,
     [](const LogStatus&, const format::SignedCheckpoint& p) {
       return static_cast<double>(p.checkpoint.size.value);
     }},
    {"varve_log_queued_bytes", "appends that wait for a commit", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.queued_bytes);
     }},
    {"varve_log_commits_total", "group commits since start", MetricType::Counter,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.groups);
     }},
    {"varve_log_records_total", "records appended since start", MetricType::Counter,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.records);
     }},
    {"varve_log_signatures_total", "signatures asked of the token since start", MetricType::Counter,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.signatures);
     }},
    {"varve_log_segments", "segment files", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.segments);
     }},
    {"varve_log_free_bytes", "space left on the log's file system", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.free_bytes);
     }},
    {"varve_log_mutable_segments_total", "segments sealed since start without the immutable flag",
     MetricType::Counter,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.mutable_segments);
     }},
    {"varve_log_clock_drift_seconds", "by which the clock is ahead of the compliance clock",
     MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.clock_drift_us) / 1e6;
     }},
    {"varve_log_mark_size", "records under the high-water mark; 0 without one", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.mark.value);
     }},
    {"varve_log_mark_failures_total", "failed writes of the high-water mark since start",
     MetricType::Counter,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.mark_failures);
     }},
    {"varve_log_scrub_finished_seconds", "when all sealed data was last read again; 0: never",
     MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.scrub.finished_us) / 1e6;
     }},
    {"varve_log_scrub_bytes_total", "bytes of segments read again since start", MetricType::Counter,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.scrub.bytes);
     }},
    {"varve_log_damaged_files", "files of the store that are known to be damaged",
     MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.scrub.damaged.size());
     }},
};

void set_value(ClientMetric& metric, MetricType type, double value) {
  if (type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
}

ClientMetric sample(const HostedLog& hosted, const Reading& reading) {
  ClientMetric metric;
  metric.label.push_back({"log", hosted.name});
  const double value = reading.read(hosted.log->status(), *hosted.log->latest());
  set_value(metric, reading.type, value);
  return metric;
}

/// By log and key: the second part of a vkey names the key.
MetricFamily signatures_ever(const std::vector<HostedLog>& logs) {
  MetricFamily family{
      "varve_log_signatures_ever",
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

MetricFamily lost_lines(const Journal& journal) {
  ClientMetric metric;
  metric.counter.value = static_cast<double>(journal.lost());
  return {
      "varve_journal_lost_lines_total",
      "lines of the journal that were dropped because standard error was not read fast enough, or "
      "refused them",
      MetricType::Counter,
      {std::move(metric)}};
}

struct KeysReading {
  const char* name;
  const char* help;
  MetricType type;
  double (*read)(const KeySourceStatus&);
};

constexpr KeysReading kKeysReadings[] = {
    {"varve_issuer_keys", "keys of the issuer that can be used", MetricType::Gauge,
     [](const KeySourceStatus& s) { return static_cast<double>(s.keys); }},
    {"varve_issuer_keys_read_seconds", "when the issuer's keys were last read; 0: never",
     MetricType::Gauge, [](const KeySourceStatus& s) { return static_cast<double>(s.read_s); }},
    {"varve_issuer_keys_failures_total", "failed attempts to read the issuer's keys since start",
     MetricType::Counter, [](const KeySourceStatus& s) { return static_cast<double>(s.failures); }},
};

MetricFamily issuer_keys(const Issuers& issuers, const KeysReading& reading) {
  MetricFamily family{reading.name, reading.help, reading.type, {}};
  for (const IssuerOptions& issuer : issuers.all()) {
    ClientMetric metric;
    metric.label.push_back({"issuer", issuer.issuer});
    const double value = reading.read(issuer.keys->status());
    set_value(metric, reading.type, value);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

struct ReadsReading {
  const char* name;
  const char* help;
  MetricType type;
  std::uint64_t ReadsStatus::*count;
};

constexpr ReadsReading kReadsReadings[] = {
    {"varve_log_reads_waiting", "requests that read events and are not on record yet",
     MetricType::Gauge, &ReadsStatus::waiting},
    {"varve_log_reads_summed", "requests that read records of reads, summed up for an hour",
     MetricType::Gauge, &ReadsStatus::summed},
    {"varve_log_reads_recorded_total", "requests that read events, on record since start",
     MetricType::Counter, &ReadsStatus::recorded},
    {"varve_log_reads_refused_total",
     "requests to read events that were refused because no record of them could be written",
     MetricType::Counter, &ReadsStatus::refused},
};

MetricFamily reads_of(const std::vector<HostedLog>& logs, const Reads& reads,
                      const ReadsReading& reading) {
  MetricFamily family{reading.name, reading.help, reading.type, {}};
  for (const HostedLog& hosted : logs) {
    ClientMetric metric;
    metric.label.push_back({"log", hosted.name});
    const auto value = static_cast<double>(reads.status(hosted).*reading.count);
    set_value(metric, reading.type, value);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

struct WitnessReading {
  const char* name;
  const char* help;
  MetricType type;
  double (*read)(const WitnessStatus&);
};

constexpr WitnessReading kWitnessReadings[] = {
    {"varve_witness_size",
     "records under the largest tree that the witness is known to have cosigned", MetricType::Gauge,
     [](const WitnessStatus& s) { return static_cast<double>(s.cosigned.value); }},
    {"varve_witness_cosigned_seconds", "when its last cosignature came; 0: none since the start",
     MetricType::Gauge, [](const WitnessStatus& s) { return static_cast<double>(s.cosigned_s); }},
    {"varve_witness_failures_total", "requests since start to which it gave no cosignature",
     MetricType::Counter, [](const WitnessStatus& s) { return static_cast<double>(s.failures); }},
    {"varve_witness_contradicts", "1 when it ever had cosigned what this log does not have",
     MetricType::Gauge, [](const WitnessStatus& s) { return s.alarm.empty() ? 0.0 : 1.0; }},
};

/// What the log itself keeps, of each log that asks witnesses.
MetricFamily witnessed(const std::vector<HostedLog>& logs, const char* name, const char* help,
                       double (*read)(const WitnessedStatus&)) {
  MetricFamily family{name, help, MetricType::Gauge, {}};
  for (const HostedLog& hosted : logs) {
    if (hosted.witnessed == nullptr) continue;
    ClientMetric metric;
    metric.label.push_back({"log", hosted.name});
    metric.gauge.value = read(hosted.witnessed->status());
    family.metric.push_back(std::move(metric));
  }
  return family;
}

MetricFamily witnesses(const std::vector<HostedLog>& logs, const WitnessReading& reading) {
  MetricFamily family{reading.name, reading.help, reading.type, {}};
  for (const HostedLog& hosted : logs) {
    if (hosted.witnessed == nullptr) continue;
    for (const WitnessStatus& witness : hosted.witnessed->status().witnesses) {
      ClientMetric metric;
      metric.label.push_back({"log", hosted.name});
      metric.label.push_back({"witness", witness.name});
      const double value = reading.read(witness);
      set_value(metric, reading.type, value);
      family.metric.push_back(std::move(metric));
    }
  }
  return family;
}

void add_witnesses(const std::vector<HostedLog>& logs, std::vector<MetricFamily>& out) {
  const auto asks = [](const HostedLog& hosted) { return hosted.witnessed != nullptr; };
  if (std::ranges::none_of(logs, asks)) return;
  out.push_back(
      witnessed(logs, "varve_log_witnessed_size",
                "records under the newest witnessed checkpoint; 0: there is none",
                [](const WitnessedStatus& s) { return static_cast<double>(s.size.value); }));
  out.push_back(
      witnessed(logs, "varve_log_witnessed_refused",
                "1 when what was kept of witnesses does not fit the log, or cannot be read",
                [](const WitnessedStatus& s) { return s.trouble.empty() ? 0.0 : 1.0; }));
  for (const WitnessReading& reading : kWitnessReadings) out.push_back(witnesses(logs, reading));
}

}  // namespace

Metrics::Metrics(const std::vector<HostedLog>& logs, const Journal& journal, const Issuers& issuers,
                 const Reads& reads)
    : logs_(logs),
      journal_(journal),
      issuers_(issuers),
      reads_(reads),
      registry_(std::make_unique<prometheus::Registry>()) {
  auto& family = prometheus::BuildCounter()
                     .Name("varve_credentials_total")
                     .Help("credentials that requests presented, by kind and outcome")
                     .Register(*registry_);
  for (const Proof proof : kProofs)
    for (const bool accepted : {false, true})
      credentials_[{proof, accepted}] =
          &family.Add({{"kind", std::string{proof_name(proof)}},
                       {"outcome", accepted ? "accepted" : "refused"}});
}
Metrics::~Metrics() = default;

Traffic& Metrics::of(const std::string& way) {
  const MutexLock lock(mutex_);
  std::unique_ptr<Traffic>& traffic = ways_[way];
  if (!traffic) traffic = std::make_unique<Traffic>(way, *registry_);
  return *traffic;
}

MessageCounts Metrics::messages(const std::string& listener, const std::string& log) {
  return {listener, log, *registry_};
}

void Metrics::authenticated(Proof proof, bool accepted) {
  credentials_.find({proof, accepted})->second->Increment();
}

std::string Metrics::text() const {
  std::vector<MetricFamily> out = registry_->Collect();
  for (const Reading& reading : kReadings) {
    MetricFamily family;
    family.name = reading.name;
    family.help = reading.help;
    family.type = reading.type;
    for (const HostedLog& hosted : logs_) family.metric.push_back(sample(hosted, reading));
    out.push_back(std::move(family));
  }
  out.push_back(signatures_ever(logs_));
  out.push_back(lost_lines(journal_));
  for (const ReadsReading& reading : kReadsReadings)
    out.push_back(reads_of(logs_, reads_, reading));
  if (!issuers_.empty())
    for (const KeysReading& reading : kKeysReadings) out.push_back(issuer_keys(issuers_, reading));
  add_witnesses(logs_, out);
  return prometheus::TextSerializer{}.Serialize(out);
}

}  // namespace varve::api
