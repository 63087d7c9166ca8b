// How much of an event a record holds, and what is said of one that is larger, whichever protocol it
// came by.
#pragma once

#include <string>
#include <string_view>

#include "ledger/format/record.h"

namespace varve::api {

/// The largest payload that a record with this media type holds, in bytes.
constexpr std::size_t payload_max(std::string_view media_type) {
  return format::kRecordMax - format::kRecordFixedSize - media_type.size();
}

/// "the event is 70000 bytes; a record holds 65467". `what`: "the event is ".
inline std::string too_large_text(std::string_view what, std::size_t size, std::size_t most) {
  return std::string(what) + std::to_string(size) + " bytes; a record holds " +
         std::to_string(most);
}

}  // namespace varve::api
