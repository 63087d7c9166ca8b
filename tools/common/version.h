// The answer to `--version` of every program.
#pragma once

#include <string>

namespace varve::tools {

/// "varve-audit 0.1.0": the version is the project's, in CMakeLists.txt.
std::string version_line(const std::string& program);

}  // namespace varve::tools
