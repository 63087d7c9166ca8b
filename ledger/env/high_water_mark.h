// A high-water mark: how far a log had come, kept apart from the log's data. A store that was put
// back to an older copy looks whole; only something outside of it can tell that there was more. An
// implementation keeps marks in a file elsewhere (ledger/store/mark_file.h), in the token, or with a
// witness. all_marks() combines several places; a store has to satisfy each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::env {

/// A checkpoint that was durable before it was written down here: a lower bound for the log.
struct Mark {
  Hash log;  // SHA-256 of the log's origin, as in a segment's header
  TreeSize size;
  Hash root;  // of the tree of `size` records
  bool operator==(const Mark&) const = default;
};

/// Where the marks of one log are kept.
/// Thread: any. A log calls write() from a thread of its own, every few seconds while there is something
/// new and once at a stop, so it may take its time. A witness calls it before it answers.
class HighWaterMark {
 public:
  virtual ~HighWaterMark() = default;
  /// All marks that are kept here, in no order; none before the first write. A log refuses to open
  /// unless all are its own (see are_of()) and its store satisfies each.
  /// Errors: kCorrupt  what is kept cannot be read for what it was: says where, and what to do.
  ///         kBusy, kIo  the place does not answer. The log does not open in any of these cases.
  [[nodiscard]] virtual Result<std::vector<Mark>> read() const = 0;
  /// Replaces this log's mark; durable at return. When it fails or is cut off, the mark before is
  /// still there.
  /// Errors: kWorm     see may_replace(): another process writes this log.
  ///         kInvalid  the place is another log's.  kBusy, kFull, kIo.
  virtual Result<void> write(const Mark& mark) = 0;
};

/// Errors: kInvalid  one is of another log: it says nothing of this one, and must not count as none.
Result<void> are_of(const std::vector<Mark>& marks, const Hash& log);

/// Whether `next` may be written over `kept`, in the place that is called `place`. A log has one writer:
/// what it did not write there itself was written by another.
/// Errors: kWorm     `kept` is higher, or of the same size with another root.
///         kInvalid  `kept` is the mark of another log.
Result<void> may_replace(const Mark& kept, const Mark& next, const std::string& place);

/// Several places as one. read() gives the marks of all and fails when one place fails; write()
/// writes to each, also behind one that fails, and gives the first error, kWorm before others. So a place that was away
/// for a while is merely lower, and a place that was emptied is filled again while the other
/// places still guard the log.
std::unique_ptr<HighWaterMark> all_marks(std::vector<std::unique_ptr<HighWaterMark>> places);

}  // namespace varve::env
