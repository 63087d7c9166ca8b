// The command line describes itself: a bash completion and a manual page, made from the commands and
// options that the program really has.
#pragma once

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace varve::tools {

/// For `source <(varve-keys completion)`: commands, and the options of the chosen one. `app` has a name.
std::string bash_completion(CLI::App& app);

/// roff, for man(1): section 8 of what is a server, else section 1. `app` has a name.
std::string manual_page(CLI::App& app);

}  // namespace varve::tools
