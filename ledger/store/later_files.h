// Whether a later version of the program has written to a store. Asked before a start changes anything: what is
// derived would be made again, and the first month or segment of a later format be met only afterwards.
#pragma once

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"

namespace varve::store {

/// Looks at the newest segment (a program writes behind none of a later format), and at the first bytes of all month
/// keys and remains; where these say a later version, at the file's sum. What is damaged passes: whoever needs it
/// says so.
/// Errors: kIo  a file is of a later format (later_format.h), or cannot be looked at.
Result<void> expect_no_later_files(const env::Filesystem& files);

}  // namespace varve::store
