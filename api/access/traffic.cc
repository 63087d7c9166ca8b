// The counters, and finding the one that a request counts in.
#include "api/access/traffic.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <string_view>
#include <tuple>

#include "api/access/access.h"
#include "ledger/base/mutex.h"

namespace varve::api {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                              0.05,   0.1,   0.25,   0.5,   1,    5};

/// Makes families whose names begin with the way's.
struct Maker {
  std::string prefix;  // "varve_http_"
  prometheus::Registry& registry;

  prometheus::Family<Counter>& counters(const char* name, const char* help) const {
    return prometheus::BuildCounter().Name(prefix + name).Help(help).Register(registry);
  }
  Counter& counter(const char* name, const char* help) const {
    return counters(name, help).Add({});
  }
  Gauge& gauge(const char* name, const char* help) const {
    return prometheus::BuildGauge().Name(prefix + name).Help(help).Register(registry).Add({});
  }
  prometheus::Family<Histogram>& histograms(const char* name, const char* help) const {
    return prometheus::BuildHistogram().Name(prefix + name).Help(help).Register(registry);
  }
};

/// One for each limit, so that those that were never met say so.
std::array<Counter*, kLimits> count_limits(const Maker& make) {
  auto& family = make.counters(
      "limited_total", "requests refused and connections closed because of a limit, by limit");
  std::array<Counter*, kLimits> out{};
  for (std::size_t i = 0; i < kLimits; ++i)
    out[i] = &family.Add({{"limit", std::string{limit_name(static_cast<Limit>(i))}}});
  return out;
}

}  // namespace

struct Traffic::Families {
  explicit Families(const Maker& make)
      : requests(make.counters("requests_total", "requests answered, refused ones too")),
        durations(make.histograms("request_seconds", "from the end of the header to the response")),
        bytes_in(make.counter("body_bytes_received_total", "bytes of request bodies")),
        bytes_out(make.counter("body_bytes_sent_total", "bytes of response bodies")),
        connections(make.gauge("connections", "open connections")),
        connections_max(make.gauge(
            "connections_max",
            "how many connections there may be: less than configured where descriptors are few")),
        refused(make.counter("connections_refused_total",
                             "connections closed at once because of the limit")),
        limited(count_limits(make)) {}

  /// What a request counts in.
  struct Row {
    Counter* requests = nullptr;
    Histogram* durations = nullptr;
  };
  /// Looked up here and not by its labels, which have to be made and hashed for that: it took 2.7 %
  /// of a single append.
  Row row(const Outcome& outcome);

  Mutex mutex;
  std::map<std::tuple<std::string_view, std::string_view, int>, Row> rows GUARDED_BY(mutex);
  prometheus::Family<Counter>& requests;
  prometheus::Family<Histogram>& durations;
  Counter& bytes_in;
  Counter& bytes_out;
  Gauge& connections;
  Gauge& connections_max;
  Counter& refused;
  std::array<Counter*, kLimits> limited;
};

Traffic::Families::Row Traffic::Families::row(const Outcome& outcome) {
  const MutexLock lock(mutex);
  Row& found = rows[{outcome.route, outcome.method, outcome.status}];
  if (found.requests == nullptr) {
    found.requests = &requests.Add({{"route", std::string{outcome.route}},
                                    {"method", std::string{outcome.method}},
                                    {"status", std::to_string(outcome.status)}});
    found.durations = &durations.Add({{"route", std::string{outcome.route}}}, kSeconds);
  }
  return found;
}

Traffic::Traffic(const std::string& way, prometheus::Registry& registry)
    : families_(std::make_unique<Families>(Maker{"varve_" + way + "_", registry})) {}
Traffic::~Traffic() = default;

void Traffic::finished(const Outcome& outcome) {
  const Families::Row row = families_->row(outcome);
  row.requests->Increment();
  row.durations->Observe(outcome.seconds);
  families_->bytes_in.Increment(static_cast<double>(outcome.bytes_in));
  families_->bytes_out.Increment(static_cast<double>(outcome.bytes_out));
}

void Traffic::connection_opened() {
  families_->connections.Increment();
}
void Traffic::connection_closed() {
  families_->connections.Decrement();
}
void Traffic::connection_refused() {
  families_->refused.Increment();
}

void Traffic::connections_max(std::size_t most) {
  families_->connections_max.Set(static_cast<double>(most));
}

void Traffic::limited(Limit limit) {
  families_->limited[static_cast<std::size_t>(limit)]->Increment();
}

}  // namespace varve::api
