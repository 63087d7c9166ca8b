// The options by which the owner of a mirror decides what goes from it.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/audit/commands.h"

namespace varve::audit {

/// With the mirror's directory, and what it leaves for monitoring. `request` outlives the command.
void mirror_options(CLI::App& command, Request& request);

}  // namespace varve::audit
