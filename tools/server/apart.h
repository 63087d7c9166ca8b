// Whether a high-water mark is kept apart from the data that it guards.
#pragma once

#include <string>

#include "ledger/base/result.h"

namespace varve::tools {

/// Whether a path lies in a folder, or is the folder, by their names alone.
bool lies_in(const std::string& path, const std::string& folder);
/// The same by where both really are: symbolic links are followed. Where one cannot be reached nothing is said.
/// Errors: kInvalid  `marks` lies in `data`.
Result<void> expect_apart(const std::string& marks, const std::string& data);

}  // namespace varve::tools
