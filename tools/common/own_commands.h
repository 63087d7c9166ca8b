// The commands that every program has: what it says of itself.
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace varve::tools {

/// Gives `app`, which has a name and all of its other commands, --version and these commands:
///
///   version [--json]   as --version; with --json also how it was built
///   completion         a completion for bash
///   man                the manual page
///
/// Each prints, and ends the parsing with CLI::Success.
void add_own_commands(CLI::App& app);

}  // namespace varve::tools
