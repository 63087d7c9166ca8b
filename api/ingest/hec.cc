// Finding where each object ends, and reading members with simdjson.
#include "api/ingest/hec.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "api/ingest/json_checker.h"
#include "api/ingest/payload_size.h"

namespace varve::api {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kObjectMax = payload_max(kHecMediaType);
constexpr std::size_t kLineMax = payload_max(kHecRawMediaType);

HecFault too_many_events() {
  return {.reason = "a request holds at most " + std::to_string(kHecEventsMax) + " events",
          .event = kHecEventsMax,
          .too_large = true};
}

HecFault too_large_event(std::size_t event, std::size_t size, std::size_t most) {
  return {.reason = too_large_text("the event is ", size, most), .event = event, .too_large = true};
}

// Of the string whose quote is at `at`: where its closing quote is. npos: nowhere.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  while (true) {
    at = text.find_first_of("\"\\", at + 1);
    if (at == std::string_view::npos || text[at] == '"') return at;
    ++at;  // what a backslash escapes
  }
}

// How long the object is that `text` begins with. 0: it does not end. Whether it is one, JsonChecker says.
std::size_t object_length(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (at == std::string_view::npos) return 0;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return 0;
}

/// Events of a body, one after the other.
class HecReader {
 public:
  explicit HecReader(std::string_view body) : rest_(body) {}

  HecEvents read() {
    skip_space();
    if (auto fault = take('[') ? read_list() : read_sequence()) return std::move(*fault);
    if (events_.empty())
      return HecFault{.code = HecCode::kNoData, .reason = "the body has no events"};
    return std::move(events_);
  }

 private:
  using Fault = std::optional<HecFault>;

  Fault read_sequence() {
    while (!rest_.empty())
      if (auto fault = read_event()) return fault;
    return std::nullopt;
  }

  Fault read_list() {
    if (!take(']')) {
      do {
        if (auto fault = read_event()) return fault;
      } while (take(','));
      if (!take(']')) return wrong("the list of events is not closed behind this one");
    }
    return rest_.empty() ? std::nullopt : Fault{wrong("something follows the list of events")};
  }

  Fault read_event() {
    if (events_.size() == kHecEventsMax) return too_many_events();
    if (!rest_.starts_with('{')) return wrong("it is not a JSON object");
    const std::size_t length = object_length(rest_);
    if (length == 0) return wrong("the JSON object does not end");
    if (length > kObjectMax) return too_large_event(events_.size(), length, kObjectMax);
    const std::string_view object = rest_.substr(0, length);
    if (auto checked = checker_.check(object, JsonRule::kGrammar); !checked)
      return wrong(checked.error().message);
    if (auto fault = check_member(object)) return fault;
    events_.push_back(object);
    rest_.remove_prefix(length);
    skip_space();
    return std::nullopt;
  }

  // The object is well-formed already.
  Fault check_member(std::string_view object) {
    ondemand::document document;
    ondemand::object members;
    if (parser_.iterate(object.data(), object.size(), object.size() + kJsonPadding).get(document) !=
            simdjson::SUCCESS ||
        document.get_object().get(members) != simdjson::SUCCESS)
      return wrong("it is not a JSON object");
    for (auto field : members) {
      std::string_view name;
      ondemand::value value;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS) name = {};  // half a pair
      if (field.value().get(value) != simdjson::SUCCESS) return wrong("a member is malformed");
      if (name != "event") continue;
      const std::string_view token = value.raw_json_token();
      if (!token.starts_with("\"\"") && !token.starts_with("null")) return std::nullopt;
      return wrong("the member \"event\" is empty", HecCode::kEventBlank);
    }
    return wrong("it has no member \"event\"", HecCode::kEventRequired);
  }

  [[nodiscard]] HecFault wrong(std::string reason, HecCode code = HecCode::kInvalidFormat) const {
    return {.code = code, .reason = std::move(reason), .event = events_.size()};
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }

  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
  }

  std::string_view rest_;
  std::vector<std::string_view> events_;
  JsonChecker checker_;
  ondemand::parser parser_;
};

Result<std::vector<std::uint64_t>> read_acks(std::string_view body) {
  JsonChecker checker;
  RETURN_IF_ERROR(checker.check(body));
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array ids;
  if (parser.iterate(body.data(), body.size(), body.size() + kJsonPadding).get(document) !=
          simdjson::SUCCESS ||
      document.find_field_unordered("acks").get_array().get(ids) != simdjson::SUCCESS)
    return invalid("it has no list \"acks\"");
  std::vector<std::uint64_t> out;
  for (auto id : ids) {
    std::uint64_t number = 0;
    if (id.get_uint64().get(number) != simdjson::SUCCESS)
      return invalid("an id in \"acks\" is not a number as they are given out");
    out.push_back(number);
  }
  return out;
}

}  // namespace

HecEvents parse_hec_events(Buffer& body) {
  const std::size_t size = body.size();
  body.resize(size + kJsonPadding);
  HecEvents out = HecReader{text_of(Bytes{body}.first(size))}.read();
  body.resize(size);  // does not move what the events view
  return out;
}

HecEvents split_hec_lines(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.empty() || line == "\r") continue;
    if (lines.size() == kHecEventsMax) return too_many_events();
    if (line.size() > kLineMax) return too_large_event(lines.size(), line.size(), kLineMax);
    lines.push_back(line);
  }
  if (lines.empty()) return HecFault{.code = HecCode::kNoData, .reason = "the body has no lines"};
  return lines;
}

Result<std::vector<std::uint64_t>> parse_hec_acks(Buffer& body) {
  const std::size_t size = body.size();
  body.resize(size + kJsonPadding);
  auto out = read_acks(text_of(Bytes{body}.first(size)));
  body.resize(size);
  return out;
}

}  // namespace varve::api
