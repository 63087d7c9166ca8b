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
// A rotated file stays open while it grows and for a time after (FollowOptions::hold_ms), wherever
// it was moved and also when it was removed: its writer may be slow to notice. Once it is quiet,
// its position says that it was read to its end, whatever becomes of it then.
//
// KNOWN: a file that was made, rotated and compressed while nothing ran looks like one that was
// taken and compressed later: it is passed over.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "tools/collect/event_stream.h"
#include "tools/collect/file_slots.h"
#include "tools/collect/intake.h"
#include "tools/collect/rotation.h"

namespace varve::collect {

// A rotated file that did not grow so long: its last line needs no newline, and is not waited for.
inline constexpr std::uint64_t kQuietMs = 10'000;
inline constexpr std::uint64_t kMissingMs = 10'000;     // a path that leads nowhere so long is told
inline constexpr std::uint64_t kLookBesideMs = 1'000;   // between two looks for unknown files
inline constexpr std::uint64_t kLookAnywayMs = 60'000;  // ... also when no name has changed
inline constexpr std::size_t kGoneMax = 64;  // positions kept of files that are not beside any more
inline constexpr std::size_t kNewsMax = 8;   // unknown files that one look takes on
inline constexpr std::size_t kHeldMax = 16;  // quiet rotated files of one path that are held open

/// What all followed paths share; outlives them.
struct FollowParts {
  const std::vector<std::string>& followed;  // all paths that are: no file is taken under two
  env::Clock& clock;
  FileSlots& slots;
  std::uint64_t hold_ms;
  Say say;
};

/// Everything that was written under one path. Thread: one.
class FollowedPath {
 public:
  /// `known` is what the spool remembers of this path, also under the name that it has without
  /// links. A rest that was rotated away meanwhile is looked for beside it; where it cannot be
  /// found, that is said aloud.
  FollowedPath(std::string path, std::vector<Position> known, const FollowParts& parts);

  /// Finds where each file had been taken to; the constructor has done it where a slot was free.
  /// Requires that nothing is polled before. Returns whether this call did it.
  bool resume_late();

  /// Takes up to `most` events that are there. A last line without newline waits for its end,
  /// unless the file was rotated away and is quiet. Returns how many were taken.
  /// Stops early when the intake's batch is full. Errors: kIo, kInvalid  it cannot be read.
  Result<std::uint64_t> poll(Intake& intake, std::uint64_t most);

  /// Whether take_changes() has any that no event has to wait for.
  [[nodiscard]] bool has_settled() const { return !settled_.empty(); }
  /// Appends what changed since the last take_changes(): to be flushed with the events taken.
  void take_changes(std::vector<Position>& changes);

  /// Whether it waits for a slot.
  [[nodiscard]] bool needs_slot() const { return needs_slot_; }
  /// Closes the quiet rotated file that it has held longest. Returns whether there was one.
  bool let_go_of_one();

  /// Says an error of poll() once, until another one or success.
  void say_error(const Result<std::uint64_t>& polled);

 private:
  struct Generation {
    Generation(EventStream s, std::uint64_t now_ms, FileSlots::Slot one)
        : stream(std::move(s)), grew_ms(now_ms), slot(std::move(one)) {}
    EventStream stream;
    std::uint64_t grew_ms;           // when an event was last taken from it
    FileSlots::Slot slot;            // null: a copy that had to be opened although none was left
    bool changed = true;             // its position is not in take_changes() yet
    bool finished = false;           // quiet, and its position says so
    std::uint64_t next_look_ms = 0;  // once it is
  };
  using Rotated = std::list<Generation>;

  /// A rotated file that has something to take.
  struct Beside {
    std::string path;
    InputFile file;
    std::optional<Position> position;  // kFinished, and added to since; nothing: it is unknown
  };

  // follow_resume.cc
  void resume(std::vector<Position> known, FileSlots::Slot slot);
  void adopt(Position& position);
  void resume_live(std::vector<Position>& known, FileSlots::Slot slot);
  bool resume_under_any_name(const Position& position);
  void resume_in_copy(const Position& position);
  void begin_to_follow();

  // follow_beside.cc
  Result<void> look_beside();
  void visit_news(const std::function<void(Beside)>& visit);
  std::vector<Beside> news_to_take();
  std::optional<Beside> news_of(const Sibling& sibling);
  bool is_left_out(const Beside& unknown);
  void take_from(Beside news);
  bool go_on_in_copy(const Position& position, const Taken* taken);
  void forget_gone();
  void say_of(const FileId& file, const std::string& line);
  [[nodiscard]] bool is_open(const FileId& file) const;
  [[nodiscard]] bool is_in_use(std::uint64_t inode, const std::vector<Position>& ended) const;

  // follow_rotated.cc
  Result<std::uint64_t> drain_rotated(Intake& intake, std::uint64_t most);
  Result<std::uint64_t> drain_one(Generation& one, Intake& intake, std::uint64_t most);
  Rotated::iterator let_go(Rotated::iterator one);
  Rotated::iterator give_up(Rotated::iterator one, const Error& why);
  void let_go_of_too_many();
  void finish(Position position);
  [[nodiscard]] bool is_beside(const FileId& file) const;

  // followed_path.cc
  Result<void> open_live();
  bool take_back(const FileId& file);
  std::optional<EventStream> resume_ended(InputFile& file);
  void say_missing();
  void say_no_slot();
  void say_found();
  Result<bool> notice_cut();
  Result<void> notice_rename();
  Result<bool> first_event_waits();
  bool directory_changed();
  Result<std::uint64_t> take(Generation& from, bool rest_too, Intake& intake, std::uint64_t most);
  [[nodiscard]] std::uint64_t now_ms() const { return parts_.clock.steady_ms(); }

  std::string path_;
  const FollowParts& parts_;
  std::optional<std::vector<Position>> unresumed_;  // what the spool remembers, until resume()
  std::optional<Generation> live_;
  Rotated rotated_;                // oldest first
  std::vector<Position> ended_;    // of files that are not open, oldest first
  std::vector<Position> settled_;  // changes that no open file stands for any more
  std::set<FileId> said_of_;       // unknown files that were left out, and that was said
  std::string last_error_;
  std::optional<std::uint64_t> missing_due_ms_;  // when it will be told
  bool missing_said_ = false;
  bool was_there_ = false;
  bool needs_slot_ = false;
  bool look_due_ = true;
  bool look_again_ = false;  // a name that changed while it was looked may have been missed
  std::uint64_t next_look_ms_ = 0;
  std::uint64_t look_anyway_ms_ = 0;
  std::uint64_t directory_ns_ = 0;  // when the directory had last changed, at the last look
};

}  // namespace varve::collect
