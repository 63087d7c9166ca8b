// A disk that misbehaves the way real ones do. What was not synced can be lost, sector by sector,
// in any order, when the power fails; any call can fail, also after it did its work; any call can
// be the last. Files under catalogue/ are real ones (LMDB does its own I/O; it syncs what it commits).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ledger/env/filesystem.h"
#include "tests/sim/dice.h"

namespace varve::sim {

/// Thrown out of a call at which the process dies.
struct Crash {};

struct Faults {
  std::uint64_t crash_at_call = 0;  // 0: never
  std::uint64_t error_one_in = 0;   // calls that change something; 0: never
  // A call that a test chooses, and with `for_good` all behind it; 0: none.
  std::uint64_t fail_at_call = 0;  // of those that change something
  std::uint64_t fail_at_read = 0;  // of the others
  bool for_good = false;
  bool when_done = false;  // the call did its work all the same
  Code with = Code::kIo;
};

/// One file: what a reader sees, what a power failure leaves, and the changes in between.
struct Inode {
  struct Change {
    bool truncate = false;
    std::uint64_t at = 0;  // or the new size
    Buffer bytes;
  };
  Buffer now;
  Buffer durable;
  std::vector<Change> unsynced;

  void apply(Change change);
  void sync();
  /// Each dirty sector as it was at some moment since the last sync.
  void lose_power(Dice& dice);
};

class SimFilesystem final : public env::Filesystem {
 public:
  /// `real` holds catalogue/.
  SimFilesystem(Dice& dice, env::Filesystem& real) : dice_(dice), real_(real) {}

  Faults faults;
  std::function<void()> between = [] {};  // before and after each call: others get their turn
  std::uint64_t space = std::uint64_t{1} << 40;

  /// The power fails: unsynced changes of files and folders are lost, in part.
  void lose_power();
  /// Calls made so far, of those that can crash or fail.
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  /// The others so far: opening, reading and listing.
  [[nodiscard]] std::uint64_t reads() const { return reads_; }
  [[nodiscard]] const std::map<std::string, std::shared_ptr<Inode>>& files() const { return now_; }
  /// All files as they are now, and back to that.
  using Image = std::map<std::string, Buffer>;
  [[nodiscard]] Image image() const;
  void put_back(const Image& image);
  /// Deletes what is below `folder`, as an operator would.
  void wipe(const std::string& folder);

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
  [[nodiscard]] Result<std::uint64_t> free_bytes() const override { return space; }
  [[nodiscard]] std::string system_path(const std::string& path) const override {
    return real_.system_path(path);
  }

  /// Runs `work` as one call that may fail before, fail after, or be the last.
  template <class Work>
  Result<void> call(Work work);
  /// One that changes nothing and may fail.
  [[nodiscard]] Result<void> read() const;

 private:
  [[nodiscard]] bool is_chosen(std::uint64_t number, std::uint64_t fail_at) const {
    return fail_at != 0 && (faults.for_good ? number >= fail_at : number == fail_at);
  }

  using Folder = std::map<std::string, std::shared_ptr<Inode>>;
  std::unique_ptr<env::File> opened(const std::string& path);
  void note_change() { history_.push_back(now_); }

  Dice& dice_;
  env::Filesystem& real_;
  std::uint64_t calls_ = 0;
  mutable std::uint64_t reads_ = 0;
  Folder now_;
  std::vector<Folder> history_;  // the name space after each change since the last sync, in order
  Folder durable_;
};

}  // namespace varve::sim
