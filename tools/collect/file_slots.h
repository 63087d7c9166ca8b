// How many followed files may be open at once: the other descriptors are for the spool, the socket,
// and files that are only looked at.
#pragma once

#include <cstddef>
#include <memory>

namespace varve::collect {

/// Outlives its slots. Thread: one.
class FileSlots {
 public:
  explicit FileSlots(std::size_t most) : left_(most) {}
  FileSlots(const FileSlots&) = delete;
  FileSlots& operator=(const FileSlots&) = delete;

  struct GiveBack {
    void operator()(std::size_t* left) const { ++*left; }
  };
  /// Given back when it is destroyed. Null: none is left.
  using Slot = std::unique_ptr<std::size_t, GiveBack>;
  Slot take() {
    if (left_ == 0) return nullptr;
    --left_;
    return Slot(&left_);
  }

 private:
  std::size_t left_;
};

/// Raises this process's soft limit of descriptors to the hard one. Returns how many followed files
/// may be open then, one at least.
std::size_t raise_file_limit();

}  // namespace varve::collect
