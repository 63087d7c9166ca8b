// Who may register a source, and exchange its key. As source_chain.h, this decides and does not
// word.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/control.h"

namespace varve::rules {

enum class SourceBreach : std::uint8_t {
  kOtherLog,       // the note is for another log
  kUnsigned,       // the key that it names did not sign it
  kRegistered,     // a source of this name is registered, with this key or another one
  kUnknown,        // a rotation of a source that was never registered
  kSameKey,        // ... to the key that the source has
  kUnsignedByOld,  // the key before did not sign the rotation
};

/// A source event, and why it may not come next. Nothing: it may, and the source's key is
/// event.key.
struct JudgedSourceEvent {
  format::SourceEvent event;
  SourceId id;
  std::optional<SourceBreach> breach{};
  std::string why{};  // which signature is missing or wrong, where that is the breach
};

/// The key of a source as it is now, or null: it is not registered.
using KeyOf = std::function<const format::VerifierKey*(SourceId id)>;

/// Errors: kInvalid  it is no source event at all.
Result<JudgedSourceEvent> judge_source_event(std::string_view note, std::string_view origin,
                                             const KeyOf& key_of);

}  // namespace varve::rules
