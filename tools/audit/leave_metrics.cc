// The log is named by its first key, which these commands need.
#include "tools/audit/leave_metrics.h"

#include "tools/audit/ask.h"
#include "tools/common/run_metrics.h"

namespace varve::audit {
void metrics_option(CLI::App& command, Request& request) {
  command.add_option("--metrics", request.metrics_file,
                     "file for Prometheus (textfile collector of its node exporter): how this run "
                     "ended, and when the last one was sound");
}

int leave_metrics(const Request& request, const std::string& command, int exit) {
  if (request.metrics_file.empty()) return exit;
  const auto first = first_key(request);  // else the command said what is wrong with it
  if (!first) return exit;
  return tools::leave_run_metrics("varve-audit", request.metrics_file,
                                  {command, first->name, exit});
}

}  // namespace varve::audit
