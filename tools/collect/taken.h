// What has been taken of one file so far, as the bytes that identify it (position.h).
#pragma once

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "tools/collect/input_file.h"
#include "tools/collect/position.h"

namespace varve::collect {

/// Holds at most kHeadSize + kTailSize bytes. Thread: one.
class Taken {
 public:
  /// As if the first `taken` bytes of `file` had been fed.
  /// Errors: kNotFound  the file is shorter than that.  kIo.
  static Result<Taken> of(const InputFile& file, ByteOffset taken);

  /// The next bytes of the file, in order.
  void feed(Bytes bytes);

  [[nodiscard]] Fingerprint fingerprint() const;
  [[nodiscard]] ByteOffset size() const { return size_; }
  /// Whether `file` still has, just before size(), what was fed last. Cheap; for every look at a
  /// file that may have been cut and written anew. Errors: kIo.
  [[nodiscard]] Result<bool> still_ends(const InputFile& file) const;
  /// Whether all of `file`, as far as its head tells, is the beginning of what was fed. Errors:
  /// kIo.
  [[nodiscard]] Result<bool> begins_with(const InputFile& file) const;

 private:
  Buffer head_;
  Buffer tail_;
  ByteOffset size_;
};

/// Whether `file`, by whatever name and inode, begins with what was taken up to `position`.
/// Errors: kIo.
Result<bool> begins_as_taken(const InputFile& file, const Position& position);

}  // namespace varve::collect
