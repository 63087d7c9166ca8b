// What is made from sealed segments, each kind behind one interface: sealing, recovery, audit and
// rebuild know this and nothing else of it. One that is new is a class and a row in one list.
//
//   sealing    add()     before the catalogue knows of the segment
//              update()  afterwards, on a thread beside the one that commits
//   a start    load(), update(); kCorrupt: catalogue, hash files and these are made again
//   rebuild    add() of each segment, update() now and then
//   a stop     stop()
//   audit      DerivedCheck (ledger/upkeep/derived_checks.h)
#pragma once

#include <atomic>

#include "ledger/base/result.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/segment_facts.h"

namespace varve::store {

/// A folder of files that follow the sealed segments. Thread: load() and add() from one, update()
/// from any, stop() from any.
class DerivedFile {
 public:
  DerivedFile() = default;
  virtual ~DerivedFile() = default;
  DerivedFile(const DerivedFile&) = delete;
  DerivedFile& operator=(const DerivedFile&) = delete;

  /// For a start, first: takes up the files of all segments that the catalogue knows.
  /// Errors: kCorrupt  one is missing, damaged or of another log: made again.  kIo.
  virtual Result<void> load(const Catalogue&) { return {}; }
  /// Of a segment that was sealed, whose end has this root: whatever only its facts can say is
  /// durable when it returns. Errors: kFull, kIo.
  virtual Result<void> add(const SegmentFacts&, const Hash&) { return {}; }
  /// Makes what is missing for the segments that the catalogue knows, and takes files together. A
  /// crash at any call leaves whole files; whatever an error leaves undone is done by the next one.
  /// Errors: kCorrupt  a file cannot be read. It is not tried again in this life, all others are
  ///         made.  kBusy  stop() was called.  kFull, kIo.
  virtual Result<void> update(const Catalogue& catalogue) = 0;

  /// An update that takes long ends soon with kBusy; one of a few megabytes goes on to its end.
  void stop() { stopping_ = true; }

 protected:
  [[nodiscard]] bool is_stopping() const { return stopping_; }

 private:
  std::atomic<bool> stopping_ = false;
};

}  // namespace varve::store
