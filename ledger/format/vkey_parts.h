// "name+keyid+base64(type || key)", taken apart. Private to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::format {

struct VkeyParts {
  std::string name;
  std::string_view id;  // 8 digits, as it is spelled
  std::uint8_t type = 0;
  Buffer key;
};

/// `what` it should be, for the message. Errors: kInvalid  its parts are not there.
Result<VkeyParts> split_vkey(std::string_view vkey, std::string_view what);
/// 8 hex digits.
std::string id_digits(std::uint32_t id);
/// SHA-256(name || "\n" || type || key), its first four bytes.
std::uint32_t named_key_id(std::string_view name, std::uint8_t type, Bytes key);

}  // namespace varve::format
