// Takes files that are complete: documents, and files of lines. What was taken before, in this
// run or an earlier one, is recognised by its content and not taken again.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "tools/collect/event_stream.h"
#include "tools/collect/intake.h"

namespace varve::collect {

/// Thread: one.
class FileReader {
 public:
  /// Once `stop` is set, read() ends early, behind a whole event.
  FileReader(Intake& intake, const Spool& spool, const std::atomic<bool>& stop)
      : intake_(intake), spool_(spool), stop_(stop) {}

  /// One file. A file that cannot be read or understood is refused aloud and passed over.
  /// Errors: those of Intake::flush, which end the run.
  Result<void> read(const std::string& path);
  /// Spools what the last batch lacks to be full.
  Result<void> finish();

  [[nodiscard]] std::uint64_t files() const { return files_; }
  /// Files of which nothing new was found.
  [[nodiscard]] std::uint64_t already_taken() const { return already_taken_; }

 private:
  struct Input {
    std::string path;  // resolved
    std::vector<Position> known;
  };
  struct Begin {
    Buffer content;
    bool behind_a_hole = false;
  };

  /// Refuses the file aloud when `read` is an error.
  template <class T>
  bool readable(const std::string& path, const Result<T>& read) {
    if (!read) intake_.refuse(path, read.error().message);
    return read.has_value();
  }
  static Result<Begin> look_into(const InputFile& file);
  Result<void> read_open(const Input& input, InputFile file);
  Result<void> read_document(const Input& input, const InputFile& file, const Buffer& content);
  Result<void> read_events(EventStream stream);
  Result<void> flush_if_full(EventStream* open);

  Intake& intake_;
  const Spool& spool_;
  const std::atomic<bool>& stop_;
  std::vector<Position> finished_;  // of files whose last events are in the open batch
  std::uint64_t files_ = 0;
  std::uint64_t already_taken_ = 0;
};

/// Adds an event of a file of lines, or the record of its refusal; says it when it was behind a
/// hole.
void take_event(const EventStream& stream, const RawEvent& event, Intake& intake);

/// What is known of a file that has a path as it was given and one without links: append keeps its
/// positions under the second, follow under the first.
std::vector<Position> known_positions(const Spool& spool, const std::string& path,
                                      const std::string& other);

/// The position among `known` at which reading of `file` goes on: the same file, still beginning
/// with what was taken of it. Nothing: it is new, or was written anew. A copy is another file: to
/// take an event twice can be seen and explained, to miss one cannot. Errors: kIo.
Result<std::optional<Position>> find_taken(const InputFile& file,
                                           const std::vector<Position>& known);

}  // namespace varve::collect
