// What the log gets in the place of an event that no record can hold: where it was, how large it
// is, and its SHA-256, as an event of its own. So whoever makes an event too large to be logged is
// in the log, and the event can be held against it where it was kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/types.h"

namespace varve::collect {

/// The payload. docs/format/batch.md. Bytes of `where` that are not UTF-8 become '?'.
std::string refusal_text(std::string_view where, std::uint64_t size, const Hash& sha256);

/// Whether `record` holds such a payload.
bool is_refusal(Bytes record);

}  // namespace varve::collect
