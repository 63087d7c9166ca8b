// The hashes to the left of a receipt's leaves are those of the complete subtrees that the leaves
// before them consist of: enough to grow the tree from there, leaf by leaf.
#include "ledger/verify/history.h"

#include <bit>
#include <map>
#include <string>

#include "ledger/format/json.h"
#include "ledger/verify/answers.h"

namespace varve::verify {
namespace {

std::string size_text(TreeSize size) {
  return std::to_string(size.value);
}

/// The subtrees before a range, from its proof: those of the binary digits of its first index, the
/// largest first. docs/format/proof.md
class NodesBefore final : public merkle::HashReader {
 public:
  NodesBefore(LeafIndex first, std::span<const Hash> proof) {
    std::uint64_t begin = 0;
    for (int height = 63; height >= 0; --height) {
      if ((first.value >> height & 1) == 0 || proof.empty()) continue;
      nodes_[{static_cast<std::uint32_t>(height), begin >> height}] = proof.front();
      proof = proof.subspan(1);
      begin += std::uint64_t{1} << height;
    }
  }
  [[nodiscard]] Result<Hash> node(merkle::NodeId id) const override {
    const auto found = nodes_.find(id);
    if (found == nodes_.end()) return not_found("the receipt does not show that subtree");
    return found->second;
  }

 private:
  std::map<merkle::NodeId, Hash> nodes_;
};

Error two_histories(const Promise& held, const std::string& what) {
  return corrupt("it contradicts the receipt of batch " + std::to_string(held.batch) + ": " + what +
                 ": the log shows two histories");
}

/// What the receipts say about each other without any hash.
Result<void> check_growth(const Promise& held, const format::Receipt& next) {
  if (next.tree_size < held.size)
    return two_histories(held, "its tree has " + size_text(next.tree_size) +
                                   " leaves, and there were " + size_text(held.size) + " before");
  if (next.first_index < held.end)
    return two_histories(held, "it promises leaf " + std::to_string(next.first_index.value) +
                                   ", and those before " + std::to_string(held.end.value) +
                                   " were promised before");
  return {};
}

}  // namespace

Promise promise_of(std::uint64_t batch, const format::Receipt& receipt) {
  return {batch, receipt.tree_size, receipt.root,
          LeafIndex{receipt.first_index.value + receipt.count}};
}

std::optional<Hash> root_shown(const format::Receipt& receipt, std::span<const Hash> leaves,
                               TreeSize size) {
  if (size == receipt.tree_size) return receipt.root;
  const TreeSize before = size_before(receipt.first_index);
  if (size.value > before.value + leaves.size()) return std::nullopt;
  const NodesBefore nodes(receipt.first_index, receipt.range_proof);
  Result<merkle::Frontier> tree = merkle::Frontier::load(std::min(size, before), nodes);
  if (!tree) return std::nullopt;
  for (std::uint64_t i = before.value; i < size.value; ++i) tree->append(leaves[i - before.value]);
  return tree->root();
}

Result<bool> shows_one_history(const Promise& held, const format::Receipt& next,
                               std::span<const Hash> leaves) {
  RETURN_IF_ERROR(check_growth(held, next));
  const std::optional<Hash> shown = root_shown(next, leaves, held.size);
  if (shown && *shown != held.root)
    return two_histories(held, "the first " + size_text(held.size) + " leaves are others");
  return shown.has_value();
}

Result<void> check_consistency(std::string_view json, const Promise& held,
                               const format::Receipt& next) {
  const Result<void> proven =
      open_consistency(json, {"", held.size, held.root}, {"", next.tree_size, next.root});
  if (!proven)
    return two_histories(held, "that its tree of " + size_text(next.tree_size) +
                                   " leaves begins with the one of " + size_text(held.size) +
                                   " is not proven (" + proven.error().message + ")");
  return {};
}

bool is_about(std::string_view json, TreeSize from, TreeSize to) {
  const Result<format::Json> parsed = format::Json::parse(json);
  if (!parsed) return false;
  const Result<std::uint64_t> said_from = parsed->number("from");
  const Result<std::uint64_t> said_to = parsed->number("to");
  const Result<std::vector<std::string>> proof = parsed->texts("proof");
  return said_from && said_to && proof && *said_from == from.value && *said_to == to.value;
}

bool is_a_receipt(std::string_view json) {
  const Result<format::Json> parsed = format::Json::parse(json);
  return parsed && parsed->number("first_index") && parsed->text("checkpoint");
}

}  // namespace varve::verify
