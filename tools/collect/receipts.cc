// Storing receipts and checking all of them.
#include "tools/collect/receipts.h"

#include <map>

#include "ledger/base/codec.h"
#include "ledger/env/durable.h"
#include "tools/collect/layout.h"

namespace varve::collect {
namespace {

constexpr std::size_t kReceiptMax = 16u << 20;

Result<std::vector<Hash>> load_leaves(const env::Filesystem& files, std::uint64_t batch) {
  ASSIGN_OR_RETURN(const Buffer bytes, env::read_whole(files, leaves_path(batch), kReceiptMax));
  if (bytes.size() % kHashSize != 0) return corrupt(leaves_path(batch) + " is cut short");
  std::vector<Hash> leaves;
  ByteReader in(bytes);
  while (!in.at_end()) leaves.push_back(in.hash());
  return leaves;
}

/// What the receipts before promised.
class Promises {
 public:
  Result<void> add(const format::Receipt& receipt) {
    const auto [known, fresh] = roots_.emplace(receipt.tree_size, receipt.root);
    if (!fresh && known->second != receipt.root)
      return corrupt("it promises another root for size " +
                     std::to_string(receipt.tree_size.value) +
                     " than an earlier receipt: the log shows two histories");
    if (receipt.first_index.value < end_)
      return corrupt("it promises leaves that an earlier receipt promised already");
    end_ = receipt.first_index.value + receipt.count;
    return {};
  }
  [[nodiscard]] TreeSize newest() const {
    return roots_.empty() ? TreeSize{} : roots_.rbegin()->first;
  }

 private:
  std::map<TreeSize, Hash> roots_;
  std::uint64_t end_ = 0;  // after the last promised leaf
};

}  // namespace

Result<void> store_receipt(env::Filesystem& files, std::uint64_t batch, std::string_view json,
                           std::span<const Hash> leaves) {
  Buffer bytes;
  for (const Hash& leaf : leaves) append(bytes, leaf.view());
  RETURN_IF_ERROR(env::write_durably(files, leaves_path(batch), bytes));
  return env::write_durably(files, receipt_path(batch), bytes_of(json));
}

Result<StoredReceipt> load_receipt(const env::Filesystem& files, std::uint64_t batch) {
  ASSIGN_OR_RETURN(const Buffer json, env::read_whole(files, receipt_path(batch), kReceiptMax));
  StoredReceipt stored;
  Result<format::Receipt> receipt = format::parse_receipt(text_of(json));
  if (!receipt) return corrupt(receipt_path(batch) + ": " + receipt.error().message);
  stored.receipt = std::move(*receipt);
  ASSIGN_OR_RETURN(stored.leaves, load_leaves(files, batch));
  return stored;
}

Result<std::vector<std::uint64_t>> list_receipts(const env::Filesystem& files) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, files.list(kReceiptsDirectory));
  std::vector<std::uint64_t> batches;
  for (const std::string& name : names)
    if (const auto batch = number_in(name, ".json")) batches.push_back(*batch);
  return batches;
}

Result<ReceiptsChecked> verify_receipts(const env::Filesystem& files, const LogKeys& keys) {
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> batches, list_receipts(files));
  ReceiptsChecked checked;
  Promises promises;
  for (const std::uint64_t batch : batches) {
    ASSIGN_OR_RETURN(const StoredReceipt stored, load_receipt(files, batch));
    Result<void> holds =
        format::verify_receipt(stored.receipt, keys.origin(),
                               keys.known_at(stored.receipt.tree_size), stored.leaves);
    if (holds) holds = promises.add(stored.receipt);
    if (!holds)
      return corrupt("the receipt of batch " + std::to_string(batch) +
                     " does not hold: " + holds.error().message);
    checked.receipts += 1;
    checked.leaves += stored.leaves.size();
  }
  checked.newest = promises.newest();
  return checked;
}

}  // namespace varve::collect
