// Size, then the hashes of the maximal complete subtrees, largest first.
#include "ledger/verify/edge.h"

namespace varve::verify {
namespace {

/// Hands the stored hashes out in the order in which a frontier asks for its subtrees.
class InOrder final : public merkle::HashReader {
 public:
  explicit InOrder(ByteReader& in) : in_(in) {}
  [[nodiscard]] Result<Hash> node(merkle::NodeId) const override { return in_.hash(); }

 private:
  ByteReader& in_;
};

}  // namespace

void encode_frontier(ByteWriter& out, const merkle::Frontier& frontier) {
  out.u64(frontier.size().value);
  for (const Hash& hash : frontier.complete()) out.hash(hash);
}

Result<merkle::Frontier> decode_frontier(ByteReader& in) {
  const TreeSize size{in.u64()};
  auto frontier = merkle::Frontier::load(size, InOrder(in));
  if (!in.ok()) return corrupt("the saved edge of a tree is cut short");
  return frontier;
}

}  // namespace varve::verify
