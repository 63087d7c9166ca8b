// What the journal writes to standard error while this lives, line by line.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <array>
#include <regex>
#include <string>

#include "ledger/base/check.h"

namespace varve::api {

class JournalLines {
 public:
  JournalLines() {
    CHECK(::pipe(ends_.data()) == 0);
    CHECK(saved_ >= 0 && ::dup2(ends_[1], STDERR_FILENO) == STDERR_FILENO);
  }
  ~JournalLines() {
    ::dup2(saved_, STDERR_FILENO);
    for (const int fd : {saved_, ends_[0], ends_[1]}) ::close(fd);
  }
  JournalLines(const JournalLines&) = delete;
  JournalLines& operator=(const JournalLines&) = delete;

  /// The next line, without the time and how long it took. Waits for it; empty after two minutes.
  std::string next() {
    static const std::regex time(R"("time":"[^"]*",|,"us":[0-9]+)");
    return std::regex_replace(next_as_written(), time, "");
  }
  std::string next_as_written() {
    std::size_t end = 0;
    while ((end = read_.find('\n')) == std::string::npos)
      if (!read_more()) return {};
    std::string line = read_.substr(0, end);
    read_.erase(0, end + 1);
    return line;
  }

  /// Standard error is another file for as long as a function runs.
  template <class Function>
  void elsewhere(int fd, const Function& function) const {
    CHECK(::dup2(fd, STDERR_FILENO) == STDERR_FILENO);
    function();
    CHECK(::dup2(ends_[1], STDERR_FILENO) == STDERR_FILENO);
  }

 private:
  static constexpr int kDeadlineMs = 120'000;

  /// Not more than a page, so that whoever writes has to wait for the next one.
  bool read_more() {
    std::array<char, 4096> some{};
    pollfd there{ends_[0], POLLIN, 0};
    if (::poll(&there, 1, kDeadlineMs) != 1) return false;
    const ssize_t n = ::read(ends_[0], some.data(), some.size());
    if (n > 0) read_.append(some.data(), static_cast<std::size_t>(n));
    return n > 0;
  }

  std::array<int, 2> ends_{};
  int saved_ = ::dup(STDERR_FILENO);
  std::string read_;  // and not returned yet
};

}  // namespace varve::api
