// JSON lines through spdlog's asynchronous logger.
#include "api/access/journal.h"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cerrno>
#include <climits>
#include <mutex>

#include "api/common/json.h"

namespace varve::api {
namespace {

constexpr std::size_t kQueueLines = 8192;
constexpr std::size_t kUsualLine = 256;  // bytes; a longer one is as good, and costs an allocation
constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

constexpr int kLookMs = 50;
constexpr std::chrono::seconds kLastLines{1};

using Steady = std::chrono::steady_clock;

/// Standard error. Waits for whoever reads it, but not once the journal ends: a pipe that nobody
/// reads would keep the process.
class Stderr final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// From now on lines that cannot be written within a second are dropped.
  void hurry() { deadline_ = (Steady::now() + kLastLines).time_since_epoch().count(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string_view rest{line.data(), line.size()};
    while (!rest.empty() && becomes_writable()) {
      // A pipe that takes anything takes this much without waiting.
      const std::size_t some = std::min<std::size_t>(rest.size(), PIPE_BUF);
      const ssize_t n = ::write(STDERR_FILENO, rest.data(), some);
      if (n < 0 && errno != EINTR && errno != EAGAIN) return;
      if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void flush_() override {}

 private:
  bool becomes_writable() const {
    for (;;) {
      pollfd there{STDERR_FILENO, POLLOUT, 0};
      const int found = ::poll(&there, 1, kLookMs);
      if (found > 0 || (found < 0 && errno != EINTR)) return true;
      if (Steady::now().time_since_epoch().count() > deadline_) return false;
    }
  }

  std::atomic<Steady::rep> deadline_{Steady::time_point::max().time_since_epoch().count()};
};

std::shared_ptr<spdlog::details::thread_pool> writer() {
  static const auto pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  return pool;
}

}  // namespace

Journal::Journal(Level least)
    : least_(least),
      logger_(std::make_shared<spdlog::async_logger>(
          "varved", std::make_shared<Stderr>(), writer(),
          spdlog::async_overflow_policy::overrun_oldest)) {
  logger_->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%fZ\",%v}", spdlog::pattern_time_type::utc);
}

Journal::~Journal() {
  for (const spdlog::sink_ptr& sink : logger_->sinks()) dynamic_cast<Stderr&>(*sink).hurry();
  logger_->flush();
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
