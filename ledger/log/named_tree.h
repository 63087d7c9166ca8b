// What is checked of a control record on the thread that brings it, before it waits for the sequencer:
// what takes reading files.
#pragma once

#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/kinds.h"
#include "ledger/state/storage.h"

namespace varve::log {

/// Whether the tree that a renewal, a time stamp, a witnessed checkpoint or a disposal names is one of this log
/// (R6, R29), and nothing else lies under the keys of the months that are disposed of. Of other kinds: nothing.
/// Errors: kInvalid  it is not, or no such record.  kCorrupt, kIo.
Result<void> check_named_tree(format::Kind kind, std::string_view payload,
                              const state::Storage& storage);

}  // namespace varve::log
