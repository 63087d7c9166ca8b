// prometheus-cpp's registry and text serializer.
#include "api/access/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

#include "api/access/issuers.h"
#include "api/access/log_metrics.h"
#include "api/access/metric_of.h"

namespace varve::api {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily lost_lines(const Journal& journal) {
  return {
      "varve_journal_lost_lines_total",
      "lines of the journal that were dropped because standard error was not read fast enough, or "
      "refused them",
      MetricType::Counter,
      {metric_of({}, MetricType::Counter, static_cast<double>(journal.lost()))}};
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
  for (const IssuerOptions& issuer : issuers.all())
    family.metric.push_back(
        metric_of({{"issuer", issuer.issuer}}, reading.type, reading.read(issuer.keys->status())));
  return family;
}

MetricFamily certificate_ends(const ShownCertificates& certificates) {
  MetricFamily family{"varve_certificate_expires_seconds",
                      "when the first of the certificates that the listener shows expires",
                      MetricType::Gauge,
                      {}};
  for (const ShownCertificates::Shown& shown : certificates.all())
    family.metric.push_back(metric_of({{"listener", shown.listener}}, MetricType::Gauge,
                                      static_cast<double>(shown.validity.expires_s)));
  return family;
}

MetricFamily authority_ends(const ShownCertificates& certificates) {
  MetricFamily family{"varve_ca_expires_seconds",
                      "when the first of the CAs expires that the configuration names for this use",
                      MetricType::Gauge,
                      {}};
  for (const auto& [use, authorities] : certificates.trusted()) {
    const auto first = std::ranges::min_element(
        authorities, {}, [](const TrustedAuthority& one) { return one.validity.expires_s; });
    family.metric.push_back(metric_of({{"used_by", use}}, MetricType::Gauge,
                                      static_cast<double>(first->validity.expires_s)));
  }
  return family;
}

}  // namespace

Metrics::Metrics(const HostedLogs& logs, const Journal& journal,
                 std::function<std::shared_ptr<const Issuers>()> issuers, const Reads& reads,
                 const ShownCertificates& certificates)
    : logs_(logs),
      journal_(journal),
      issuers_(std::move(issuers)),
      reads_(reads),
      certificates_(certificates),
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
  add_logs(logs_.all(), reads_, out);
  out.push_back(lost_lines(journal_));
  out.push_back(
      {"varve_reload_refused",
       "1: the configuration was read again, and something in it was wrong and not taken up",
       MetricType::Gauge,
       {metric_of({}, MetricType::Gauge, reload_refused_ ? 1 : 0)}});
  out.push_back(certificate_ends(certificates_));
  out.push_back(authority_ends(certificates_));
  const std::shared_ptr<const Issuers> issuers = issuers_();
  if (!issuers->empty())
    for (const KeysReading& reading : kKeysReadings) out.push_back(issuer_keys(*issuers, reading));
  return prometheus::TextSerializer{}.Serialize(out);
}

}  // namespace varve::api
