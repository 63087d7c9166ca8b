// Files that grow while they are read, and are rotated away by others:
//   renamed, a new one made (logrotate's default)  the old one is read to its end, then the new
//   copied, then cut to nothing (copytruncate)     the copy is found by its content, read to its
//   end
// Positions are by file, not by name, and reach the disk together with the events up to them.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "tools/collect/event_stream.h"
#include "tools/collect/intake.h"
#include "tools/collect/media_type.h"
#include "tools/collect/rotation.h"

namespace varve::collect {

inline constexpr std::uint64_t kQuietMs =
    10'000;  // a rotated file that did not grow so long is done

/// Everything that was written under one path. Thread: one.
class FollowedPath {
 public:
  /// `known` is what the spool remembers of this path. A rest that was rotated away meanwhile is
  /// looked for beside it; where it cannot be found, that is said aloud.
  FollowedPath(std::string path, std::vector<Position> known, env::Clock& clock, Say say);

  /// Takes up to `most` events that are there. A last line without newline waits for its end,
  /// unless the file was rotated away and is quiet. Returns how many were taken.
  /// Stops early when the intake's batch is full. Errors: kIo  it cannot be read.
  Result<std::uint64_t> poll(Intake& intake, MediaTypes& types, std::uint64_t most);

  /// Appends what changed since the last take_changes(): to be flushed with the events taken.
  void take_changes(std::vector<Position>& changes);

 private:
  struct Generation {
    explicit Generation(EventStream s, std::uint64_t now_ms)
        : stream(std::move(s)), grew_ms(now_ms) {}
    EventStream stream;
    std::uint64_t grew_ms;  // when an event was last taken from it
    bool changed = true;    // its position is not in take_changes() yet
  };

  void resume(std::vector<Position> known);
  void resume_rotated(const Position& position);
  void take_unseen(std::vector<Sibling> files);
  void take_those_missed_while_away();
  void take_those_missed_between_looks();
  Result<void> take_those_missed_before_the_first_event();
  Result<void> leave_copies_of_live(std::vector<Sibling>& files);
  Result<void> open_live();
  Result<void> notice_cut();
  Result<void> notice_rename();
  Result<std::uint64_t> drain_rotated(Intake& intake, MediaTypes& types, std::uint64_t most);
  Result<std::uint64_t> take(Generation& from, bool rest_too, Intake& intake, MediaTypes& types,
                             std::uint64_t most);
  std::optional<EventStream> find_copy(const Position& position);
  [[nodiscard]] bool is_open(FileId file) const;

  std::string path_;
  env::Clock& clock_;
  Say say_;
  std::optional<Generation> live_;
  std::list<Generation> rotated_;  // oldest first
  std::set<FileId> seen_;          // of the files beside it: read, or there before
  std::vector<Position> settled_;  // changes that no open file stands for any more
};

/// All followed paths over one intake. Thread: one.
class Follower {
 public:
  Follower(const std::vector<std::string>& paths, Intake& intake, const Spool& spool,
           env::Clock& clock, const Say& say);

  /// One look at every file; full batches are spooled. Returns whether anything was taken.
  /// Errors: those of Intake::flush. A file that cannot be read is said aloud and tried again.
  Result<bool> poll();
  /// Spools what was taken, together with how far that was.
  Result<void> flush();

 private:
  Result<bool> poll_one(FollowedPath& path);

  Intake& intake_;
  MediaTypes media_types_;
  std::list<FollowedPath> paths_;
  Say say_;
  std::string last_said_;
};

}  // namespace varve::collect
