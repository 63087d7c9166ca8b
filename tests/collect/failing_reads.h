// A disk that cannot read a part of a file, without a disk that is broken.
#pragma once

#include <cstdint>
#include <string>

namespace varve::collect {

/// While it lives, this process cannot read the file behind its first `from` bytes (EIO). One at a
/// time.
class FailingReads {
 public:
  FailingReads(const std::string& path, std::uint64_t from);
  ~FailingReads();
  FailingReads(const FailingReads&) = delete;
  FailingReads& operator=(const FailingReads&) = delete;
};

}  // namespace varve::collect
