// That the log's promises are of one history. A receipt by itself says that its leaves are in one
// signed tree; that this tree begins with all that was promised before has to be shown as well.
//   indexes and sizes grow                  by the receipts themselves
//   one tree begins with the other          by the later receipt's own proof, where it holds enough
//   of
//                                           the earlier tree; else by the log's proof of
//                                           consistency
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/receipt.h"

namespace varve::verify {

/// What a receipt promised: everything that comes later has to go on from there.
struct Promise {
  std::uint64_t batch = 0;
  TreeSize size;
  Hash root;
  LeafIndex end;  // behind the last of its leaves
};
Promise promise_of(std::uint64_t batch, const format::Receipt& receipt);

/// The root of the tree of the first `size` leaves, as far as a receipt that was verified with its
/// `leaves` shows it: where that tree ends within them, at their beginning, or with one of the
/// subtrees before them.
std::optional<Hash> root_shown(const format::Receipt& receipt, std::span<const Hash> leaves,
                               TreeSize size);

/// Whether `next`, verified with its `leaves`, shows by itself that its tree begins with `held`'s.
/// Errors: kCorrupt  it cannot: they are of two histories.
Result<bool> shows_one_history(const Promise& held, const format::Receipt& next,
                               std::span<const Hash> leaves);

/// The same by the log's answer to GET proof/consistency. Errors: kCorrupt  it does not prove it.
Result<void> check_consistency(std::string_view json, const Promise& held,
                               const format::Receipt& next);

/// Whether `json` is such an answer about these two sizes at all. Anybody between here and the log
/// may answer something else, which says nothing of the log.
bool is_about(std::string_view json, TreeSize from, TreeSize to);

/// Whether `json` has the form of a receipt, be it true or not. Else it says nothing of the log.
bool is_a_receipt(std::string_view json);

}  // namespace varve::verify
