// A disk on which an update of derived files ends at any call, as if the process was killed there.
#pragma once

#include "tests/log/disk_below.h"

namespace varve::testing {

struct CutOff {};

/// Counts what is opened to be read, is as full as the test says, and can end at a call.
class CutOffDisk final : public DiskBelow {
 public:
  using DiskBelow::DiskBelow;
  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    call();
    return DiskBelow::create(path);
  }
  Result<std::unique_ptr<env::File>> open_or_create(const std::string& path) override {
    call();
    return DiskBelow::open_or_create(path);
  }
  [[nodiscard]] Result<std::unique_ptr<env::File>> open_read(
      const std::string& path) const override {
    ++opened;
    return DiskBelow::open_read(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    call();
    return DiskBelow::sync_directory(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    call();
    return DiskBelow::rename(from, to);
  }
  Result<void> remove(const std::string& path) override {
    call();
    return DiskBelow::remove(path);
  }
  [[nodiscard]] Result<std::uint64_t> free_bytes() const override { return space; }

  mutable std::uint64_t opened = 0;
  std::uint64_t space = std::uint64_t{1} << 40;
  std::uint64_t calls = 0;
  std::uint64_t ends_at = 0;  // 0: at none

 private:
  void call() {
    if (++calls == ends_at) throw CutOff();
  }
};

}  // namespace varve::testing
