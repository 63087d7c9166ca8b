// Who sent what the log seals: each client, and each listener that does not ask who sends, is a source
// of its own. A sender record gives that source its place in the log. docs/format/control.md
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"

namespace varve::format {

enum class SenderKind : std::uint8_t {
  kClient,    // it showed a credential, which names it
  kListener,  // anybody who reaches it: the configuration names it
};

struct Sender {
  SenderKind kind = SenderKind::kClient;
  std::string name;  // as the server's configuration or its issuers spell it
  auto operator<=>(const Sender&) const = default;
};

inline constexpr std::size_t kSenderNameMax = 127;  // bytes

/// 1 to kSenderNameMax visible ASCII characters, no space.
bool is_sender_name(std::string_view name);
/// The name of the sender's source: "client/" or "listener/", then the sender's name, in which every
/// byte but a-z 0-9 . - / is "_" and two hexadecimal digits. No two senders share one.
std::string source_name(const Sender& sender);
/// Whose names begin so. Nothing: it is the name of a source that seals, if of any.
std::optional<SenderKind> sender_kind(std::string_view source_name);

/// "sealing", "client" or "listener", as people read it. `seals`: the source has a key.
std::string_view source_kind(std::string_view source_name, bool seals);

// Payload of a kSender record, which the log writes by itself, without a signature of its own:
//   varve sender v1
//   origin <origin>
//   client <name>         or: listener <name>
struct SenderRecord {
  std::string origin;
  Sender sender;
};

std::string sender_text(const SenderRecord& record);
/// Errors: kInvalid  not as sender_text writes it.
Result<SenderRecord> parse_sender(std::string_view text);

}  // namespace varve::format
