// Secrets in memory: locked, guarded, wiped when released, never copied by accident.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::env {

/// Owns bytes from sodium_malloc: locked against swap, excluded from core dumps, zeroed on release.
/// Each costs four of the process's memory maps (the system allows 65,530), so secrets held by the
/// thousand share one (store::KeyCache). Requires env::initialize() to have succeeded.
class SecretBytes {
 public:
  SecretBytes() = default;
  SecretBytes(SecretBytes&& other) noexcept
      : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  /// Errors: kBusy  the system has no guarded memory left.
  static Result<SecretBytes> of_size(std::size_t size);
  static Result<SecretBytes> copy_of(Bytes bytes);

  [[nodiscard]] Bytes view() const { return {data_.get(), size_}; }
  [[nodiscard]] MutableBytes mutable_view() { return {data_.get(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  SecretBytes(std::byte* data, std::size_t size) : data_(data), size_(size) {}

  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

/// A view of a secret that lives elsewhere; a type of its own, so that it is not taken for other
/// bytes.
class SecretView {
 public:
  SecretView(const SecretBytes& secret) : bytes_(secret.view()) {}  // NOLINT(*-explicit-*)
  explicit SecretView(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] Bytes view() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// Zeroes a secret, also where a compiler thinks that nobody looks again.
void wipe(MutableBytes secret);

}  // namespace varve::env
