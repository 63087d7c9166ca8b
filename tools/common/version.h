// What every program says of its build.
#pragma once

#include <string>

namespace varve::tools {

/// "varve-audit 0.1.0": the version is the project's, in CMakeLists.txt.
std::string version_line(const std::string& program);

/// The same and how it was built, as one JSON object on one line: "program", "version", "commit" (null
/// when the sources were in no git repository), "build_type", "sanitizer", "compiler", "libraries" (the
/// versions that the build found, of all programs), "running" (the versions that this process has loaded).
std::string version_json(const std::string& program);

}  // namespace varve::tools
