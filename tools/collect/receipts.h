// The receipts: the log's signed promises, kept beside the leaf hashes they are about, so that
// each can be checked for ever with nothing but the log's first key.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/format/note.h"
#include "ledger/format/receipt.h"
#include "tools/collect/log_keys.h"

namespace varve::collect {

struct StoredReceipt {
  format::Receipt receipt;
  std::vector<Hash> leaves;  // of the batch: its events, then the seal
};

/// receipts/<batch>.leaves holds 32 bytes a leaf; it is written first, so that a receipt that is
/// there can be checked. Durable when it returns. Errors: kFull, kIo.
Result<void> store_receipt(env::Filesystem& files, std::uint64_t batch, std::string_view json,
                           std::span<const Hash> leaves);
/// Errors: kNotFound, kIo.  kCorrupt  one of the two files is damaged.
Result<StoredReceipt> load_receipt(const env::Filesystem& files, std::uint64_t batch);
/// Batches that have a receipt, in order. Errors: kIo.
Result<std::vector<std::uint64_t>> list_receipts(const env::Filesystem& files);

struct ReceiptsChecked {
  std::uint64_t receipts = 0;
  std::uint64_t leaves = 0;
  TreeSize newest;
};

/// Checks every receipt on its own, and all against each other: two that promise the same tree
/// size promise the same root, and no leaf is promised twice.
/// Errors: kCorrupt  names the batch whose receipt does not hold.  kIo.
Result<ReceiptsChecked> verify_receipts(const env::Filesystem& files,
                                        const LogKeys& keys);

}  // namespace varve::collect
