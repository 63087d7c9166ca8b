// A row of an index, or that there is none, shown with a proof. docs/format/index.md
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/base/types.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

inline constexpr std::size_t kIndexTokenSize = 64;
inline constexpr std::size_t kTermProofSize = 80;
using IndexToken = std::array<std::byte, kIndexTokenSize>;

/// What is shown of a row: which term it is of, and which records it has. Who does not know the term learns
/// neither from the first, and who does not have the nonce nothing from the second.
struct IndexRow {
  IndexToken token{};
  Hash content;
};

/// What there is to know of one term in one index.
struct ShownRow {
  std::array<std::byte, kTermProofSize> term{};  // that the token is the term's
  // That the index has the row:
  struct There {
    Hash nonce;
    std::vector<std::uint64_t> records;  // ascending, one or more
  };
  std::optional<There> there;
  // Or that it has not: the rows between which it would stand, of which one is missing at either end of
  // the index, and both where the index has none.
  std::vector<IndexRow> neighbours;
  std::uint64_t place = 0;  // of the row, or of the first neighbour, among the index's rows
  merkle::Proof path;       // as merkle::prove_range gives it for these rows
};

}  // namespace varve::format
