// Finding, at a start, where each file under a path had been taken to.
#include <algorithm>
#include <utility>

#include "tools/collect/file_reader.h"
#include "tools/collect/follow_stream.h"
#include "tools/collect/followed_path.h"

namespace varve::collect {

FollowedPath::FollowedPath(std::string path, std::vector<Position> known, const FollowParts& parts)
    : path_(std::move(path)), parts_(parts), unresumed_(std::move(known)) {
  static_cast<void>(resume_late());
}

bool FollowedPath::resume_late() {
  if (!unresumed_) return false;
  FileSlots::Slot slot = parts_.slots.take();
  if (!slot) {
    say_no_slot();
    return false;
  }
  const std::vector<Position> known = *std::exchange(unresumed_, std::nullopt);
  resume(known, std::move(slot));
  return true;
}

// Each file by itself first: a copy is only looked for among those that are not known.
void FollowedPath::resume(std::vector<Position> known, FileSlots::Slot slot) {
  for (Position& position : known) adopt(position);
  const bool followed = std::erase_if(known, [](const Position& position) {
                          return position.standing == Standing::kFollowed;
                        }) > 0;
  resume_live(known, std::move(slot));
  if (live_ && live_->stream.file().id().born_ns == 0)
    parts_.say(
        "the file system of " + path_ +
        " keeps no times of birth: a file that begins like a deleted one is taken for it where it "
        "has its inode");
  std::vector<Position> not_found;
  for (const Position& position : known) {
    if (position.standing != Standing::kOpen)
      ended_.push_back(position);
    else if (!resume_under_any_name(position))
      not_found.push_back(position);
  }
  for (const Position& position : not_found) resume_in_copy(position);
  if (!followed) begin_to_follow();
}

/// What is known under the name without links is known under this one from now on.
void FollowedPath::adopt(Position& position) {
  if (position.path == path_) return;
  settled_.push_back(position);
  settled_.back().standing = Standing::kForgotten;
  position.path = path_;
  settled_.push_back(position);
}

void FollowedPath::resume_live(std::vector<Position>& known, FileSlots::Slot slot) {
  Result<InputFile> file = InputFile::open(path_);
  if (!file) return;
  const Result<std::optional<Position>> at = find_taken(*file, known);
  if (!at || !*at) return;
  const Position position = **at;
  std::optional<EventStream> stream = stream_from(path_, std::move(*file), position);
  if (!stream) return;
  live_.emplace(std::move(*stream), now_ms(), std::move(slot));
  std::erase(known, position);
  say_found();
}

bool FollowedPath::resume_under_any_name(const Position& position) {
  for (const Sibling& sibling : siblings_of(path_)) {
    if (!same_file(sibling.now.file, position.file) || is_open(sibling.now.file)) continue;
    Result<InputFile> file = InputFile::open(sibling.path);
    if (!file) continue;
    FileSlots::Slot slot = parts_.slots.take();
    std::optional<EventStream> stream = stream_from(path_, std::move(*file), position);
    if (!stream) continue;
    if (slot)
      rotated_.emplace_back(std::move(*stream), now_ms(), std::move(slot));
    else
      ended_.push_back(position);  // look_beside() finds it, once there is one
    return true;
  }
  return false;
}

// The old position goes together with the first events that follow, never before.
void FollowedPath::resume_in_copy(const Position& position) {
  settled_.push_back(position);
  settled_.back().standing = Standing::kForgotten;
  if (go_on_in_copy(position, nullptr)) return;
  parts_.say("what was written to " + path_ + " after byte " +
             std::to_string(position.taken.value) + " (line " + std::to_string(position.lines) +
             ") of a file that is gone cannot be found beside it");
}

// What was rotated away before is not to be taken. A copy of the file itself is: that may be cut.
void FollowedPath::begin_to_follow() {
  std::vector<Position> not_ours;  // ended_ itself is read while the files are visited
  visit_news([&](Beside beside) {
    const Result<ByteOffset> size = beside.file.size();
    const Result<Taken> all = size ? Taken::of(beside.file, *size) : size.error();
    if (!all || is_copy_of(beside.file, path_)) return;
    not_ours.push_back({path_, beside.file.id(), *size, 0, all->fingerprint(), Standing::kNotOurs});
  });
  for (const Position& position : not_ours) {
    ended_.push_back(position);
    settled_.push_back(position);
  }
  settled_.push_back({path_, {}, {}, 0, {}, Standing::kFollowed});
}

}  // namespace varve::collect
