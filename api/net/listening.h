// One listener of api/listeners.h, as its connections see it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "api/access/access.h"
#include "api/access/allowed_addresses.h"
#include "api/listeners.h"
#include "api/net/connection.h"
#include "ledger/base/mutex.h"

namespace varve::api {

/// Outlives its connections, and what they have at the log.
struct Listening {
  Listening(const ListenerOptions& o, const std::string& name,
            std::shared_ptr<const ListenersOptions> all, Access& a, const HostedLog& log,
            env::Clock& c)
      : options(o),
        access(a),
        hosted(log),
        clock(c),
        traffic(a.metrics().of(is_relp(o.kind) ? "relp" : "syslog")),
        counts(a.metrics().messages(std::string{kind_name(o.kind)}, log.name)),
        connections(o.connections_max, all->timeouts.ask),
        addresses(name, o.allow, traffic, a.journal(), c),
        common_(std::move(all)) {}

  /// What all listeners share, as it is now.
  [[nodiscard]] std::shared_ptr<const ListenersOptions> common() {
    const MutexLock lock(common_mutex_);
    return common_;
  }
  void use(std::shared_ptr<const ListenersOptions> all) {
    const MutexLock lock(common_mutex_);
    common_ = std::move(all);
  }

  const ListenerOptions& options;  // what no reload changes of them: kind, log, client
  Access& access;
  const HostedLog& hosted;
  env::Clock& clock;
  Traffic& traffic;  // of all listeners of its protocol
  MessageCounts counts;
  Connections connections;
  AllowedAddresses addresses;

 private:
  Mutex common_mutex_;
  std::shared_ptr<const ListenersOptions> common_ GUARDED_BY(common_mutex_);
};

}  // namespace varve::api
