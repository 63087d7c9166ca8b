// What Prometheus reads at /metrics: the counters of each way in, the journal's lost lines, the keys of
// issuers, certificates that are shown, and each log.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/access/hosted_logs.h"
#include "api/access/identity.h"
#include "api/access/journal.h"
#include "api/access/message_counts.h"
#include "api/access/shown_certificates.h"
#include "api/access/traffic.h"
#include "ledger/base/mutex.h"

namespace prometheus {
class Counter;
}

namespace varve::api {

class Issuers;
class Reads;

/// Thread: any.
class Metrics {
 public:
  /// All outlive it.
  /// `issuers`: those that are asked now.
  Metrics(const HostedLogs& logs, const Journal& journal,
          std::function<std::shared_ptr<const Issuers>()> issuers, const Reads& reads,
          const ShownCertificates& certificates);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The counters of the way in of that name, as "http"; made when they are first asked for. Who
  /// comes in that way keeps the reference.
  Traffic& of(const std::string& way);

  /// The counters of messages that a listener of that kind, "syslog-tls", receives for a log.
  MessageCounts messages(const std::string& listener, const std::string& log);

  /// Counts a credential that was accepted or refused, by how it proves who presents it.
  void authenticated(Proof proof, bool accepted);

  /// Whether the configuration, read again, was taken up.
  void reloaded(bool taken) { reload_refused_ = !taken; }

  /// Text exposition format 0.0.4. Asks the journal, and every log for its status.
  [[nodiscard]] std::string text() const;

 private:
  const HostedLogs& logs_;
  const Journal& journal_;
  const std::function<std::shared_ptr<const Issuers>()> issuers_;
  const Reads& reads_;
  const ShownCertificates& certificates_;
  std::unique_ptr<prometheus::Registry> registry_;
  std::map<std::pair<Proof, bool>, prometheus::Counter*> credentials_;  // all there are
  std::atomic<bool> reload_refused_{false};
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<Traffic>> ways_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
