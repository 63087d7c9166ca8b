// The options by which a person asks for events. A patient's id is no argument: other people of the machine
// can read those.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/audit/commands.h"

namespace varve::audit {

// `request` outlives the command.
void search_options(CLI::App& command, Request& request);
void report_options(CLI::App& command, Request& request);
void disclosure_options(CLI::App& command, Request& request);

/// What `varve-audit report` is for, with each report's name.
std::string report_help();

}  // namespace varve::audit
