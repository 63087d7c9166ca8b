// What the tests of the collector share: inputs on a real disk, a clock that is set by hand, a
// source key, and a log that takes batches as the real one does.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "crash_disk.h"
#include "ledger/env/clock.h"
#include "ledger/format/batch.h"
#include "tests/env/temporary_directory.h"
#include "tools/collect/intake.h"
#include "tools/collect/sealer.h"
#include "tools/collect/source_key.h"
#include "tools/collect/spool.h"

namespace varve::collect {

inline constexpr const char* kOrigin = "audit.example.org/test";

class HandClock final : public env::Clock {
 public:
  [[nodiscard]] std::uint64_t now_us() const override { return ms * 1'000; }
  [[nodiscard]] std::uint64_t steady_ms() const override { return ms; }
  std::uint64_t ms = 1'700'000'000'000;
};

/// A directory of input files.
class Inputs {
 public:
  [[nodiscard]] std::string path(const std::string& name) const {
    return directory_.path() + "/" + name;
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  void add(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary | std::ios::app) << text;
  }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(path(from), path(to));
  }
  /// logrotate's copytruncate.
  void copy_and_cut(const std::string& from, const std::string& to) const {
    std::filesystem::copy_file(path(from), path(to));
    std::filesystem::resize_file(path(from), 0);
  }

 private:
  env::TemporaryDirectory directory_;
};

/// The log's side of a source's chain: refuses what varved refuses, and keeps payloads in order.
class ChainLog {
 public:
  /// Fails the test when a batch is taken twice with other content, or does not continue the chain.
  void take(Bytes batch);
  /// Of events, and of heartbeats.
  [[nodiscard]] const std::vector<std::string>& payloads() const { return payloads_; }
  [[nodiscard]] const std::vector<std::string>& heartbeats() const { return heartbeats_; }

 private:
  std::map<std::uint64_t, Buffer> batches_;
  Chain chain_;
  std::vector<std::string> payloads_;
  std::vector<std::string> heartbeats_;
};

/// A directory as init leaves it, durable.
void make_collector(CrashDisk& disk);

/// One process: opens the spool, reads, and hands what is spooled to a ChainLog.
class Process {
 public:
  Process(CrashDisk& disk, HandClock& clock, BatchLimits limits, SpoolOptions options = {});

  /// Whether it started; else nothing of the below may be called.
  [[nodiscard]] bool started() const { return spool_ != nullptr; }
  [[nodiscard]] const Error& why_not() const { return *error_; }
  Intake& intake() { return *intake_; }
  Spool& spool() { return *spool_; }
  /// Gives every pending batch to the log, stores a receipt, acknowledges, tidies.
  Result<void> send_to(ChainLog& log);

  std::vector<std::string> said;

 private:
  CrashFilesystem files_;
  std::optional<SourceKey> key_;
  std::unique_ptr<Spool> spool_;
  std::optional<Sealer> sealer_;
  std::optional<Intake> intake_;
  std::optional<Error> error_;
};

/// "event 0\n" ... for [from, to).
std::string event_lines(int from, int to);
/// The same without newlines, as payloads.
std::vector<std::string> event_texts(int from, int to);

}  // namespace varve::collect
