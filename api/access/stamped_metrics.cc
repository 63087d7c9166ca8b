// One table of what there is of a log, one of what there is of an authority.
#include "api/access/stamped_metrics.h"

#include <algorithm>

#include "api/access/metric_of.h"
#include "api/access/stamped.h"

namespace varve::api {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

struct StampedReading {
  const char* name;
  const char* help;
  MetricType type;
  double (*read)(const StampedStatus&);
};

constexpr double kUsInSecond = 1e6;

constexpr StampedReading kStampedReadings[] = {
    {"varve_log_stamped_size", "records under the newest stamped checkpoint; 0: there is none",
     MetricType::Gauge, [](const StampedStatus& s) { return static_cast<double>(s.size.value); }},
    {"varve_log_stamped_seconds",
     "when they were there, at the latest, by their time stamps; 0: there are none",
     MetricType::Gauge,
     [](const StampedStatus& s) { return static_cast<double>(s.time_us) / kUsInSecond; }},
    {"varve_log_stamped_in_trouble",
     "1 when the policy does not let enough authorities be asked, or what was kept cannot be used",
     MetricType::Gauge, [](const StampedStatus& s) { return s.trouble.empty() ? 0.0 : 1.0; }},
    {"varve_log_stamped_refused",
     "1 when the log does not begin with what was kept, or the file is another server's: an alarm",
     MetricType::Gauge, [](const StampedStatus& s) { return s.kept_is_refused ? 1.0 : 0.0; }},
    {"varve_log_time_evidence_total", "time stamps that the log took as evidence since the start",
     MetricType::Counter, [](const StampedStatus& s) { return static_cast<double>(s.recorded); }},
    {"varve_log_time_evidence_refused",
     "1 when the newest are no evidence, and that does not end by itself", MetricType::Gauge,
     [](const StampedStatus& s) {
       return s.evidence_trouble.empty() || s.evidence_waits ? 0.0 : 1.0;
     }},
    {"varve_log_time_evidence_seconds",
     "the latest time at which the records under the log's newest evidence were there; 0: none",
     MetricType::Gauge,
     [](const StampedStatus& s) { return static_cast<double>(s.evidence_us) / kUsInSecond; }},
};

struct AuthorityReading {
  const char* name;
  const char* help;
  double (*read)(const TimeAuthorityStatus&);
};

constexpr AuthorityReading kAuthorityReadings[] = {
    {"varve_time_authority_stamped_seconds",
     "when its last time stamp came; 0: none since the start",
     [](const TimeAuthorityStatus& s) { return static_cast<double>(s.stamped_s); }},
    {"varve_time_authority_clock_offset_seconds",
     "by which its clock was ahead of this machine's then, at least",
     [](const TimeAuthorityStatus& s) { return static_cast<double>(s.offset_us) / kUsInSecond; }},
};

struct StampedSeen {
  const std::string& log;
  StampedStatus status;
};

MetricFamily failures_of(const std::vector<StampedSeen>& seen) {
  MetricFamily family{"varve_time_authority_failures_total",
                      "requests since the start that brought no time stamp",
                      MetricType::Counter,
                      {}};
  for (const StampedSeen& one : seen)
    for (const TimeAuthorityStatus& authority : one.status.authorities)
      for (std::size_t i = 0; i < kNoStampNames.size(); ++i)
        family.metric.push_back(metric_of(
            {{"log", one.log}, {"authority", authority.name}, {"reason", kNoStampNames[i]}},
            MetricType::Counter, static_cast<double>(authority.failures[i])));
  return family;
}

}  // namespace

void add_time_stamps(std::span<const HostedLog> logs, std::vector<MetricFamily>& out) {
  std::vector<StampedSeen> seen;
  for (const HostedLog& hosted : logs)
    if (hosted.stamped != nullptr) seen.push_back({hosted.name, hosted.stamped->status()});
  if (seen.empty()) return;
  for (const StampedReading& reading : kStampedReadings) {
    MetricFamily family{reading.name, reading.help, reading.type, {}};
    for (const StampedSeen& one : seen)
      family.metric.push_back(
          metric_of({{"log", one.log}}, reading.type, reading.read(one.status)));
    out.push_back(std::move(family));
  }
  for (const AuthorityReading& reading : kAuthorityReadings) {
    MetricFamily family{reading.name, reading.help, MetricType::Gauge, {}};
    for (const StampedSeen& one : seen)
      for (const TimeAuthorityStatus& authority : one.status.authorities)
        family.metric.push_back(metric_of({{"log", one.log}, {"authority", authority.name}},
                                          MetricType::Gauge, reading.read(authority)));
    out.push_back(std::move(family));
  }
  out.push_back(failures_of(seen));
}

}  // namespace varve::api
