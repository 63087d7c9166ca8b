// Files that were not read to their end when they were last open: after a start, and after one
// could not be read. And what is there when a path is first followed.
#include <algorithm>
#include <utility>

#include "tools/collect/follow_stream.h"
#include "tools/collect/followed_path.h"

namespace varve::collect {

/// What is known under the name without links is known under this one from now on.
void FollowedPath::adopt(Position& position) {
  if (position.path == path_) return;
  settled_.push_back(position);
  settled_.back().standing = Standing::kForgotten;
  position.path = path_;
  settled_.push_back(position);
}

std::vector<Position> FollowedPath::unfinished() const {
  std::vector<Position> open;
  std::ranges::copy_if(closed_, std::back_inserter(open), [](const Position& position) {
    return position.standing == Standing::kOpen;
  });
  return open;
}

/// What can be read under another name goes on, although what is under the path cannot be looked
/// at. Errors: kIo  the directory cannot be read.
Result<void> FollowedPath::reopen_unfinished() {
  const std::vector<Position> open = unfinished();
  if (open.empty()) return {};
  ASSIGN_OR_RETURN(const std::vector<Sibling> beside, siblings_of(path_));
  for (const Position& position : open) static_cast<void>(reopen(position, beside, true));
  return {};
}

/// The same, and what is not there any more is looked for in a copy. A rotated file of which
/// nothing was taken is left to news_to_take(): an unknown one may be older. Requires that
/// open_live() was called, so the file that is under the path, if there is one, is none of them.
Result<void> FollowedPath::find_unfinished() {
  const std::vector<Position> open = unfinished();
  if (open.empty() || (!live_ && needs_slot_)) return {};
  ASSIGN_OR_RETURN(const std::vector<Sibling> beside, siblings_of(path_));
  for (const Position& position : open)
    if (!reopen(position, beside, false)) RETURN_IF_ERROR(look_for_rest(position));
  return {};
}

/// Whether it is there under any name, although perhaps it cannot be opened now.
bool FollowedPath::reopen(const Position& position, const std::vector<Sibling>& beside,
                          bool untouched_too) {
  for (const Sibling& sibling : beside) {
    if (!same_file(sibling.now.file, position.file) || is_open(sibling.now.file)) continue;
    Result<InputFile> file = InputFile::open(sibling.path);
    if (!file && file.error().code == Code::kNotFound) continue;
    Result<std::optional<EventStream>> stream =
        file ? stream_from(path_, *file, position) : std::move(file).error();
    if (!stream) {
      say_of(position.file,
             sibling.path + " was not read to its end, and cannot be: " + stream.error().message);
      return true;
    }
    if (!*stream) continue;  // it was written anew
    if (other_reader((*stream)->file()) != nullptr) return true;
    const bool untouched = position.taken == ByteOffset{0};
    if (untouched && !untouched_too && is_rotated_name(path_, sibling.path)) return true;
    FileSlots::Slot slot = slot_for_rotated();
    look_again_ = look_again_ || !slot;
    if (!slot) return true;
    rotated_.emplace_back(std::move(**stream), now_ms(), std::move(slot));
    std::erase(closed_, position);
    return true;
  }
  return false;
}

// Where nothing has its path, it may only be away, with its directory or its disk. A copy shows
// that it is not.
Result<void> FollowedPath::look_for_rest(Position position) {
  ASSIGN_OR_RETURN(const bool copied, go_on_in_copy(position, nullptr));
  if (!copied && !live_) return {};
  if (!copied)
    parts_.say("what was written to " + path_ + " after byte " +
               std::to_string(position.taken.value) + " (line " + std::to_string(position.lines) +
               ") of a file that is gone cannot be found beside it");
  std::erase(closed_, position);
  if (is_open(position.file)) return {};  // it was cut: what it has now is at a position of its own
  position.standing = Standing::kFinished;
  closed_.push_back(position);
  settled_.push_back(std::move(position));
  return {};
}

/// Where the path cannot be looked at either, its directory may be away with all that is in it:
/// then later. Errors: kIo.
Result<void> FollowedPath::begin_to_follow() {
  const Result<void> opened = live_ ? Result<void>{} : open_live();  // poll() says why not
  const Result<void> listed = note_what_is_beside(opened.has_value());
  if (!opened) RETURN_IF_ERROR(listed);
  say_unlisted(listed);
  settled_.push_back({path_, {}, {}, 0, {}, Standing::kFollowed});
  return {};
}

// What was rotated away before is not to be taken. A copy of the file itself is: that may be cut.
Result<void> FollowedPath::note_what_is_beside(bool opened) {
  RETURN_IF_ERROR(opened ? find_unfinished() : reopen_unfinished());
  std::vector<Position> not_ours;  // closed_ itself is read while the files are visited
  RETURN_IF_ERROR(visit_news([&](Beside beside) {
    const Result<ByteOffset> size = beside.file.size();
    const Result<Taken> all = size ? Taken::of(beside.file, *size) : size.error();
    const Result<bool> copy = is_copy_of(beside.file, path_);
    if (beside.position || !all || (copy && *copy)) return;
    not_ours.push_back({path_, beside.file.id(), *size, 0, all->fingerprint(), Standing::kNotOurs});
  }));
  for (const Position& position : not_ours) {
    closed_.push_back(position);
    settled_.push_back(position);
  }
  return {};
}

}  // namespace varve::collect
