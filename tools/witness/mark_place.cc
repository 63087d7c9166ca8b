// The directory is not made here: an empty one in place of a disk that is not mounted would pass for it.
#include "tools/witness/mark_place.h"

#include "ledger/env/posix.h"
#include "tools/server/apart.h"

namespace varve::tools {

Result<void> check_mark_place(const WitnessProgramConfig& config) {
  if (config.marks.empty()) return {};
  RETURN_IF_ERROR(env::check_mode(config.marks, env::Others::kRead));
  const std::string file = config.marks + "/" + kWitnessMarkName;
  const auto mode = env::check_mode(file, env::Others::kRead);
  if (!mode && mode.error().code != Code::kNotFound) return mode;
  return expect_apart(config.marks, config.data);
}

}  // namespace varve::tools
