// A disk on which one call fails, as for a process that is out of descriptors, memory or
// permissions.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/env/filesystem.h"

namespace varve::env {

/// Counts the calls on it and on its files. The one of number `fail_at` fails (0: none); so do all
/// after it when `for_good`.
class Calls {
 public:
  void fail(std::uint64_t at, bool for_good) {
    made_ = 0;
    failed_ = nullptr;
    failed_derived_ = false;
    fail_at_ = at;
    for_good_ = for_good;
  }
  [[nodiscard]] std::uint64_t made() const { return made_; }

  /// The name of the method that failed.
  [[nodiscard]] std::string failed() const { return failed_ == nullptr ? "none" : failed_.load(); }

  /// Whether that was the call of a file that can be made again.
  [[nodiscard]] bool failed_derived() const { return failed_derived_; }

  /// One more call.
  Result<void> call(const char* method, bool is_derived = false) {
    const std::uint64_t number = ++made_;
    if (fail_at_ == 0 || (for_good_ ? number < fail_at_ : number != fail_at_)) return {};
    failed_ = method;
    failed_derived_ = is_derived;
    return io_error(std::string(method) + ": Too many open files");
  }

 private:
  std::atomic<std::uint64_t> made_ = 0;
  std::uint64_t fail_at_ = 0;
  bool for_good_ = false;
  std::atomic<const char*> failed_ = nullptr;
  std::atomic<bool> failed_derived_ = false;
};

class FailingFile final : public File {
 public:
  FailingFile(std::unique_ptr<File> file, const std::string& path, Calls& calls, Calls& reads)
      : file_(std::move(file)), is_derived_(is_derived(path)), calls_(calls), reads_(reads) {}
  [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
    RETURN_IF_ERROR(reads_.call(__func__, is_derived_));
    return file_->read(at, out);
  }
  Result<void> write(ByteOffset at, Bytes bytes) override {
    RETURN_IF_ERROR(calls_.call(__func__));
    return file_->write(at, bytes);
  }
  Result<void> sync() override {
    RETURN_IF_ERROR(calls_.call(__func__));
    return file_->sync();
  }
  Result<void> truncate(ByteOffset size) override {
    RETURN_IF_ERROR(calls_.call(__func__));
    return file_->truncate(size);
  }
  [[nodiscard]] Result<ByteOffset> size() const override {
    RETURN_IF_ERROR(reads_.call(__func__));
    return file_->size();
  }
  Result<bool> make_immutable() override {
    RETURN_IF_ERROR(calls_.call(__func__));
    return file_->make_immutable();
  }

 private:
  static bool is_derived(const std::string& path) {
    for (const char* folder : {"tree/", "leaves/", "appends/", "catalogue/"})
      if (path.starts_with(folder)) return true;
    return false;
  }

  std::unique_ptr<File> file_;
  const bool is_derived_;
  Calls& calls_;
  Calls& reads_;
};

class FailingDisk final : public Filesystem {
 public:
  explicit FailingDisk(std::unique_ptr<Filesystem> below) : below_(std::move(below)) {}
  Result<std::unique_ptr<File>> create(const std::string& path) override {
    RETURN_IF_ERROR(calls.call(__func__));
    return failing(below_->create(path), path);
  }
  Result<std::unique_ptr<File>> open_or_create(const std::string& path) override {
    RETURN_IF_ERROR(calls.call(__func__));
    return failing(below_->open_or_create(path), path);
  }
  [[nodiscard]] Result<std::unique_ptr<File>> open_read(const std::string& path) const override {
    RETURN_IF_ERROR(calls.call(__func__));
    return failing(below_->open_read(path), path);
  }
  Result<void> make_directory(const std::string& path) override {
    RETURN_IF_ERROR(calls.call(__func__));
    return below_->make_directory(path);
  }
  Result<void> sync_directory(const std::string& path) override {
    RETURN_IF_ERROR(calls.call(__func__));
    return below_->sync_directory(path);
  }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override {
    RETURN_IF_ERROR(calls.call(__func__));
    return below_->list(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    RETURN_IF_ERROR(calls.call(__func__));
    return below_->rename(from, to);
  }
  Result<void> remove(const std::string& path) override {
    RETURN_IF_ERROR(calls.call(__func__));
    return below_->remove(path);
  }
  Result<std::unique_ptr<Lock>> lock(const std::string& path) override {
    RETURN_IF_ERROR(calls.call(__func__));
    return below_->lock(path);
  }
  [[nodiscard]] Result<std::uint64_t> free_bytes() const override {
    RETURN_IF_ERROR(calls.call(__func__));
    return below_->free_bytes();
  }

  [[nodiscard]] std::string system_path(const std::string& path) const override {
    return below_->system_path(path);
  }

  mutable Calls calls;  // all others
  mutable Calls reads;  // of open files: their bytes, their size

 private:
  Result<std::unique_ptr<File>> failing(Result<std::unique_ptr<File>> file,
                                        const std::string& path) const {
    if (!file) return file;
    return std::unique_ptr<File>(
        std::make_unique<FailingFile>(std::move(*file), path, calls, reads));
  }

  std::unique_ptr<Filesystem> below_;
};

}  // namespace varve::env
