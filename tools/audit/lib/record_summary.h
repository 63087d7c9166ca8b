// What verified records say of themselves: all of it is in the bytes that were hashed.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/record.h"

namespace varve::audit {

/// What a log signed may be no record all the same. `first`: of them. Errors: kCorrupt  one does not decode.
/// kNotFound  it is of a newer record format.
Result<void> expect_records(LeafIndex first, const std::vector<Buffer>& records);

/// In words: records of the same kind, source and media type whose numbers follow each other are
/// one part, with their numbers and the times that they say; at most eight parts. Requires
/// expect_records().
std::string summary_text(const std::vector<Buffer>& records);
/// A JSON array: index, kind, source, sequence, time_us and media_type of each; "understood" is false
/// of kinds that this program does not understand, and else absent. Requires expect_records().
std::string summary_json(LeafIndex first, const std::vector<Buffer>& records);

/// A time that a record states, which may be any number: as a date only where it has one.
std::string when(std::uint64_t time_us);

}  // namespace varve::audit
