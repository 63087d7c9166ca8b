// Finding, after a stop of any kind, where each file under a path had been taken to, and where the
// files went that were rotated meanwhile.
#include <algorithm>

#include "tools/collect/file_reader.h"
#include "tools/collect/follower.h"

namespace varve::collect {
namespace {

std::optional<EventStream> stream_from(const std::string& path, InputFile file,
                                       const Position& position) {
  Result<Taken> taken = Taken::of(file, position.taken);
  if (!taken) return std::nullopt;
  return EventStream(path, std::move(file), Framing::kLines, std::move(*taken), position.lines);
}

}  // namespace

FollowedPath::FollowedPath(std::string path, std::vector<Position> known, env::Clock& clock,
                           Say say)
    : path_(std::move(path)), clock_(clock), say_(std::move(say)) {
  resume(std::move(known));
}

bool FollowedPath::is_open(FileId file) const {
  const auto same = [&](const Generation& g) { return g.stream.file().id() == file; };
  return (live_ && same(*live_)) || std::ranges::any_of(rotated_, same);
}

/// The file itself under another name, else a copy of it.
std::optional<EventStream> FollowedPath::find_copy(const Position& position) {
  std::optional<EventStream> copy;
  for (const std::string& sibling : rotated_siblings(path_)) {
    Result<InputFile> file = InputFile::open(sibling);
    if (!file || is_open(file->id())) continue;
    const bool itself = file->id() == position.file;
    if (!itself && (copy || position.taken == ByteOffset{0})) continue;
    const Result<bool> same = begins_as_taken(*file, position);
    if (!same || !*same) continue;
    copy = stream_from(path_, std::move(*file), position);
    if (itself) break;
  }
  return copy;
}

void FollowedPath::resume(std::vector<Position> known) {
  if (Result<InputFile> file = InputFile::open(path_)) {
    const Result<std::optional<Position>> at = find_taken(*file, known);
    if (at && *at) {
      const Position position = **at;
      std::erase(known, position);
      if (auto stream = stream_from(path_, std::move(*file), position))
        live_.emplace(std::move(*stream), clock_.steady_ms());
    }
  }
  for (const Position& position : known) resume_rotated(position);
}

// The old position goes together with the first events that follow, never before.
void FollowedPath::resume_rotated(const Position& position) {
  settled_.push_back(position);
  settled_.back().forgotten = true;
  if (std::optional<EventStream> copy = find_copy(position))
    rotated_.emplace_back(std::move(*copy), clock_.steady_ms());
  else
    say_("what was written to " + path_ + " after byte " + std::to_string(position.taken.value) +
         " (line " + std::to_string(position.lines) +
         ") of a file that is gone cannot be found beside it");
}

}  // namespace varve::collect
