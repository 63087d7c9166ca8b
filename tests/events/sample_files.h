// Real audit messages that are beside the project, one payload each as a record would hold it.
#pragma once

#include <string>
#include <vector>

namespace varve::events {

/// Empty when the samples are not there: whoever reads them skips.
std::string samples_directory();

struct Sample {
  std::string name;                   // "balp/AuditEvent-ex-auditBasicCreate1.json"
  std::vector<std::string> payloads;  // a file of lines is one payload a line
};

/// Sorted by name. Requires the samples.
std::vector<Sample> all_samples();

}  // namespace varve::events
