// The tokens file, read whole.
#pragma once

#include <string>

#include "api/access/tokens.h"

namespace varve::tools {

/// Errors: kNotFound, kIo; kInvalid  names the file and the line.
Result<api::Tokens> load_tokens(const std::string& path);

}  // namespace varve::tools
