// A contradiction: one file that shows to anybody, offline, that a log signed two trees that cannot both be
// its own. docs/format/contradiction.md
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/merkle/proof.h"

namespace varve::format {

inline constexpr std::string_view kContradictionTitle = "varve contradiction v1";
inline constexpr std::size_t kContradictionMax = 64u << 10;  // bytes

struct Contradiction {
  Hash root;            // of the newer tree's first records, as many as the older tree has
  merkle::Proof proof;  // consistency, from that root to the newer tree's
  std::string older;    // signed notes, verbatim
  std::string newer;
};

std::string format_contradiction(const Contradiction& contradiction);
/// Verifies nothing. Errors: kInvalid  not as format_contradiction writes it.
Result<Contradiction> parse_contradiction(std::string_view text);

}  // namespace varve::format
