// The options by which a person asks for events, the same for every command that takes a question.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/audit/search/asked.h"

namespace varve::audit {

/// `asked` outlives the command. A patient's id is no argument: other people of the machine can read those.
void add_question(CLI::App& command, Asked& asked);

/// What `varve-audit report` is for, with each report's name.
std::string report_help();

}  // namespace varve::audit
