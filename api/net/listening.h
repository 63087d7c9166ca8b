// One listener of api/listeners.h, as its connections see it.
#pragma once

#include "api/access/access.h"
#include "api/listeners.h"
#include "api/net/connection.h"

namespace varve::api {

/// Outlives its connections, and what they have at the log.
struct Listening {
  Listening(const ListenerOptions& o, const ListenersOptions& all, Access& a, const HostedLog& log,
            env::Clock& c)
      : options(o),
        common(all),
        access(a),
        hosted(log),
        clock(c),
        traffic(a.metrics().of(is_relp(o.kind) ? "relp" : "syslog")),
        counts(a.metrics().messages(std::string{kind_name(o.kind)}, log.name)),
        connections(o.connections_max, all.timeouts.ask) {}

  const ListenerOptions& options;
  const ListenersOptions& common;
  Access& access;
  const HostedLog& hosted;
  env::Clock& clock;
  Traffic& traffic;  // of all listeners of its protocol
  MessageCounts counts;
  Connections connections;
};

}  // namespace varve::api
