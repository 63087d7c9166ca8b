// A file system that passes every call on to another: what a test's disk does not do otherwise.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/env/filesystem.h"

namespace varve::testing {

class DiskBelow : public env::Filesystem {
 public:
  explicit DiskBelow(std::unique_ptr<env::Filesystem> below) : below_(std::move(below)) {}
  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    return below_->create(path);
  }
  Result<std::unique_ptr<env::File>> open_or_create(const std::string& path) override {
    return below_->open_or_create(path);
  }
  [[nodiscard]] Result<std::unique_ptr<env::File>> open_read(
      const std::string& path) const override {
    return below_->open_read(path);
  }
  Result<void> make_directory(const std::string& path) override {
    return below_->make_directory(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    return below_->sync_directory(path);
  }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override {
    return below_->list(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return below_->rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return below_->remove(path); }
  Result<std::unique_ptr<env::Lock>> lock(const std::string& path) override {
    return below_->lock(path);
  }
  [[nodiscard]] Result<std::uint64_t> free_bytes() const override { return below_->free_bytes(); }
  [[nodiscard]] std::string system_path(const std::string& path) const override {
    return below_->system_path(path);
  }

 private:
  std::unique_ptr<env::Filesystem> below_;
};

}  // namespace varve::testing
