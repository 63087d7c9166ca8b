// Whether an error is a fault of the object that was read, or a lack of something in the reader.
#pragma once

#include "ledger/base/result.h"

namespace varve {

/// Whether something could not be read: no descriptor, memory, permission or space was left, or the
/// disk or the token did not answer. Such an error is no verdict: nothing counts as damaged, missing
/// or unsealed because of it, and nothing derived is thrown away.
inline bool is_trouble(const Error& error) {
  return error.code == Code::kIo || error.code == Code::kBusy || error.code == Code::kFull;
}

}  // namespace varve
