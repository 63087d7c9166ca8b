// The rules for text in signed notes: valid UTF-8, no control characters, names without spaces.
// Private to this folder.
#pragma once

#include <string_view>

namespace varve::format {

/// Valid UTF-8 with no ASCII control character but newline. Source: c2sp.org/signed-note
bool is_note_text(std::string_view text);

/// A key name or an origin: not empty, valid UTF-8, no control character, Unicode space or plus.
bool is_key_name(std::string_view name);

}  // namespace varve::format
