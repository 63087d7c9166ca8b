// One JSON object, with its members always in the same order.
#include "tools/collect/refusal.h"

#include <algorithm>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "tools/collect/json_text.h"

namespace varve::collect {
namespace {

// The name of a file is any bytes.
std::string quoted(std::string_view text) {
  std::string in_quotes = format::json_quoted(text);
  if (kind_of_json(in_quotes) == JsonText::kNone)
    std::ranges::replace_if(
        in_quotes, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return in_quotes;
}

}  // namespace

std::string refusal_text(std::string_view where, std::uint64_t size, const Hash& sha256) {
  return R"({"refused":"too large","where":)" + quoted(where) + R"(,"size":)" +
         std::to_string(size) + R"(,"sha256":")" + hex(sha256.view()) + "\"}";
}

bool is_refusal(Bytes record) {
  const Result<format::Record> decoded = format::decode_record(record);
  return decoded && decoded->media_type == format::kRefusedEventMediaType;
}

}  // namespace varve::collect
