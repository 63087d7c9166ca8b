// Finding, at a start, where each file under a path had been taken to.
#include <algorithm>

#include "tools/collect/file_reader.h"
#include "tools/collect/follow_stream.h"
#include "tools/collect/follower.h"

namespace varve::collect {

FollowedPath::FollowedPath(std::string path, const std::vector<std::string>& followed,
                           std::vector<Position> known, env::Clock& clock, Say say)
    : path_(std::move(path)), followed_(followed), clock_(clock), say_(std::move(say)) {
  resume(std::move(known));
}

// Each file by itself first: a copy is only looked for among those that are not known.
void FollowedPath::resume(std::vector<Position> known) {
  const bool followed = std::erase_if(known, [](const Position& position) {
                          return position.standing == Standing::kFollowed;
                        }) > 0;
  resume_live(known);
  if (live_ && live_->stream.file().id().born_ns == 0)
    say_("the file system of " + path_ +
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

void FollowedPath::resume_live(std::vector<Position>& known) {
  Result<InputFile> file = InputFile::open(path_);
  if (!file) return;
  const Result<std::optional<Position>> at = find_taken(*file, known);
  if (!at || !*at) return;
  const Position position = **at;
  std::optional<EventStream> stream = stream_from(path_, std::move(*file), position);
  if (!stream) return;
  live_.emplace(std::move(*stream), clock_.steady_ms());
  std::erase(known, position);
}

bool FollowedPath::resume_under_any_name(const Position& position) {
  for (const Sibling& sibling : siblings_of(path_)) {
    if (!same_file(sibling.now.file, position.file) || is_open(sibling.now.file)) continue;
    Result<InputFile> file = InputFile::open(sibling.path);
    if (!file) continue;
    std::optional<EventStream> stream = stream_from(path_, std::move(*file), position);
    if (!stream) continue;
    rotated_.emplace_back(std::move(*stream), clock_.steady_ms());
    return true;
  }
  return false;
}

// The old position goes together with the first events that follow, never before.
void FollowedPath::resume_in_copy(const Position& position) {
  settled_.push_back(position);
  settled_.back().standing = Standing::kForgotten;
  if (go_on_in_copy(position, nullptr)) return;
  say_("what was written to " + path_ + " after byte " + std::to_string(position.taken.value) +
       " (line " + std::to_string(position.lines) +
       ") of a file that is gone cannot be found beside it");
}

// What was rotated away before is not to be taken. A copy of the file itself is: that may be cut.
void FollowedPath::begin_to_follow() {
  for (const Beside& beside : news_beside()) {
    const Result<ByteOffset> size = beside.file.size();
    const Result<Taken> all = size ? Taken::of(beside.file, *size) : size.error();
    if (!all || is_copy_of(beside.file, path_)) continue;
    ended_.push_back({path_, beside.file.id(), *size, 0, all->fingerprint(), Standing::kNotOurs});
    settled_.push_back(ended_.back());
  }
  settled_.push_back({path_, {}, {}, 0, {}, Standing::kFollowed});
}

}  // namespace varve::collect
