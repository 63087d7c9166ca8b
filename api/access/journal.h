// The server's own log: one JSON object a line on stderr. It says what was done, never what was in
// it: no payloads, no tokens, no values of queries or headers.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace varve::api {

class JournalSink;

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct Field {
  std::string_view name;  // of lower case letters and underscores
  std::variant<std::string_view, std::uint64_t> value;
};

/// Thread: any. Writing happens on a thread of its own; when stderr is not read fast enough the
/// oldest lines are dropped, and no request waits: whoever does not read the journal would otherwise
/// keep every sender from the log. Lines that were dropped are counted, and a line in their place
/// says how many there were, at most one in a thousand lines.
class Journal {
 public:
  explicit Journal(Level least);
  /// Writes what is left, as far as somebody reads it within a second.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
  void error(std::string_view event, std::string_view message) {
    write(Level::kError, event, {{"message", message}});
  }
  [[nodiscard]] bool wants(Level level) const { return level >= least_; }
  [[nodiscard]] Level least() const { return least_; }
  void set_least(Level least) { least_ = least; }
  /// How many lines were to be written, since the start, and never will be.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  std::atomic<Level> least_;
  std::shared_ptr<spdlog::details::thread_pool> queue_;
  std::shared_ptr<JournalSink> sink_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace varve::api
