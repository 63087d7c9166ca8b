// What an audit says when a log is not intact: one wrong thing, the first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/base/types.h"

namespace varve::verify {

struct Finding {
  std::optional<LeafIndex> index;  // the record that is wrong, where one can be named
  std::string source;              // who sent it, where that is known
  std::string check;               // "leaf hash", "seal", "tile", "root" ...
  std::string what;                // a sentence with the numbers
};

/// "record 41 (ward-7): seal: batch 3 is not signed by its source's key"
std::string sentence(const Finding& finding);

}  // namespace varve::verify
