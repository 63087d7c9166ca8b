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
    std::string line;
    pollfd there{ends_[0], POLLIN, 0};
    for (char c = 0; ::poll(&there, 1, kDeadlineMs) == 1 && ::read(ends_[0], &c, 1) == 1;) {
      if (c == '\n') return std::regex_replace(line, time, "");
      line.push_back(c);
    }
    return {};
  }

 private:
  static constexpr int kDeadlineMs = 120'000;
  std::array<int, 2> ends_{};
  int saved_ = ::dup(STDERR_FILENO);
};

}  // namespace varve::api
