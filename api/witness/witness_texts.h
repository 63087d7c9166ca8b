// What a witness says of itself, as JSON and for Prometheus.
#pragma once

#include <string>

#include "ledger/witness/witness.h"

namespace varve::api {

/// witness.v0.json, as the tools of the public witness network read it.
std::string witness_json(const format::CosignerKey& key, const std::string& url,
                         const std::string& version);
/// Requires that it has no trouble.
std::string readiness_json(const witness::WitnessStatus& status);
/// Families of metrics, in Prometheus's text format.
std::string witness_metrics(const witness::WitnessStatus& status);

}  // namespace varve::api
