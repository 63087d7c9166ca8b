// Verifiers of proofs: any numbers and any hashes, never a crash. The root to compare with is the
// hash of the input, which no proof in it can lead to.
#include "ledger/merkle/proof.h"

#include <algorithm>

#include "fuzz/target.h"
#include "ledger/base/codec.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  ByteReader reader(in);
  const std::uint64_t a = reader.u64();
  const std::uint64_t b = reader.u64();
  const std::size_t split = reader.u8();
  merkle::Proof hashes;
  while (reader.ok() && !reader.at_end()) hashes.push_back(reader.hash());
  if (!reader.ok() || hashes.empty()) return false;
  const Hash root = merkle::sha256(in);
  const std::span all{hashes};
  const std::span leaves = all.first(std::min(split, all.size()));
  const std::span proof = all.subspan(leaves.size());
  CHECK(!merkle::verify_inclusion(all[0], LeafIndex{a}, TreeSize{b}, all.subspan(1), root));
  CHECK(!merkle::verify_consistency(TreeSize{a}, TreeSize{b}, all, root, root));
  CHECK(!merkle::verify_range(leaves, LeafIndex{a}, TreeSize{b}, proof, root));
  return true;
}

std::vector<Buffer> seeds() {
  std::vector<Buffer> inputs;
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> numbers{
      {0, 8}, {5, 8}, {6, 7}, {1'000'000, ~std::uint64_t{0}}};
  for (const auto& [a, b] : numbers) {
    Buffer input;
    ByteWriter writer(input);
    writer.u64(a).u64(b).u8(2);
    for (int i = 0; i < 5; ++i) writer.hash(Hash{});
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace varve::fuzz
