// A checkpoint together with the note that it came in, which proves it.
#pragma once

#include <string>

#include "ledger/format/checkpoint.h"

namespace varve::format {

struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::string note;
};

}  // namespace varve::format
