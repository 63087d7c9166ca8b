// The documents' log renewed: its five records bound under SHA3-256, by its record 5.
#pragma once

#include "ledger/format/renewal.h"
#include "tests/format/documented_log.h"

namespace varve::format {

struct DocumentedRenewal {
  explicit DocumentedRenewal(const DocumentedLog& log);

  std::string note;
  Buffer record;
  Buffer leaves;      // the file that proofs are made from
  std::string proof;  // for the proof file of record 2
};

}  // namespace varve::format
