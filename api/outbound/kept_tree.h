// Whether a log still begins with a tree that others vouched for before the server stopped.
#pragma once

#include <string_view>

#include "ledger/format/checkpoint.h"
#include "ledger/ledger.h"

namespace varve::api {

/// `by`: "witnesses have cosigned", for the message.
/// Errors: kCorrupt  the log has lost records since, or is another. Others as Log.
Result<void> expect_beginning(const format::Checkpoint& tree, const Log& log, std::string_view by);

/// Whether what was kept may be read a moment later: the error is the disk's, and says nothing of the file.
constexpr bool is_unread(Code code) {
  return code == Code::kIo || code == Code::kBusy;
}

}  // namespace varve::api
