// How a source joins: one that seals registers a key, and may exchange it; a sender for which the log
// seals is registered by the log. As source_chain.h, this decides and does not word.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/control.h"
#include "ledger/format/sender.h"

namespace varve::rules {

enum class SourceBreach : std::uint8_t {
  kOtherLog,       // the note is for another log
  kReserved,       // only a sender's source has a name like this
  kUnsigned,       // the key that it names did not sign it
  kRegistered,     // a source of this name is registered, with this key or another one
  kUnknown,        // a rotation of a source that was never registered
  kSameKey,        // ... to the key that the source has
  kUnsignedByOld,  // the key before did not sign the rotation
};

/// A source that is registered, and the key with which it seals. Null: the log seals for it.
struct Registered {
  const format::VerifierKey* key = nullptr;
};
/// Nothing: nobody registered it.
using RegisteredAs = std::function<std::optional<Registered>(SourceId id)>;

/// A source event, and why it may not come next. Nothing: it may, and the source's key is
/// event.key.
struct JudgedSourceEvent {
  format::SourceEvent event;
  SourceId id;
  std::optional<SourceBreach> breach{};
  std::string why{};  // which signature is missing or wrong, where that is the breach
};

/// `names_senders`: the log has sender records, whose names nobody else may take. An older log may
/// hold such names.
/// Errors: kInvalid  it is no source event at all.
Result<JudgedSourceEvent> judge_source_event(std::string_view note, std::string_view origin,
                                             bool names_senders, const RegisteredAs& registered);

/// A sender record, and why it may not come next: kOtherLog, kRegistered, or nothing.
struct JudgedSender {
  format::SenderRecord record;
  std::string source;  // the name of the sender's source
  SourceId id;
  std::optional<SourceBreach> breach{};
};

/// Errors: kInvalid  it is no sender record at all.
Result<JudgedSender> judge_sender(std::string_view text, std::string_view origin,
                                  const RegisteredAs& registered);

}  // namespace varve::rules
