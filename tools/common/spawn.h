// Another program as a child, without a shell.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace varve::tools {

/// Starts words[0], which is looked for in PATH where it has no slash. It reads nothing, its output goes to the
/// file `log`, appended, and it is killed when this program is. `environment`: lines NAME=VALUE, all of it. Whoever
/// called waits for it. Errors: kIo  it cannot be started.
Result<pid_t> spawn(const std::vector<std::string>& words, std::vector<std::string> environment,
                    const std::string& log);
/// This program's environment.
std::vector<std::string> own_environment();

}  // namespace varve::tools
