// Where the journal's lines go: standard error, which somebody may read slowly or not at all. Lines
// that do not get there are counted, and a line says how many.
#pragma once

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace varve::api {

/// Its methods run on the thread that empties `queue`; hurry() and lost() on any.
class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// A line about lost ones comes after so many others, or when no line waits.
  static constexpr std::uint64_t kLinesBetween = 1000;

  /// `queue` outlives every call.
  explicit JournalSink(spdlog::details::thread_pool& queue) : queue_(queue) {}

  /// From now on lines that cannot be written within a second are dropped: a pipe that nobody reads
  /// would keep the process.
  void hurry();
  /// Lines that the queue had no room for, or that standard error did not take whole.
  [[nodiscard]] std::uint64_t lost() const { return queue_.overrun_counter() + unwritten_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  /// The journal ends.
  void flush_() override { tell_of_lost_lines(); }

 private:
  using Steady = std::chrono::steady_clock;

  [[nodiscard]] bool may_tell() const;
  void tell_of_lost_lines();
  [[nodiscard]] bool write_line(const spdlog::details::log_msg& message);
  [[nodiscard]] bool becomes_writable() const;

  spdlog::details::thread_pool& queue_;
  std::atomic<std::uint64_t> unwritten_ = 0;
  std::atomic<Steady::rep> deadline_{Steady::time_point::max().time_since_epoch().count()};
  std::uint64_t told_ = 0;                    // of the lost lines
  std::uint64_t since_told_ = kLinesBetween;  // lines written; the first loss is told at once
  bool torn_ = false;                         // the end of the last line is missing
};

}  // namespace varve::api
