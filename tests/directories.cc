// Where the sources and the build are: compiled into this one file, so that no other depends on it.
#include "tests/directories.h"

namespace varve {

std::string source_file(std::string_view name) {
  return std::string(VARVE_SOURCE_DIR "/").append(name);
}

std::string built_file(std::string_view name) {
  return std::string(VARVE_BINARY_DIR "/").append(name);
}

}  // namespace varve
