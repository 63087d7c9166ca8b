// Storing receipts and checking all of them.
#include "tools/collect/receipts.h"

#include <algorithm>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "tools/collect/layout.h"

namespace varve::collect {
namespace {

constexpr std::size_t kReceiptMax = 16u << 20;
constexpr std::size_t kProofMax = 64u << 10;

Result<std::vector<Hash>> load_leaves(const env::Filesystem& files, std::uint64_t batch) {
  ASSIGN_OR_RETURN(const Buffer bytes, env::read_whole(files, leaves_path(batch), kReceiptMax));
  if (bytes.size() % kHashSize != 0) return corrupt(leaves_path(batch) + " is cut short");
  std::vector<Hash> leaves;
  ByteReader in(bytes);
  while (!in.at_end()) leaves.push_back(in.hash());
  return leaves;
}

/// The log's proof that the receipt of `batch` continues `held`; empty: none is stored.
Result<std::string> load_proof(const env::Filesystem& files, std::uint64_t batch,
                               const verify::Promise& held, const format::Receipt& receipt) {
  const Result<Buffer> stored = env::read_whole(files, consistency_path(batch), kProofMax);
  if (!stored && stored.error().code == Code::kNotFound) return std::string();
  if (!stored) return stored.error();
  std::string json(text_of(*stored));
  // Receipts between the two were archived: it is about another pair.
  return verify::is_about(json, held.size, receipt.tree_size) ? json : std::string();
}

/// All receipts in the order of their batches.
class History {
 public:
  History(env::Filesystem& files, const FetchProof& fetch) : files_(files), fetch_(fetch) {}

  /// Whether it is proven that `next` continues the one before it.
  Result<bool> add(std::uint64_t batch, const StoredReceipt& next) {
    const std::optional<verify::Promise> held =
        std::exchange(held_, verify::promise_of(batch, next.receipt));
    if (!held) return true;
    ASSIGN_OR_RETURN(const bool shown, verify::shows_one_history(*held, next.receipt, next.leaves));
    if (shown) return true;
    ASSIGN_OR_RETURN(const std::string json, load_proof(files_, batch, *held, next.receipt));
    if (!json.empty()) {
      Result<void> proven = verify::check_consistency(json, *held, next.receipt);
      if (!proven) return std::move(proven).error().during("reading " + consistency_path(batch));
      return true;
    }
    if (!fetch_) return false;
    const Result<std::string> fetched = fetch_(consistency_request(*held, next.receipt));
    if (!fetched)  // that it was not given says nothing of the receipt
      return Error{is_trouble(fetched.error()) ? fetched.error().code : Code::kIo,
                   "asking the log for a proof of consistency: " + fetched.error().message};
    if (!verify::is_about(*fetched, held->size, next.receipt.tree_size))
      return io_error(
          "what answers at the log's URL gave something else than a proof of consistency (a "
          "proxy?)");
    RETURN_IF_ERROR(verify::check_consistency(*fetched, *held, next.receipt));
    RETURN_IF_ERROR(env::write_durably(files_, consistency_path(batch), bytes_of(*fetched)));
    return true;
  }
  [[nodiscard]] TreeSize newest() const { return held_ ? held_->size : TreeSize{}; }

 private:
  env::Filesystem& files_;
  const FetchProof& fetch_;
  std::optional<verify::Promise> held_;
};

}  // namespace

Result<void> store_receipt(env::Filesystem& files, std::uint64_t batch, std::string_view json,
                           std::span<const Hash> leaves, std::string_view consistency) {
  Buffer bytes;
  for (const Hash& leaf : leaves) append(bytes, leaf.view());
  RETURN_IF_ERROR(env::write_durably(files, leaves_path(batch), bytes));
  if (!consistency.empty())
    RETURN_IF_ERROR(env::write_durably(files, consistency_path(batch), bytes_of(consistency)));
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

Result<std::optional<verify::Promise>> newest_promise(const env::Filesystem& files,
                                                      std::uint64_t batch) {
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> stored, list_receipts(files));
  const auto behind = std::ranges::lower_bound(stored, batch);
  if (behind == stored.begin()) return std::optional<verify::Promise>{};
  ASSIGN_OR_RETURN(const StoredReceipt newest, load_receipt(files, behind[-1]));
  return std::optional(verify::promise_of(behind[-1], newest.receipt));
}

Result<ReceiptsChecked> verify_receipts(env::Filesystem& files, const LogKeys& keys,
                                        const FetchProof& fetch) {
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> batches, list_receipts(files));
  ReceiptsChecked checked;
  History history(files, fetch);
  for (const std::uint64_t batch : batches) {
    ASSIGN_OR_RETURN(const StoredReceipt stored, load_receipt(files, batch));
    Result<void> holds = format::verify_receipt(
        stored.receipt, keys.origin(), keys.known_at(stored.receipt.tree_size), stored.leaves);
    const Result<bool> continues = holds ? history.add(batch, stored) : std::move(holds).error();
    if (!continues && is_trouble(continues.error())) return continues.error();
    if (!continues)
      return corrupt("the receipt of batch " + std::to_string(batch) +
                     " does not hold: " + continues.error().message);
    if (!*continues) checked.unproven.push_back(batch);
    checked.receipts += 1;
    checked.leaves += stored.leaves.size();
  }
  checked.newest = history.newest();
  return checked;
}

std::string consistency_request(const verify::Promise& held, const format::Receipt& next) {
  return "/proof/consistency?from=" + std::to_string(held.size.value) +
         "&to=" + std::to_string(next.tree_size.value);
}

}  // namespace varve::collect
