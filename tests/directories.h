// Where the sources and what was built lie. Only directories.cc is compiled with their names, so that all else
// comes out of the compiler cache whichever directory a clone lies in.
#pragma once

#include <string>
#include <string_view>

namespace varve {

/// The path of `name`, a path from the project's root.
std::string source_file(std::string_view name);

/// The path of `name`, a path from the build directory.
std::string built_file(std::string_view name);

}  // namespace varve
