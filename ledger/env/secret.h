// Secrets in memory: locked, guarded, wiped when released, never copied by accident.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "ledger/base/bytes.h"

namespace varve::env {

/// Owns `size` bytes from sodium_malloc: locked against swap, excluded from core dumps, zeroed on
/// release. Requires env::initialize() to have succeeded.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);
  SecretBytes(SecretBytes&& other) noexcept
      : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  static SecretBytes copy_of(Bytes bytes);

  [[nodiscard]] Bytes view() const { return {data_.get(), size_}; }
  [[nodiscard]] MutableBytes mutable_view() { return {data_.get(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace varve::env
