// The JSON side of receipts, so that the JSON library stays in one file. Private to this folder.
#pragma once

#include "ledger/format/receipt.h"

namespace varve::format {

/// As parse_receipt, without the checks between fields.
Result<Receipt> read_receipt_json(std::string_view json);

}  // namespace varve::format
