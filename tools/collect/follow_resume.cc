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

/// Whether `file` is, or becomes, a copy of the file of which `begin` is the beginning. `size` is
/// the most that file is known to have had: a copy is no longer than what was copied.
bool may_be_copy(const InputFile& file, Bytes begin, ByteOffset size) {
  const Result<ByteOffset> own_size = file.size();
  Buffer own(begin.size());
  const Result<std::size_t> got = file.read(ByteOffset{0}, own);
  return own_size && got && *own_size <= size &&
         std::ranges::equal(Bytes{own}.first(*got), begin.first(*got));
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
  for (const Sibling& sibling : siblings_of(path_)) {
    const bool itself = sibling.file == position.file;
    if (is_open(sibling.file)) continue;
    if (!itself &&
        (copy || position.taken == ByteOffset{0} || !is_rotated_name(path_, sibling.path)))
      continue;
    Result<InputFile> file = InputFile::open(sibling.path);
    if (!file) continue;
    const Result<bool> same = begins_as_taken(*file, position);
    if (!same || !*same) continue;
    copy = stream_from(path_, std::move(*file), position);
    if (itself) break;
  }
  if (copy) seen_.insert(copy->file().id());
  return copy;
}

void FollowedPath::take_unseen(std::vector<Sibling> files) {
  std::ranges::sort(files, {}, &Sibling::modified_ns);
  for (const Sibling& sibling : files) {
    Result<InputFile> file = InputFile::open(sibling.path);
    if (!file || is_open(file->id()) || !looks_like_text(*file)) continue;
    say_(sibling.path + " came and went unseen: it is read from its beginning");
    seen_.insert(file->id());
    rotated_.emplace_back(EventStream(path_, std::move(*file), Framing::kLines),
                          clock_.steady_ms());
  }
}

// After a stop only time tells which of the files beside it were made since: those that were not
// written to before the newest one that is known. KNOWN: a file that was read and done with within
// one tick of the file system's clock (some ms) before that one is taken again.
void FollowedPath::take_those_missed_while_away() {
  std::uint64_t newest_ns = 0;
  for (const Sibling& sibling : siblings_of(path_))
    if (is_open(sibling.file)) newest_ns = std::max(newest_ns, sibling.modified_ns);
  std::vector<Sibling> unseen;
  for (Sibling& sibling : siblings_of(path_)) {
    if (newest_ns != 0 && sibling.modified_ns >= newest_ns && is_rotated_name(path_, sibling.path))
      unseen.push_back(std::move(sibling));
  }
  if (leave_copies_of_live(unseen)) take_unseen(std::move(unseen));
}

void FollowedPath::take_those_missed_between_looks() {
  std::vector<Sibling> unseen;
  std::set<FileId> now;
  for (Sibling& sibling : siblings_of(path_)) {
    now.insert(sibling.file);
    if (!seen_.contains(sibling.file) && is_rotated_name(path_, sibling.path))
      unseen.push_back(std::move(sibling));
  }
  seen_ = std::move(now);
  take_unseen(std::move(unseen));
}

// A file of which nothing was taken shows no trace of a cut: only the copy does, which is there
// before anything that was written after the cut can be read. So what is read first is looked at,
// then what lies beside it: a new file that does not begin in the same way held what is not in this
// one any more.
Result<void> FollowedPath::take_those_missed_before_the_first_event() {
  if (!live_ || !live_->stream.untouched()) return {};
  ASSIGN_OR_RETURN(const Bytes begin, live_->stream.look());
  if (begin.empty()) return {};
  std::vector<Sibling> beside = siblings_of(path_);
  std::erase_if(beside, [&](const Sibling& sibling) {
    return seen_.contains(sibling.file) || !is_rotated_name(path_, sibling.path);
  });
  RETURN_IF_ERROR(leave_copies_of_live(beside));
  take_unseen(std::move(beside));
  return {};
}

/// Of a file of which nothing was taken: requires that look() was called before `files` were listed.
Result<void> FollowedPath::leave_copies_of_live(std::vector<Sibling>& files) {
  if (!live_ || !live_->stream.untouched()) return {};
  ASSIGN_OR_RETURN(const Bytes begin, live_->stream.look());
  ASSIGN_OR_RETURN(const ByteOffset size, live_->stream.file().size());
  std::erase_if(files, [&](const Sibling& sibling) {
    const Result<InputFile> file = InputFile::open(sibling.path);
    return !file || may_be_copy(*file, begin, std::max(size, ByteOffset{begin.size()}));
  });
  return {};
}

// What comes later than this first look at the files beside it is new.
// KNOWN: a file that was empty when it was left, and filled, copied and cut while nothing was running, is
// missed when no older file of the path is known any more: nothing then tells the copy's age. So may be one
// that was copied and cut before any of its events was in the spool, when those that follow the cut are
// spooled first and the collector is killed in between.
void FollowedPath::resume(std::vector<Position> known) {
  for (const Sibling& sibling : siblings_of(path_)) seen_.insert(sibling.file);
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
  const bool unread = live_ && live_->stream.untouched() && live_->stream.look();
  if (!known.empty() && (!live_ || unread)) take_those_missed_while_away();
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
