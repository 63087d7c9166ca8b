// Where a log stands when its commits begin: what recovery found.
#pragma once

#include <cstdint>

#include "ledger/merkle/tree.h"
#include "ledger/state/ledger_state.h"
#include "ledger/store/catalogue.h"

namespace varve::state {

/// Of the segment with the highest ordinal.
struct NewestSegment {
  std::uint32_t month = 0;  // YYYYMM; 0: there is no segment
  std::uint64_t created_us = 0;
};

struct Start {
  LedgerState state;
  merkle::Frontier tree;
  store::CataloguePosition position;
  bool unsigned_tail = false;  // durable records that no checkpoint covers yet
  NewestSegment newest = {};
};

}  // namespace varve::state
