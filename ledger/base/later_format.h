// Files that a later version of the programs wrote. Such a file is not damaged, and this program can say nothing of
// it: the error is trouble (trouble.h), so nothing counts as damaged, missing or unsealed because of it, nothing is
// made in its place, and nothing is written over it. docs/operating/recovery.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"

namespace varve {

/// `what` ("the segment") has the format `version`; formats up to `newest` are read. Code: kIo.
Error later_format(std::string_view what, std::uint64_t version, std::uint64_t newest);

/// The same of a text that begins with `title` ("varve signatures v"), a number and a newline. Nothing when it does
/// not, or when the number is at most `newest`.
std::optional<Error> later_text(std::string_view text, std::string_view title,
                                std::uint64_t newest);

}  // namespace varve
