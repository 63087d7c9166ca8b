// Counts and line feeds.
#include "api/ingest/syslog_framing.h"

#include <algorithm>
#include <string>

#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr std::size_t kCountDigitsMax = 10;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Error SyslogFramer::too_large(const std::string& size) const {
  return invalid("a message is " + size + " bytes; at most " + std::to_string(message_max_) +
                 " are taken");
}

Result<std::optional<std::string_view>> SyslogFramer::next_counted() {
  const std::string_view rest = buffer_.rest();
  std::size_t digits = 0;
  while (digits < std::min(rest.size(), kCountDigitsMax) && is_digit(rest[digits])) ++digits;
  if (!rest.empty() && (rest[0] == '0' || digits == 0))
    return invalid("a frame begins with the count of its bytes, without leading zeros");
  if (digits == rest.size()) return std::optional<std::string_view>{};
  if (rest[digits] != ' ') return invalid("a count is followed by a space");
  const auto count = decode_decimal(rest.substr(0, digits));
  if (!count) return count.error();
  if (*count > message_max_) return too_large(std::to_string(*count));
  if (rest.size() - digits - 1 < *count) return std::optional<std::string_view>{};
  const std::string_view message = rest.substr(digits + 1, *count);
  buffer_.take(digits + 1 + *count);
  return std::optional{message};
}

Result<std::optional<std::string_view>> SyslogFramer::next_line() {
  for (;;) {
    const std::string_view rest = buffer_.rest();
    const std::size_t end = rest.find('\n', searched_);
    const std::size_t length = std::min(end, rest.size());
    if (length > message_max_) return too_large("more than " + std::to_string(message_max_));
    searched_ = end == std::string_view::npos ? rest.size() : 0;
    if (end == std::string_view::npos) return std::optional<std::string_view>{};
    buffer_.take(end + 1);
    if (end != 0 && rest.substr(0, end) != "\r") return std::optional{rest.substr(0, end)};
  }
}

Result<std::optional<std::string_view>> SyslogFramer::next() {
  if (fault_) return *fault_;
  const std::string_view rest = buffer_.rest();
  if (rest.empty()) return std::optional<std::string_view>{};
  if (framing_ == SyslogFraming::kEither && is_digit(rest[0])) framing_ = SyslogFraming::kCounted;
  if (framing_ == SyslogFraming::kEither && rest[0] == '<') framing_ = SyslogFraming::kTrailer;
  Result<std::optional<std::string_view>> out =
      invalid("the stream begins with neither a count nor '<'");
  if (framing_ == SyslogFraming::kCounted) out = next_counted();
  if (framing_ == SyslogFraming::kTrailer) out = next_line();
  if (!out) fault_ = out.error();
  return out;
}

}  // namespace varve::api
