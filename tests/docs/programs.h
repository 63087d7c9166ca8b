// The project's own programs, as documents may name them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace varve::docs {

/// "varve-audit" of "build/tools/audit/varve-audit"; the word itself when it has no slash.
std::string base_name(const std::string& word);

/// Names of the programs that tools/*/CMakeLists.txt builds.
const std::vector<std::string>& program_names();
bool is_program(const std::string& name);

/// Where the build put it: docs_test depends on all of them.
std::optional<std::string> built_program(const std::string& name);

/// What `program` followed by `words` and --help prints, in one string. Runs the program once for
/// each different question.
std::string help_text(const std::string& program, const std::vector<std::string>& words);

/// What `program --version` prints.
std::string version_text(const std::string& program);

}  // namespace varve::docs
