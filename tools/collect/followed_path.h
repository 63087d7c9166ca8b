// One followed path: every file that is or was under it, while others write, rename, copy and cut
// them. See FollowedPath for how.
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
inline constexpr std::uint64_t kLookBesideMs = 1'000;   // between two looks into the directory
inline constexpr std::uint64_t kLookAnywayMs = 60'000;  // ... also when no name has changed
inline constexpr std::size_t kGoneMax = 64;  // positions kept of files that are not beside any more
inline constexpr std::size_t kNewsMax = 8;   // unknown files that one look takes on
inline constexpr std::size_t kHeldMax = 16;  // quiet rotated files of one path that are held open

class FollowedPath;

/// What all followed paths share; outlives them.
struct FollowParts {
  const std::vector<std::string>& names;  // of all followed paths
  std::list<FollowedPath>& paths;         // the same: they hand files over to each other
  env::Clock& clock;
  FileSlots& slots;
  std::uint64_t hold_ms;
  Say say;
};

/// The files of one path, in three groups:
///   the live file   is under the path now
///   rotated files   were, and are still open: a writer may be late to notice
///   closed files    are not open; a Position says how far each was taken, and its standing what is
///                   left to do:
///     kOpen         not read to its end: it was open when the last process ended, or cannot be
///                   read now. It is looked for under every name in the directory, then in a copy.
///     kFinished     read to its end, or given up aloud; what is added to it is still taken
///     kNotOurs      was there before the path was followed: nothing of it is taken
///
// clang-format off
/// How a file moves between them:
///   renamed, a new one made (logrotate's default)  live -> rotated; the new one is live
///   copied, then cut to nothing (copytruncate)     its copy is rotated, from where it was
///   a rotated file is quiet for hold_ms            rotated -> closed, kFinished
///   a rotated file is written anew (cp over it)    its old content is looked for in a copy; the
///                                                  new content is an unknown file's
///   an unknown file under a rotated name           rotated, from its beginning
///   a closed file of another followed path         live or rotated, from where that path had read
///                                                  it to; it is not that path's any more
///
/// What is taken and what is known of files reach the disk together (take_changes()), so a kill at
/// any moment neither loses nor doubles an event. Three rules keep that true:
///   1. When a path is first followed, it becomes durable that it is, and which files were beside
///      it then, before anything is taken. Whatever has no position later was not taken.
///   2. A file is its inode, its time of birth and the content taken of it, together.
///   3. What cannot be looked at now says nothing. A position is given up only where another file
///      has the path; also then it is kept for a while (kGoneMax), for the file may come back.
///      Where only the directory cannot be listed, the live file is read all the same.
// clang-format on
///
/// KNOWN: two histories that leave the same bytes cannot be told apart. A file that is copied, cut
/// and then written with just what the copy has, and more, while nobody looks, is the same as one
/// that was copied and not cut. The copy is left out, and that is said.
///
/// KNOWN: what was beside a path when it was first followed is taken, aloud, where the directory
/// could not be listed then and can be later.
///
/// KNOWN: a copy is taken from its beginning, so what was taken before the cut is taken twice,
/// where the directory could not be listed from the cut until something was taken of the file
/// again, and the process was started anew before it could be.
///
/// KNOWN: a file that was made, rotated and compressed while nothing ran looks like one that was
/// taken and compressed later: it is passed over.
///
/// Thread: one.
class FollowedPath {
 public:
  /// `known` is what the spool remembers of this path, also under the name that it has without
  /// links.
  FollowedPath(std::string path, std::vector<Position> known, const FollowParts& parts);

  /// Rule 1, once all paths are made. Returns whether this call did it: then take_changes() has
  /// what has to be durable before poll() is called.
  bool begin();

  /// Takes up to `most` events that are there. A last line without newline waits for its end,
  /// unless the file was rotated away and is quiet. Returns how many were taken. Stops early when
  /// the intake's batch is full. What cannot be read is said once, and tried again later; it keeps
  /// no other file from being read.
  std::uint64_t poll(Intake& intake, std::uint64_t most);

  /// Whether take_changes() has any that no event has to wait for.
  [[nodiscard]] bool has_settled() const { return !settled_.empty(); }
  /// Appends what changed since the last take_changes(): to be flushed with the events taken.
  void take_changes(std::vector<Position>& changes);

  /// Bytes that its files have behind what was taken, whether they are open or not, a last line without its end
  /// included. A file that cannot be read now counts as taken, and what is passed over counts not at all.
  [[nodiscard]] std::uint64_t behind_bytes();
  /// Whether there was a file under the path at the last look, which is open and can be read. The open file of a
  /// path that leads nowhere any more is read on, and is none.
  [[nodiscard]] bool has_file() const {
    return live_.has_value() && !missing_due_ms_ && last_error_.empty();
  }

  /// Whether it waits for a slot.
  [[nodiscard]] bool needs_slot() const { return needs_slot_; }
  /// Closes the quiet rotated file that it has held longest. Returns whether there was one.
  bool let_go_of_one();
  /// Whether it has this very file open.
  [[nodiscard]] bool reads(const InputFile& file) const;

 private:
  /// An open file.
  struct OpenFile {
    OpenFile(EventStream s, std::uint64_t now_ms, FileSlots::Slot one)
        : stream(std::move(s)), grew_ms(now_ms), slot(std::move(one)) {}
    EventStream stream;
    std::uint64_t grew_ms;           // when an event was last taken from it
    FileSlots::Slot slot;            // null: a copy that had to be opened although none was left
    bool changed = true;             // its position is not in take_changes() yet
    bool finished = false;           // rotated and quiet, and its position says so
    std::uint64_t next_look_ms = 0;  // once it is
  };
  using Rotated = std::list<OpenFile>;

  /// A file under a rotated name that has something to take.
  struct Beside {
    std::string path;
    InputFile file;
    std::optional<Position> position;  // where to go on; nothing: the file is unknown
  };

  // followed_path.cc: what is under the path
  Result<void> look();
  Result<void> open_live();
  bool take_back(const FileId& file);
  Result<std::optional<EventStream>> resume_closed(InputFile& file);
  bool is_read_as_another(const InputFile& file);
  [[nodiscard]] const FollowedPath* other_reader(const InputFile& file) const;
  [[nodiscard]] Result<std::optional<Position>> known_to_another(const InputFile& file) const;
  void take_over(const Position& position);
  Result<bool> notice_cut();
  [[nodiscard]] bool waits_for_its_copy() const;
  Result<void> notice_rename();
  Result<bool> first_event_waits();
  bool directory_changed();
  Result<std::uint64_t> take(OpenFile& from, bool rest_too, Intake& intake, std::uint64_t most);
  Result<std::uint64_t> take_live(Intake& intake, std::uint64_t most);

  // follow_say.cc: what a person is told
  void say_missing();
  void say_no_slot();
  void say_found();
  void say_births_unknown(const FileId& file);
  void say_error(const Result<void>& looked);
  void say_unlisted(const Result<void>& listed);
  void say_of(const FileId& file, const std::string& line);

  // follow_resume.cc: files that were not read to their end, and what is there at the beginning
  void adopt(Position& position);
  [[nodiscard]] std::vector<Position> unfinished() const;
  Result<void> reopen_unfinished();
  Result<void> find_unfinished();
  bool reopen(const Position& position, const std::vector<Sibling>& beside, bool untouched_too);
  Result<void> look_for_rest(Position position);
  Result<void> begin_to_follow();
  Result<void> note_what_is_beside(bool opened);

  // follow_beside.cc: files under rotated names
  Result<bool> look_beside();
  Result<void> visit_news(const std::function<void(Beside)>& visit);
  Result<std::vector<Beside>> news_to_take();
  [[nodiscard]] bool is_rotated_from_here(const Sibling& sibling) const;
  std::optional<Beside> news_of(const Sibling& sibling);
  [[nodiscard]] Result<std::optional<Position>> position_of(const InputFile& file) const;
  bool is_left_out(const Beside& unknown);
  void take_from(Beside news);
  Result<bool> go_on_in_copy(const Position& position, const Taken* taken);
  bool open_copy(Beside copy, ByteOffset size, const Position& position, bool bytes_are_known);
  void forget_gone();
  [[nodiscard]] bool is_open(const FileId& file) const;
  [[nodiscard]] bool is_in_use(std::uint64_t inode, const std::vector<Position>& closed) const;
  FileSlots::Slot slot_for_rotated();

  // follow_behind.cc: what is not taken yet
  std::uint64_t behind_under_path();
  std::uint64_t behind_in(const Sibling& sibling);

  // follow_rotated.cc: rotated files
  std::uint64_t drain_rotated(Intake& intake, std::uint64_t most);
  Result<std::uint64_t> drain_one(OpenFile& one, Intake& intake, std::uint64_t most);
  bool close_one_overwritten();
  Rotated::iterator let_go(Rotated::iterator one);
  Rotated::iterator give_up(Rotated::iterator one, const Error& why);
  void let_go_of_too_many();
  void finish(Position position);
  [[nodiscard]] bool is_beside(const FileId& file) const;

  [[nodiscard]] std::uint64_t now_ms() const { return parts_.clock.steady_ms(); }

  const std::string path_;
  const FollowParts& parts_;

  std::optional<OpenFile> live_;
  Rotated rotated_;               // oldest first
  std::vector<Position> closed_;  // oldest first
  // Positions for take_changes() that are not those of open files.
  std::vector<Position> settled_;

  bool begun_ = false;       // rule 1 is done
  bool needs_slot_ = false;  // the path leads to a file that may not be opened

  // When to look into the directory.
  bool look_due_ = true;
  bool look_again_ = false;  // a name that changed while it was looked may have been missed
  std::uint64_t next_look_ms_ = 0;
  std::uint64_t look_anyway_ms_ = 0;
  std::uint64_t look_after_error_ms_ = 0;
  std::uint64_t list_after_error_ms_ = 0;
  std::uint64_t directory_ns_ = 0;  // when the directory had last changed, at the last look

  // What was said.
  std::set<FileId> said_of_;  // files of which something was said
  std::string last_error_;
  std::string listing_error_;
  std::optional<std::uint64_t> missing_due_ms_;  // when a missing path will be told
  bool missing_said_ = false;
  bool births_said_ = false;
  bool was_there_ = false;
};

}  // namespace varve::collect
