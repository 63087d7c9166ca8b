// Keys as a person reads them and as a script does.
#pragma once

#include <string>
#include <vector>

#include "hsm/keys.h"

namespace varve::keys {

/// `value` on a line of its own, or as {"name":"value"}.
void print_value(bool json, const char* name, const std::string& value);

/// One line a key, a heading first.
std::string keys_as_text(const std::vector<hsm::KeyInfo>& keys);
/// {"keys":[...]} in one line.
std::string keys_as_json(const std::vector<hsm::KeyInfo>& keys);

/// Several lines: the vkey, then what the token claims.
std::string key_as_text(const hsm::KeyInfo& key, const std::string& vkey);
/// One object in one line.
std::string key_as_json(const hsm::KeyInfo& key, const std::string& vkey);

}  // namespace varve::keys
