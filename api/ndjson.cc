// Lines and whole bodies as events.
#include "api/ndjson.h"

#include <algorithm>
#include <optional>

#include "api/ingest/payload_size.h"

namespace varve::api {
namespace {

constexpr std::string_view kNdjsonEventType = "application/json";

LineError line_error(std::uint64_t line, Error error, bool too_large = false) {
  return {std::move(error), line, too_large};
}

LineError too_large(std::uint64_t line, std::size_t size, std::size_t most) {
  return line_error(line, invalid(too_large_text("the event is ", size, most)), true);
}

// One line, without its LF.
std::optional<LineError> check_line(JsonChecker& checker, std::string_view line,
                                    std::uint64_t number) {
  static const std::size_t most = payload_max(kNdjsonEventType);
  if (line.empty()) return line_error(number, invalid("the line is empty"));
  if (line.size() > most) return too_large(number, line.size(), most);
  auto checked = checker.check(line);
  if (!checked) return line_error(number, std::move(checked).error());
  return std::nullopt;
}

SplitEvents split_lines(std::string_view body, std::uint64_t time_us) {
  JsonChecker checker;
  std::vector<Event> events;
  while (!body.empty()) {
    const std::uint64_t number = events.size() + 1;
    if (events.size() == format::kBatchRecordsMax)
      return line_error(number, invalid("a request holds at most " +
                                        std::to_string(format::kBatchRecordsMax) + " events"));
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    if (auto wrong = check_line(checker, line, number)) return std::move(*wrong);
    events.push_back({kNdjsonEventType, bytes_of(line), time_us});
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  if (events.empty()) return line_error(0, invalid("the body has no events"));
  return events;
}

}  // namespace

SplitEvents split_ndjson(Buffer& body, std::uint64_t time_us) {
  const std::size_t size = body.size();
  body.resize(size + kJsonPadding);
  SplitEvents out = split_lines(text_of(Bytes{body}.first(size)), time_us);
  body.resize(size);  // does not move what the events view
  return out;
}

SplitEvents whole_event(Buffer& body, std::string_view media_type, bool json,
                        std::uint64_t time_us) {
  const std::size_t size = body.size();
  if (size == 0) return line_error(0, invalid("the body is empty"));
  if (size > payload_max(media_type)) return too_large(0, size, payload_max(media_type));
  append(body, bytes_of(media_type));
  const std::size_t with_type = body.size();
  body.resize(with_type + kJsonPadding);
  Event event{text_of(Bytes{body}.subspan(size, media_type.size())), Bytes{body}.first(size),
              time_us};
  Result<void> checked = json ? JsonChecker{}.check(text_of(event.payload)) : Result<void>{};
  body.resize(with_type);  // does not move what the event views
  if (!checked) return line_error(0, std::move(checked).error());
  return std::vector{event};
}

}  // namespace varve::api
