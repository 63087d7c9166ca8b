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

/// A file has the format `version`; formats up to `newest` are read. Only where a sum that every format has at the
/// same place is good: else the version may have rotted, and the file is damaged. Code: kIo.
Error later_format(std::uint64_t version, std::uint64_t newest);

/// The same of a text that begins with `title` ("varve collect state "), a number and a newline, and whose sum is
/// good. Nothing when it does not, or when the number is at most `newest`.
std::optional<Error> later_text(std::string_view text, std::string_view title,
                                std::uint64_t newest);

/// Whether `error` is that of later_format().
bool is_later_format(const Error& error);
/// `error` as that of `path`: a later format is one of that file, anything else happened while it was read.
Error in_file(Error error, const std::string& path);

}  // namespace varve
