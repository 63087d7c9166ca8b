// A disk that confirms writes that it does not keep.
#pragma once

#include <atomic>

#include "ledger/base/codec.h"
#include "tests/log/disk_below.h"

namespace varve::testing {

class LyingFile final : public env::File {
 public:
  LyingFile(std::unique_ptr<env::File> file, const std::atomic<bool>& lies)
      : file_(std::move(file)), lies_(lies) {}
  Result<void> read(ByteOffset at, MutableBytes out) const override { return file_->read(at, out); }
  /// Says that it wrote them all.
  Result<void> write(ByteOffset at, Bytes bytes) override {
    Buffer kept = to_buffer(bytes);
    if (lies_) kept[kept.size() / 2] ^= std::byte{1};
    return file_->write(at, kept);
  }
  Result<void> sync() override { return file_->sync(); }
  Result<void> truncate(ByteOffset size) override { return file_->truncate(size); }
  [[nodiscard]] Result<ByteOffset> size() const override { return file_->size(); }
  Result<bool> make_immutable() override { return file_->make_immutable(); }

 private:
  std::unique_ptr<env::File> file_;
  const std::atomic<bool>& lies_;
};

/// New files keep what is written only while the disk does not lie.
class LyingDisk final : public DiskBelow {
 public:
  using DiskBelow::DiskBelow;
  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    ASSIGN_OR_RETURN(auto file, DiskBelow::create(path));
    return std::unique_ptr<env::File>(std::make_unique<LyingFile>(std::move(file), lies));
  }
  std::atomic<bool> lies = false;
};

}  // namespace varve::testing
