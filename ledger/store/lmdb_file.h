// LMDB reads its file through a memory map and believes what stands in it: a page header with one
// flipped bit can end the process, at every start again (docs/decisions/0013). So the file is
// walked here before LMDB sees it.
#pragma once

#include <span>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"

namespace varve::store {

/// Whether LMDB can read and write this file without harm: each page that its newest meta page
/// leads to is in the file, is what its parent takes it for, is used once, and has its nodes side
/// by side in the order of their keys; what is listed as free is used nowhere; the tables are
/// exactly those of `tables`, or none yet. Content is not looked at: rows have checks of their own.
/// Format:  LMDB 0.9, data version 1, little-endian, 64 bits.
/// Cost:    reads each page in use once, 4 KiB a time; memory of one page a level and one bit a
/// page. Errors:  kCorrupt  which page, and what is wrong with it.  As File::read.
/// `name`: of the file, for messages.
Result<void> check_lmdb_file(const env::File& file, std::span<const char* const> tables,
                             std::string_view name = "catalogue/data.mdb");

}  // namespace varve::store
