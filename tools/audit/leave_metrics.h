// --metrics: what a run that a timer starts leaves for Prometheus.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/audit/commands.h"

namespace varve::audit {

void metrics_option(CLI::App& command, Request& request);

/// Leaves what request.metrics_file asks for, of a run of `command` that ended with `exit`. Returns `exit`; where
/// that is 0 and the file could not be written, the exit code of the error, which it reports.
int leave_metrics(const Request& request, const std::string& command, int exit);

}  // namespace varve::audit
