// What became of the messages that a listener received: varve_messages_total. A batch of messages is
// one request of its way in (traffic.h), so their number is counted apart.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace prometheus {
class Counter;
class Registry;
}  // namespace prometheus

namespace varve::api {

enum class Fate : std::uint8_t {
  kAppended,     // durable and signed
  kRefused,      // not taken, for ever: too large, not framed, or of somebody who may not append
  kUnconfirmed,  // the server stopped before the log answered: it may be in the log
  kDropped,      // a datagram that the kernel received while there was no room
};
inline constexpr std::size_t kFates = 4;

/// As metrics spell it.
std::string_view fate_name(Fate fate);

/// Thread: any. A copy counts in the same place.
class MessageCounts {
 public:
  /// `listener`: "syslog-tls". The registry outlives it.
  MessageCounts(const std::string& listener, const std::string& log,
                prometheus::Registry& registry);

  void add(Fate fate, std::uint64_t messages);

 private:
  std::array<prometheus::Counter*, kFates> counters_{};
};

}  // namespace varve::api
