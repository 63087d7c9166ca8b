// What the scenarios on a large log share.
#pragma once

#include <functional>
#include <string>

#include "tools/bench/load.h"
#include "tools/bench/scenarios.h"

namespace varve::bench {

/// One row: a figure with its unit, and how it compares with what binds it.
void print_figure(const char* name, double value, const std::string& unit, double ratio,
                  const char* by, const char* target);

double seconds_of(const std::function<Result<void>()>& step, Result<void>& done);

/// Paths of proofs and of full hash tiles, anywhere in a log of that many leaves; the same in each
/// run.
std::vector<std::string> some_proofs(std::uint64_t leaves);
std::vector<std::string> some_tiles(std::uint64_t leaves);

struct Reads {
  Measured measured;
  double cpu_us = 0;  // of the server, for each
  [[nodiscard]] double rate() const {
    return static_cast<double>(measured.answered) / measured.seconds;
  }
};

/// Closed loop, 64 connections. Errors: kIo  one was refused.
Result<Reads> read_all(const Site& site, std::vector<std::string> requests, double seconds);

}  // namespace varve::bench
