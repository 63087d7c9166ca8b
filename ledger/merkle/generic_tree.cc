// A binary counter of subtree roots, as in tree.cc, and one such counter for each part of a proof.
#include "ledger/merkle/generic_tree.h"

#include "ledger/base/check.h"
#include "ledger/merkle/subtree.h"

namespace varve::merkle {

void GenericTree::append(const Hash& leaf) {
  Hash hash = leaf;
  for (std::uint64_t index = size_.value; (index & 1) != 0; index >>= 1) {
    hash = function_->node(complete_.back(), hash);
    complete_.pop_back();
  }
  complete_.push_back(hash);
  ++size_.value;
}

Hash GenericTree::root() const {
  if (complete_.empty()) return function_->of({});
  Hash hash = complete_.back();
  for (std::size_t i = complete_.size() - 1; i != 0; --i)
    hash = function_->node(complete_[i - 1], hash);
  return hash;
}

RangeProver::RangeProver(const HashFunction& function, LeafIndex first, std::uint64_t count,
                         TreeSize n)
    : function_(function), n_(n), open_(function) {
  CHECK(count > 0 && first.value < n.value && count <= n.value - first.value);
  pass_by({0, n.value}, {first.value, first.value + count});
}

void RangeProver::pass_by(Subtree span, Subtree range) {
  if (span.hi <= range.lo || range.hi <= span.lo) return beside_.push_back(span);
  if (range.lo <= span.lo && span.hi <= range.hi) return;
  const std::uint64_t middle = LeafSpan{span.lo, span.hi}.middle();
  pass_by({span.lo, middle}, range);
  pass_by({middle, span.hi}, range);
}

void RangeProver::append(const Hash& leaf) {
  const std::uint64_t index = seen_.value++;
  CHECK(index < n_.value);
  if (proof_.size() == beside_.size()) return;  // nothing is left beside the range
  const Subtree& next = beside_[proof_.size()];
  if (index < next.lo) return;  // of the range
  open_.append(leaf);
  if (index + 1 < next.hi) return;
  proof_.push_back(open_.root());
  open_ = GenericTree(function_);
}

const Proof& RangeProver::proof() const {
  CHECK(seen_ == n_);
  return proof_;
}

}  // namespace varve::merkle
