// Takes files that are complete: documents, and files of lines. What was taken before, in this
// run or an earlier one, is recognised by its content and not taken again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/collect/event_stream.h"
#include "tools/collect/intake.h"
#include "tools/collect/media_type.h"

namespace varve::collect {

/// Thread: one.
class FileReader {
 public:
  FileReader(Intake& intake, const Spool& spool) : intake_(intake), spool_(spool) {}

  /// One file. A file that cannot be read or understood is refused aloud and passed over.
  /// Errors: those of Intake::flush, which end the run.
  Result<void> read(const std::string& path);
  /// Spools what the last batch lacks to be full.
  Result<void> finish();

  [[nodiscard]] std::uint64_t files() const { return files_; }
  /// Files of which nothing new was found.
  [[nodiscard]] std::uint64_t already_taken() const { return already_taken_; }

 private:
  Result<void> read_open(const std::string& path, InputFile file);
  Result<void> read_document(const std::string& path, const InputFile& file, const Buffer& content);
  Result<void> read_events(EventStream stream);
  Result<void> flush_if_full(EventStream* open);

  Intake& intake_;
  const Spool& spool_;
  MediaTypes media_types_;
  std::vector<Position> finished_;  // of files whose last events are in the open batch
  std::uint64_t files_ = 0;
  std::uint64_t already_taken_ = 0;
};

/// The position among `known` at which reading of `file` goes on: the same file, still beginning
/// with what was taken of it. Nothing: it is new, or was written anew. A copy is another file: to
/// take an event twice can be seen and explained, to miss one cannot. Errors: kIo.
Result<std::optional<Position>> find_taken(const InputFile& file,
                                           const std::vector<Position>& known);

}  // namespace varve::collect
