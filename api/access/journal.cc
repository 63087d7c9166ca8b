// JSON lines through spdlog's asynchronous logger.
#include "api/access/journal.h"

#include <spdlog/async.h>

#include <array>

#include "api/access/journal_sink.h"
#include "api/common/json.h"

namespace varve::api {
namespace {

constexpr std::size_t kQueueLines = 8192;
constexpr std::size_t kUsualLine = 256;  // bytes; a longer one is as good, and costs an allocation
constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

}  // namespace

Journal::Journal(Level least)
    : least_(least),
      queue_(std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1)),
      sink_(std::make_shared<JournalSink>(*queue_)),
      logger_(std::make_shared<spdlog::async_logger>(
          "varved", sink_, queue_, spdlog::async_overflow_policy::overrun_oldest)) {
  logger_->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%fZ\",%v}", spdlog::pattern_time_type::utc);
}

Journal::~Journal() {
  sink_->hurry();
  logger_->flush();
  queue_.reset();  // and with it its thread, once it has emptied the queue
}

std::uint64_t Journal::lost() const {
  return sink_->lost();
}

void Journal::write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!wants(level)) return;
  std::string line;
  line.reserve(kUsualLine);
  line.append("\"level\":\"").append(kLevelNames[static_cast<std::size_t>(level)]);
  line.append("\",\"event\":");
  append_json_text(line, event);
  for (const Field& field : fields) {
    line.append(",\"").append(field.name).append("\":");
    if (const auto* text = std::get_if<std::string_view>(&field.value))
      append_json_text(line, *text);
    else
      line.append(std::to_string(*std::get_if<std::uint64_t>(&field.value)));
  }
  logger_->log(spdlog::level::info, std::string_view{line});
}

}  // namespace varve::api
