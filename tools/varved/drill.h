// varved drill: tries whether a log can be restored from its mirror, beside everything that is in use.
#pragma once

#include <string>
#include <vector>

namespace varve::tools {

struct DrillOptions {
  std::string config;   // its [auditor] and [[log]] say which server, and the log's first key
  std::string log;      // its name; empty: the only one
  std::string from;     // directory of the mirror
  std::string scratch;  // directory in which there is room for the log
  std::vector<std::string> destroyed;  // as Mirror::destroyed
  std::string metrics_file = {};       // for Prometheus; empty: none
};

/// Compares the mirror with the running server, restores it into a directory of its own in `scratch`, audits
/// that, prints what it came to, and deletes it. Asks no token, and changes neither a store nor a mark.
/// Exit: 0 the log can be restored, 13 it cannot from this mirror, or mirror and server contradict each other; 16 there
/// is no room; others as docs/ERRORS.md says.
int drill(const DrillOptions& options);

}  // namespace varve::tools
