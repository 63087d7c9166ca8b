// Numbers, names and lengths.
#include "api/ingest/relp_framing.h"

#include <algorithm>

namespace varve::api {
namespace {

constexpr std::size_t kNumberDigitsMax = 9;
constexpr std::size_t kCommandMax = 32;

bool is_cipher(char c) {
  return c >= '0' && c <= '9';
}
bool is_latin_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A word of at most `most` characters in front of `rest`. Nothing when it may go on; an empty one
/// when there is none.
template <class Predicate>
std::optional<std::string_view> take_word(std::string_view& rest, std::size_t most,
                                          const Predicate& is_part) {
  std::size_t length = 0;
  while (length < std::min(most, rest.size()) && is_part(rest[length])) ++length;
  if (length == rest.size()) return std::nullopt;
  const std::string_view word = rest.substr(0, length);
  rest.remove_prefix(length);
  return word;
}

std::uint32_t value_of(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint32_t>(c - '0');
  return value;
}

}  // namespace

Result<std::optional<RelpFrame>> RelpFramer::read() {
  constexpr std::optional<RelpFrame> kMore;
  const std::string_view all = buffer_.rest();
  std::string_view rest = all;
  const auto number = take_word(rest, kNumberDigitsMax, is_cipher);
  if (!number) return kMore;
  if (number->empty() || !rest.starts_with(' '))
    return invalid("a frame begins with a number of at most 9 digits and a space");
  rest.remove_prefix(1);
  const auto command = take_word(rest, kCommandMax, is_latin_letter);
  if (!command) return kMore;
  if (command->empty() || !rest.starts_with(' '))
    return invalid("a command is at most 32 letters and a space");
  rest.remove_prefix(1);
  const auto digits = take_word(rest, kNumberDigitsMax, is_cipher);
  if (!digits) return kMore;
  if (digits->empty()) return invalid("a frame has the length of its data");
  const std::size_t length = value_of(*digits);
  if (length > data_max_)
    return invalid("a frame has " + std::to_string(length) + " bytes of data; at most " +
                   std::to_string(data_max_) + " are taken");
  // Some senders put a space also where there is no data.
  const bool space = rest.starts_with(' ');
  if (length != 0 && !space) return invalid("a length is followed by a space and the data");
  if (space) rest.remove_prefix(1);
  if (rest.size() <= length) return kMore;
  if (rest[length] != '\n') return invalid("a frame does not end where its length says");
  const RelpFrame frame{value_of(*number), *command, rest.substr(0, length)};
  buffer_.take(all.size() - rest.size() + length + 1);
  return std::optional{frame};
}

Result<std::optional<RelpFrame>> RelpFramer::next() {
  if (fault_) return *fault_;
  auto out = read();
  if (!out) fault_ = out.error();
  return out;
}

std::string relp_answer(std::uint32_t number, unsigned status, std::string_view text) {
  std::string data = std::to_string(status);
  if (!text.empty()) data.append(" ").append(text);
  return std::to_string(number) + " rsp " + std::to_string(data.size()) + " " + data + "\n";
}

}  // namespace varve::api
