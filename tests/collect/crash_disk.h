// A disk in memory that separates what a program wrote from what it made durable, and a file system over
// it that fails or crashes at a chosen call. Restarting shows what the chosen kind of ending
// leaves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "ledger/env/filesystem.h"

namespace varve::collect {

enum class Ending {
  kKilled,        // the process: everything it did is there
  kPowerNothing,  // power: nothing is there that was not synced, names neither
  kPowerNames,    // power: names reached the disk, unsynced contents did not
  kPowerHalf,     // power: names reached the disk, and half of each unsynced content
};
inline constexpr Ending kEndings[] = {Ending::kKilled, Ending::kPowerNothing, Ending::kPowerNames,
                                      Ending::kPowerHalf};

/// What happens at the chosen call.
enum class Fault {
  kCrashBefore,  // the call is not done, and nothing after it
  kCrashAfter,   // the call is done, and nothing after it
  kCrashTorn,    // half of a write is done (else as before), and nothing after it
  kFails,        // the call is not done and says so; life goes on
  kFailsDone,    // the call is done and says it is not; life goes on
  kFull,         // as kFails, with kFull where it writes
};
inline constexpr Fault kCrashes[] = {Fault::kCrashBefore, Fault::kCrashAfter, Fault::kCrashTorn};

struct Inode {
  Buffer content;
  Buffer durable;
};

/// Survives the process. Thread: one.
class CrashDisk {
 public:
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  /// What the next process finds.
  void restart(Ending ending);
  /// From now on, the call number `call` (0 is the next) meets `fault`.
  void arm(std::uint64_t call, Fault fault) {
    calls_ = 0;
    fault_at_ = call;
    fault_ = fault;
  }
  void disarm() {
    fault_at_ = kNever;
    calls_ = 0;
    crashed_ = false;
  }

  /// Calls that change something, since arm() or disarm().
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  /// Whether the fault was met.
  [[nodiscard]] bool met() const { return fault_at_ != kNever && calls_ > fault_at_; }
  [[nodiscard]] bool crashed() const { return crashed_; }
  [[nodiscard]] const Names& names() const { return names_; }
  std::uint64_t free_bytes = 1u << 30;

 private:
  friend class CrashFilesystem;
  friend class CrashFile;
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  /// Does `action`, as the fault wants it. `torn` is its half, when it has one.
  template <class Action, class Torn>
  Result<void> change(Action action, Torn torn);

  Names names_;
  Names durable_names_;
  std::uint64_t calls_ = 0;
  std::uint64_t fault_at_ = kNever;
  Fault fault_ = Fault::kCrashBefore;
  bool crashed_ = false;
};

/// One process's view. Reads always work until a crash.
class CrashFilesystem final : public env::Filesystem {
 public:
  explicit CrashFilesystem(CrashDisk& disk) : disk_(disk) {}

  Result<std::unique_ptr<env::File>> create(const std::string& path) override;
  Result<std::unique_ptr<env::File>> open_or_create(const std::string& path) override;
  [[nodiscard]] Result<std::unique_ptr<env::File>> open_read(
      const std::string& path) const override;
  Result<void> make_directory(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<std::unique_ptr<env::Lock>> lock(const std::string& path) override;
  [[nodiscard]] Result<std::uint64_t> free_bytes() const override { return disk_.free_bytes; }
  [[nodiscard]] std::string system_path(const std::string&) const override { return ""; }

 private:
  CrashDisk& disk_;
};

}  // namespace varve::collect
