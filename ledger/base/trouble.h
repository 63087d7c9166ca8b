// Whose trouble an error is: that of what was looked at, or that of the one who looks.
#pragma once

#include "ledger/base/result.h"

namespace varve {

/// Whether something could not be looked at: no descriptor, memory, permission or space was left,
/// or the disk or the token did not answer. That is no verdict. Nothing is called damaged, missing
/// or unsealed because of it, and nothing derived is thrown away.
inline bool is_trouble(const Error& error) {
  return error.code == Code::kIo || error.code == Code::kBusy || error.code == Code::kFull;
}

}  // namespace varve
