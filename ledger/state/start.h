// Where a log stands when its commits begin: what recovery found.
#pragma once

#include <vector>

#include "ledger/format/retention.h"
#include "ledger/merkle/tree.h"
#include "ledger/state/ledger_state.h"
#include "ledger/store/catalogue.h"

namespace varve::state {

struct Start {
  LedgerState state;
  merkle::Frontier tree;
  store::CataloguePosition position;
  bool unsigned_tail = false;                      // durable records that no checkpoint covers yet
  std::vector<format::EarlierMonth> earlier = {};  // of a log without a clock record: its segments
};

}  // namespace varve::state
