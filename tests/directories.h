// The directories of the sources and of the build. Only directories.cc is compiled with their names, so that
// the compiler cache serves everything else, whichever directory a clone is in.
#pragma once

#include <string>
#include <string_view>

namespace varve {

/// The path of `name`, a path from the project's root.
std::string source_file(std::string_view name);

/// The path of `name`, a path from the build directory.
std::string built_file(std::string_view name);

}  // namespace varve
