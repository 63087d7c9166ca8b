// The one place that knows the version; the build says which it is.
#include "tools/common/version.h"

namespace varve::tools {

std::string version_line(const std::string& program) {
  return program + " " + VARVE_VERSION;
}

}  // namespace varve::tools
