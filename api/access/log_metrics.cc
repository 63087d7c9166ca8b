// One family for each number, with a metric for each log.
#include "api/access/log_metrics.h"

#include <algorithm>

#include "api/access/metric_of.h"
#include "api/access/reads.h"
#include "api/access/root_signer.h"
#include "api/access/stamped_metrics.h"
#include "api/access/witnessed.h"

namespace varve::api {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kHasEnded = "ended";
constexpr std::string_view kStates[] = {"serving", "signer-down", "faulted", "stopped", kHasEnded};

/// A log at one moment.
struct Seen {
  const HostedLog& hosted;
  LogStatus status;
  std::shared_ptr<const format::SignedCheckpoint> newest;
};
using SeenLogs = std::vector<Seen>;

/// One number of a log's status, as a metric of its own.
struct Reading {
  std::string_view name;
  std::string_view help;
  MetricType type;
  double (*read)(const LogStatus&, const format::SignedCheckpoint&);
};

constexpr Reading kReadings[] = {
    {"varve_log_tree_size", "records under the newest checkpoint", MetricType::Gauge,
     [](const LogStatus&, const format::SignedCheckpoint& p) {
       return static_cast<double>(p.checkpoint.size.value);
     }},
    {"varve_log_queued_bytes", "appends that wait for a commit", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.queued_bytes);
     }},
    {"varve_log_queue_bytes_max", "beyond so many, appends are refused", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.queue_bytes_max);
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
    {"varve_log_signature_failures_total",
     "checkpoints since start that the token did not sign when it was asked", MetricType::Counter,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.signature_failures);
     }},
    {"varve_log_segments", "segment files", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.segments);
     }},
    {"varve_log_free_bytes", "space left on the log's file system", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.free_bytes);
     }},
    {"varve_log_reserve_bytes", "space that is kept free: below it appends are refused",
     MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.reserve_bytes);
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
    {"varve_log_scrub_due_seconds",
     "when all sealed data should have been read again; 0: it never is", MetricType::Gauge,
     [](const LogStatus& s, const format::SignedCheckpoint&) {
       return static_cast<double>(s.scrub.due_us) / 1e6;
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

MetricFamily numbers(const SeenLogs& logs, const Reading& reading) {
  MetricFamily family{std::string{reading.name}, std::string{reading.help}, reading.type, {}};
  for (const Seen& seen : logs)
    family.metric.push_back(metric_of({{"log", seen.hosted.name}}, reading.type,
                                      reading.read(seen.status, *seen.newest)));
  return family;
}

/// A log that has ended serves, and takes nothing.
std::string_view state_of(const Seen& seen) {
  return seen.hosted.has_ended && seen.status.state == LogState::kServing
             ? kHasEnded
             : state_name(seen.status.state);
}

MetricFamily states(const SeenLogs& logs) {
  MetricFamily family{
      "varve_log_state", "1 for the state that the log is in", MetricType::Gauge, {}};
  for (const Seen& seen : logs)
    for (const std::string_view state : kStates)
      family.metric.push_back(metric_of({{"log", seen.hosted.name}, {"state", std::string{state}}},
                                        MetricType::Gauge, state == state_of(seen) ? 1 : 0));
  return family;
}

/// By log and key: the second part of a vkey names the key.
MetricFamily signatures_ever(const SeenLogs& logs) {
  MetricFamily family{
      "varve_log_signatures_ever",
      "signatures asked of this key, over all starts; after a crash up to 1000 more",
      MetricType::Counter,
      {}};
  for (const Seen& seen : logs)
    for (const auto& [key, count] : seen.status.signatures_ever)
      family.metric.push_back(
          metric_of({{"log", seen.hosted.name}, {"key", format::key_id_text(key)}},
                    MetricType::Counter, static_cast<double>(count)));
  return family;
}

MetricFamily cose_signatures(std::span<const HostedLog> logs) {
  MetricFamily family{"varve_log_cose_signatures_total",
                      "roots that the token signed for COSE receipts since start",
                      MetricType::Counter,
                      {}};
  for (const HostedLog& hosted : logs)
    if (hosted.roots != nullptr)
      family.metric.push_back(metric_of({{"log", hosted.name}}, MetricType::Counter,
                                        static_cast<double>(hosted.roots->signatures())));
  return family;
}

MetricFamily indexed(std::span<const HostedLog> logs) {
  MetricFamily family{"varve_log_indexed_size",
                      "records up to the end of the newest index; 0: there is none",
                      MetricType::Gauge,
                      {}};
  for (const HostedLog& hosted : logs)
    family.metric.push_back(metric_of({{"log", hosted.name}}, MetricType::Gauge,
                                      static_cast<double>(hosted.log->view().indexed.end.value)));
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
    {"varve_log_reads_by_break_glass_total",
     "requests that read events although the log took no record of them", MetricType::Counter,
     &ReadsStatus::by_break_glass},
};

MetricFamily reads_of(std::span<const HostedLog> logs, const Reads& reads,
                      const ReadsReading& reading) {
  MetricFamily family{reading.name, reading.help, reading.type, {}};
  for (const HostedLog& hosted : logs)
    family.metric.push_back(metric_of({{"log", hosted.name}}, reading.type,
                                      static_cast<double>(reads.status(hosted).*reading.count)));
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
MetricFamily witnessed(std::span<const HostedLog> logs, const char* name, const char* help,
                       double (*read)(const WitnessedStatus&)) {
  MetricFamily family{name, help, MetricType::Gauge, {}};
  for (const HostedLog& hosted : logs) {
    if (hosted.witnessed == nullptr) continue;
    family.metric.push_back(
        metric_of({{"log", hosted.name}}, MetricType::Gauge, read(hosted.witnessed->status())));
  }
  return family;
}

MetricFamily witnesses(std::span<const HostedLog> logs, const WitnessReading& reading) {
  MetricFamily family{reading.name, reading.help, reading.type, {}};
  for (const HostedLog& hosted : logs) {
    if (hosted.witnessed == nullptr) continue;
    for (const WitnessStatus& witness : hosted.witnessed->status().witnesses)
      family.metric.push_back(metric_of({{"log", hosted.name}, {"witness", witness.name}},
                                        reading.type, reading.read(witness)));
  }
  return family;
}

void add_witnesses(std::span<const HostedLog> logs, std::vector<MetricFamily>& out) {
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
  out.push_back(
      witnessed(logs, "varve_log_witness_key_in_trouble",
                "1 when the token did not sign with the log's witness key for the newest round",
                [](const WitnessedStatus& s) { return s.key_trouble.empty() ? 0.0 : 1.0; }));
  out.push_back(
      witnessed(logs, "varve_log_witnessed_record_refused",
                "1 when a witnessed checkpoint is due as a record, and the log did not take it",
                [](const WitnessedStatus& s) { return s.record_trouble.empty() ? 0.0 : 1.0; }));
  out.push_back(witnessed(
      logs, "varve_log_cosigned_evidence_refused",
      "1 when cosignatures are due as evidence of the time and are none, and that does not end by "
      "itself",
      [](const WitnessedStatus& s) {
        return s.evidence_trouble.empty() || s.evidence_waits ? 0.0 : 1.0;
      }));
  for (const WitnessReading& reading : kWitnessReadings) out.push_back(witnesses(logs, reading));
}

}  // namespace

std::string_view state_name(LogState state) {
  switch (state) {
    case LogState::kServing:
      return "serving";
    case LogState::kSignerDown:
      return "signer-down";
    case LogState::kFaulted:
      return "faulted";
    case LogState::kStopped:
      break;
  }
  return "stopped";
}

void add_logs(std::span<const HostedLog> logs, const Reads& reads, std::vector<MetricFamily>& out) {
  SeenLogs seen;
  for (const HostedLog& hosted : logs)
    seen.push_back({hosted, hosted.log->status(), hosted.log->latest()});
  out.push_back(states(seen));
  for (const Reading& reading : kReadings) out.push_back(numbers(seen, reading));
  out.push_back(signatures_ever(seen));
  out.push_back(cose_signatures(logs));
  out.push_back(indexed(logs));
  for (const ReadsReading& reading : kReadsReadings) out.push_back(reads_of(logs, reads, reading));
  add_witnesses(logs, out);
  add_time_stamps(logs, out);
}

}  // namespace varve::api
