// Draws and redraws one line.
#include "tools/common/progress.h"

#include <unistd.h>

#include <cstdio>

#include "ledger/env/posix.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kWidth = 30;
constexpr std::uint64_t kRedrawMs = 100;

}  // namespace

Progress::Progress(std::string what, std::string unit)
    : what_(std::move(what)), unit_(std::move(unit)), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  clear();
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
  if (!on_terminal_ || total == 0) return;
  const std::uint64_t now_ms = env::posix_clock().steady_ms();
  if (drawn_ && done < total && now_ms - last_ms_ < kRedrawMs) return;
  last_ms_ = now_ms;
  drawn_ = true;
  const double part = static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<std::size_t>(part * kWidth);
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  std::fprintf(stderr, "\r%s  [%s]  %3d %%  %llu/%llu %s\033[K", what_.c_str(), bar.c_str(),
               static_cast<int>(part * 100), static_cast<unsigned long long>(done),
               static_cast<unsigned long long>(total), unit_.c_str());
  std::fflush(stderr);
}

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace varve::tools
