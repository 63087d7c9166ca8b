// One metric of a family that is made when it is asked for.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <utility>
#include <vector>

namespace varve::api {

/// `type`: a counter or a gauge.
inline prometheus::ClientMetric metric_of(std::vector<prometheus::ClientMetric::Label> labels,
                                          prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return metric;
}

}  // namespace varve::api
