// The options by which the owner of a mirror decides what goes from it.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/audit/commands.h"

namespace varve::audit {

/// For an auditor's script, which must not take a log for trying for the real one. `request` outlives the command.
void locked_option(CLI::App& command, Request& request);
/// With the mirror's directory, and what it leaves for monitoring. `request` outlives the command.
void mirror_options(CLI::App& command, Request& request);

}  // namespace varve::audit
