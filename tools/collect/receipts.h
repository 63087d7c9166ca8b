// The receipts: the log's signed promises, kept beside the leaf hashes they are about, so that
// each can be checked for ever with nothing but the log's first key.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/note.h"
#include "ledger/format/receipt.h"
#include "ledger/verify/history.h"
#include "tools/collect/log_keys.h"

namespace varve::collect {

struct StoredReceipt {
  format::Receipt receipt;
  std::vector<Hash> leaves;  // of the batch: its events, then the seal
};

/// receipts/<batch>.leaves holds 32 bytes a leaf; it and the proof of consistency (empty: none is
/// needed) are written first, so that a receipt that is there can be checked. Durable when it
/// returns. Errors: kFull, kIo.
Result<void> store_receipt(env::Filesystem& files, std::uint64_t batch, std::string_view json,
                           std::span<const Hash> leaves, std::string_view consistency);
/// Errors: kNotFound, kIo.  kCorrupt  one of the two files is damaged.
Result<StoredReceipt> load_receipt(const env::Filesystem& files, std::uint64_t batch);
/// Batches that have a receipt, in order. Errors: kIo.
Result<std::vector<std::uint64_t>> list_receipts(const env::Filesystem& files);

/// What the newest receipt of a batch before `batch` promised; nothing: there is none.
/// Errors: as load_receipt().
Result<std::optional<verify::Promise>> newest_promise(const env::Filesystem& files,
                                                      std::uint64_t batch);

struct ReceiptsChecked {
  std::uint64_t receipts = 0;
  std::uint64_t leaves = 0;
  TreeSize newest;
  /// Batches whose receipt neither shows nor has a proof that it continues the one before it.
  std::vector<std::uint64_t> unproven;
};

/// Asks the log for a proof of consistency, by its path.
using FetchProof = std::function<Result<std::string>(const std::string& path)>;

/// Checks every receipt on its own, and that all are of one history (history.h). Where a proof for
/// that is missing, `fetch` is asked, when it is given, and the proof is stored once it holds.
/// Errors: kCorrupt  names the batch whose receipt does not hold, or the file.  kIo, those of
/// fetch.
Result<ReceiptsChecked> verify_receipts(env::Filesystem& files, const LogKeys& keys,
                                        const FetchProof& fetch);

/// The path of the request for the log's proof that `next` continues `held`, behind the log's URL.
std::string consistency_request(const verify::Promise& held, const format::Receipt& next);

}  // namespace varve::collect
