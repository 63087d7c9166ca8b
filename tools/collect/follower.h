// Files that grow while they are read, and are rotated away by others:
//   renamed, a new one made (logrotate's default)  the old one is read to its end, then the new
//   copied, then cut to nothing (copytruncate)     the copy is found by its content, read to its
//   end
// Positions are by file, not by name, and reach the disk together with the events up to them.
//
// What a start must not have to guess: whether a file beside the followed one was taken. So when a
// path is first followed, before anything is taken, it becomes durable that it is, and which files
// were beside it then. From there on every rotated file has a position, or nothing of it was taken,
// and then it is taken from its beginning. A position lasts as long as its file (kGoneMax), and a
// file is its inode, its time of birth and what was taken of it together. One exception: what the
// followed file itself begins with is a copy, and of the two the file is taken until it is cut.
//
// KNOWN: two histories that leave the same bytes cannot be told apart. A file that is copied, cut
// and then written with just what the copy has, and more, while nobody looks, is the same as one
// that was copied and not cut. The copy is left out, and that is said.
//
// KNOWN: a file that was made, rotated and compressed while nothing ran looks like one that was
// taken and compressed later: it is passed over.
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

inline constexpr std::uint64_t kLookBesideMs = 1'000;  // between two looks for unknown files
inline constexpr std::size_t kGoneMax = 64;  // positions kept of files that are not beside any more

/// Everything that was written under one path. Thread: one.
class FollowedPath {
 public:
  /// `known` is what the spool remembers of this path. A rest that was rotated away meanwhile is
  /// looked for beside it; where it cannot be found, that is said aloud. `followed` are all paths
  /// that are: no file is taken under two.
  FollowedPath(std::string path, const std::vector<std::string>& followed,
               std::vector<Position> known, env::Clock& clock, Say say);

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

  /// A rotated file that has something to take.
  struct Beside {
    std::string path;
    InputFile file;
    std::optional<Position> position;  // kFinished, and added to since; nothing: it is unknown
  };

  // follow_resume.cc
  void resume(std::vector<Position> known);
  void resume_live(std::vector<Position>& known);
  bool resume_under_any_name(const Position& position);
  void resume_in_copy(const Position& position);
  void begin_to_follow();

  // follow_beside.cc
  Result<void> look_beside();
  std::vector<Beside> news_beside();
  std::optional<Beside> news_of(const Sibling& sibling);
  bool is_left_out(const Beside& unknown);
  void take_from(Beside news);
  bool go_on_in_copy(const Position& position, const Taken* taken);
  void finish(Position position);
  void forget_gone();
  void say_of(const FileId& file, const std::string& line);
  [[nodiscard]] bool is_open(const FileId& file) const;
  [[nodiscard]] bool is_in_use(std::uint64_t inode, const std::vector<Position>& ended) const;

  // follower.cc
  Result<void> open_live();
  Result<bool> notice_cut();
  Result<void> notice_rename();
  Result<bool> first_event_waits();
  bool directory_changed();
  Result<std::uint64_t> drain_rotated(Intake& intake, MediaTypes& types, std::uint64_t most);
  Result<std::uint64_t> take(Generation& from, bool rest_too, Intake& intake, MediaTypes& types,
                             std::uint64_t most);

  std::string path_;
  const std::vector<std::string>& followed_;
  env::Clock& clock_;
  Say say_;
  std::optional<Generation> live_;
  std::list<Generation> rotated_;  // oldest first
  std::vector<Position> ended_;    // kFinished and kNotOurs, oldest first
  std::vector<Position> settled_;  // changes that no open file stands for any more
  std::set<FileId> said_of_;       // unknown files that were left out, and that was said
  bool look_due_ = true;
  bool look_again_ = false;  // a name that changed while it was looked may have been missed
  std::uint64_t next_look_ms_ = 0;
  std::uint64_t directory_ns_ = 0;  // when the directory had last changed, at the last look
};

/// All followed paths over one intake. Thread: one.
class Follower {
 public:
  Follower(std::vector<std::string> paths, Intake& intake, const Spool& spool, env::Clock& clock,
           const Say& say);

  /// One look at every file; full batches are spooled. Returns whether anything was taken.
  /// Errors: those of Intake::flush and, the first time, of Intake::remember. A file that cannot be
  /// read is said aloud and tried again.
  Result<bool> poll();
  /// Spools what was taken, together with how far that was.
  Result<void> flush();

 private:
  Result<void> begin();
  Result<bool> poll_one(FollowedPath& path);

  const std::vector<std::string> names_;
  Intake& intake_;
  MediaTypes media_types_;
  std::list<FollowedPath> paths_;
  bool begun_ = true;  // it is durable that all paths are followed
  Say say_;
  std::string last_said_;
};

}  // namespace varve::collect
