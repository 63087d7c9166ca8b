// The one file that is compiled with the directories.
#include "tests/directories.h"

namespace varve {

std::string source_file(std::string_view name) {
  return std::string(VARVE_SOURCE_DIR "/").append(name);
}

std::string built_file(std::string_view name) {
  return std::string(VARVE_BINARY_DIR "/").append(name);
}

}  // namespace varve
