// A fuzz target is one small file that defines these two functions. CMakeLists.txt makes two
// programs of it, a libFuzzer one and a plain test that replays seeds, corpus and near misses.
#pragma once

#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/check.h"

namespace varve::fuzz {

/// Decodes `in` and returns whether it was accepted. What was accepted must encode to exactly the
/// same bytes: CHECK it here. Must not crash, whatever `in` is.
bool accepts(Bytes in);

/// Inputs to start from, each of which accepts() accepts.
std::vector<Buffer> seeds();

}  // namespace varve::fuzz
