// The state as lines of text.
#include "ledger/store/scrub_state.h"

#include <optional>

#include "ledger/base/text.h"
#include "ledger/env/durable.h"

namespace varve::store {
namespace {

constexpr std::string_view kTitle = "varve scrub v1\n";
constexpr std::uint64_t kStateMax = 4u << 20;
const char* const kStateFile = "scrub";

/// A line's value, without its label and newline.
std::optional<std::string_view> take(std::string_view& text, std::string_view label) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(label)) return std::nullopt;
  const std::string_view value = text.substr(label.size(), end - label.size());
  text.remove_prefix(end + 1);
  return value;
}

Result<void> take_number(std::string_view& text, std::string_view label, std::uint64_t& out) {
  const auto value = take(text, label);
  if (!value) return invalid("the scrub's state has no line " + std::string(label));
  ASSIGN_OR_RETURN(out, decode_decimal(*value));
  return {};
}

Result<void> take_damaged(std::string_view& text, ScrubState& state) {
  const auto value = take(text, "damaged ");
  const std::size_t space = value ? value->find(' ') : std::string_view::npos;
  if (space == std::string_view::npos)
    return invalid("the scrub's state has a line of another kind");
  ASSIGN_OR_RETURN(const std::uint64_t ordinal, decode_decimal(value->substr(0, space)));
  state.damaged[ordinal].emplace_back(value->substr(space + 1));
  return {};
}

}  // namespace

std::string scrub_state_text(const ScrubState& state) {
  std::string text(kTitle);
  const auto line = [&text](std::string_view label, std::uint64_t value) {
    text.append(label).append(std::to_string(value)).append("\n");
  };
  line("began ", state.began_us);
  line("segments ", state.segments);
  line("next ", state.next);
  line("size ", state.size);
  line("bytes ", state.bytes);
  line("destroyed ", state.destroyed);
  line("finished ", state.finished_us);
  for (const auto& [ordinal, names] : state.damaged)
    for (const std::string& name : names)
      text.append("damaged ").append(std::to_string(ordinal)).append(" ").append(name).append("\n");
  return text;
}

Result<ScrubState> parse_scrub_state(std::string_view text) {
  const std::string_view whole = text;
  if (!text.starts_with(kTitle)) return invalid("not a scrub's state");
  text.remove_prefix(kTitle.size());
  ScrubState state;
  RETURN_IF_ERROR(take_number(text, "began ", state.began_us));
  RETURN_IF_ERROR(take_number(text, "segments ", state.segments));
  RETURN_IF_ERROR(take_number(text, "next ", state.next));
  RETURN_IF_ERROR(take_number(text, "size ", state.size));
  RETURN_IF_ERROR(take_number(text, "bytes ", state.bytes));
  RETURN_IF_ERROR(take_number(text, "destroyed ", state.destroyed));
  RETURN_IF_ERROR(take_number(text, "finished ", state.finished_us));
  while (!text.empty()) RETURN_IF_ERROR(take_damaged(text, state));
  if (state.next > state.segments) return invalid("the scrub's state is past its end");
  if (scrub_state_text(state) != whole) return invalid("the scrub's state is in another order");
  return state;
}

Result<ScrubState> load_scrub_state(const env::Filesystem& files) {
  const auto bytes = env::read_whole(files, kStateFile, kStateMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return ScrubState{};
  if (!bytes) return bytes.error();
  return parse_scrub_state(text_of(*bytes));
}

Result<void> keep_scrub_state_aside(env::Filesystem& files) {
  return env::keep_aside(files, kStateFile, kKeptScrubState);
}

Result<void> save_scrub_state(env::Filesystem& files, const ScrubState& state) {
  return env::write_durably(files, kStateFile, bytes_of(scrub_state_text(state)));
}

}  // namespace varve::store
