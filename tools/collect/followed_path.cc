// Turns, and what is under the path now. Files that were not read to their end are found in
// follow_resume.cc, files under rotated names in follow_beside.cc; follow_rotated.cc reads what was
// rotated away, follow_behind.cc counts what is not taken yet, and follow_say.cc has what a person is told.
#include "tools/collect/followed_path.h"

#include <algorithm>

#include "tools/collect/file_reader.h"
#include "tools/collect/follow_stream.h"

namespace varve::collect {

FollowedPath::FollowedPath(std::string path, std::vector<Position> known, const FollowParts& parts)
    : path_(std::move(path)), parts_(parts) {
  for (Position& position : known) adopt(position);
  begun_ = std::erase_if(known, [](const Position& position) {
             return position.standing == Standing::kFollowed;
           }) > 0;
  closed_ = std::move(known);
}

bool FollowedPath::begin() {
  if (begun_ || now_ms() < look_after_error_ms_) return false;
  const Result<void> begun = begin_to_follow();
  say_error(begun);
  if (!begun) look_after_error_ms_ = now_ms() + kLookBesideMs;
  begun_ = begun.has_value();
  return begun_;
}

// What was rotated away is older, and has its turn whatever becomes of the path.
std::uint64_t FollowedPath::poll(Intake& intake, std::uint64_t most) {
  if (!begun_) return 0;
  const bool waits = now_ms() < look_after_error_ms_;
  Result<void> looked = waits ? Result<void>{} : look();
  std::uint64_t taken = drain_rotated(intake, most);
  if (waits) return taken;
  if (looked && live_ && taken < most && !intake.full()) {
    const Result<std::uint64_t> from_live = take_live(intake, most - taken);
    if (from_live) taken += *from_live;
    if (!from_live) looked = from_live.error();
  }
  say_error(looked);
  if (looked) return taken;
  look_after_error_ms_ = now_ms() + kLookBesideMs;
  if (live_) static_cast<void>(notice_rename());  // a file that cannot be read hides no new one
  return taken;
}

/// Errors: kIo, kInvalid  what is under the path cannot be looked at. That its directory cannot be
/// listed keeps the live file from nothing: what is beside it stays due.
Result<void> FollowedPath::look() {
  const Result<void> opened = live_ ? Result<void>{} : open_live();
  if (!opened) RETURN_IF_ERROR(reopen_unfinished());
  RETURN_IF_ERROR(opened);
  ASSIGN_OR_RETURN(const bool cut, notice_cut());
  ASSIGN_OR_RETURN(const bool first, first_event_waits());
  look_due_ = directory_changed() || look_due_ || cut || first;
  if (!look_due_ || now_ms() < list_after_error_ms_) return {};
  ASSIGN_OR_RETURN(const bool listed, look_beside());
  look_due_ = !listed;
  if (!listed) list_after_error_ms_ = now_ms() + kLookBesideMs;
  return {};
}

/// An error that comes behind events is left for the next call: they are taken.
Result<std::uint64_t> FollowedPath::take(OpenFile& from, bool rest_too, Intake& intake,
                                         std::uint64_t most) {
  std::uint64_t taken = 0;
  while (taken < most && !intake.full()) {
    const Result<std::optional<RawEvent>> event =
        rest_too ? from.stream.next_or_rest() : from.stream.next();
    if (!event && taken == 0) return event.error();
    if (!event || !*event) break;
    take_event(from.stream, **event, intake);
    ++taken;
  }
  if (taken > 0) {
    from.changed = true;
    from.grew_ms = now_ms();
  }
  return taken;
}

Result<std::uint64_t> FollowedPath::take_live(Intake& intake, std::uint64_t most) {
  ASSIGN_OR_RETURN(const std::uint64_t taken, take(*live_, false, intake, most));
  if (taken == 0) RETURN_IF_ERROR(notice_rename());
  return taken;
}

// The path is followed anew each time, links in it too: a deployment may switch one over.
Result<void> FollowedPath::open_live() {
  Result<InputFile> file = InputFile::open(path_);
  if (!file && file.error().code == Code::kNotFound) {  // perhaps between a rename and a create
    say_missing();
    return {};
  }
  if (!file) return std::move(file).error();
  if (take_back(file->id()) || is_read_as_another(*file)) return {};
  FileSlots::Slot slot = parts_.slots.take();
  if (!slot) {
    say_no_slot();
    return {};
  }
  ASSIGN_OR_RETURN(std::optional<EventStream> stream, resume_closed(*file));
  if (stream)
    say_births_unknown(stream->file().id());
  else
    stream.emplace(path_, std::move(*file), Framing::kLines);
  live_.emplace(std::move(*stream), now_ms(), std::move(slot));
  say_found();
  return {};
}

/// Whether `file` was rotated away, is open still, and has the path again.
bool FollowedPath::take_back(const FileId& file) {
  const auto same = [&](const OpenFile& one) { return same_file(one.stream.file().id(), file); };
  const auto found = std::ranges::find_if(rotated_, same);
  if (found == rotated_.end()) return false;
  live_.emplace(std::move(*found));
  live_->changed = true;
  live_->finished = false;
  rotated_.erase(found);
  say_found();
  return true;
}

/// As take_back(), of a closed file. Errors: kIo  whether it is one cannot be seen now.
Result<std::optional<EventStream>> FollowedPath::resume_closed(InputFile& file) {
  for (const Position& position : closed_) {
    if (!same_file(position.file, file.id())) continue;
    ASSIGN_OR_RETURN(std::optional<EventStream> stream, stream_from(path_, file, position));
    if (!stream) continue;
    std::erase(closed_, Position(position));
    return stream;
  }
  ASSIGN_OR_RETURN(const std::optional<Position> others, known_to_another(file));
  if (!others) return std::optional<EventStream>{};
  ASSIGN_OR_RETURN(std::optional<EventStream> stream, stream_from(path_, file, *others));
  if (stream) take_over(*others);
  return stream;
}

/// Where another path, which has let go of `file`, had read it to. Errors: kIo.
Result<std::optional<Position>> FollowedPath::known_to_another(const InputFile& file) const {
  for (const FollowedPath& other : parts_.paths) {
    if (&other == this) continue;
    ASSIGN_OR_RETURN(const std::optional<Position> known, find_taken(file, other.closed_));
    if (known) return known;
  }
  return std::optional<Position>{};
}

/// The file of a closed position is open under this path from now on. Where it was another path's,
/// that one forgets it with the same flush with which this one remembers it.
void FollowedPath::take_over(const Position& position) {
  for (FollowedPath& owner : parts_.paths) {
    if (owner.path_ != position.path) continue;
    std::erase(owner.closed_, Position(position));
    if (&owner == this) continue;
    if (!owner.is_in_use(position.file.inode, owner.closed_))
      owner.settled_.push_back({owner.path_, position.file, {}, 0, {}, Standing::kForgotten});
    parts_.say(path_ + " leads, or led, to a file that was read as " + owner.path_ + " to byte " +
               std::to_string(position.taken.value) + ": it is read on from there");
  }
}

bool FollowedPath::reads(const InputFile& file) const {
  const auto same = [&](const OpenFile& one) {
    return one.stream.file().device() == file.device() && one.stream.file().id() == file.id();
  };
  return (live_ && same(*live_)) || std::ranges::any_of(rotated_, same);
}

const FollowedPath* FollowedPath::other_reader(const InputFile& file) const {
  for (const FollowedPath& other : parts_.paths)
    if (&other != this && other.reads(file)) return &other;
  return nullptr;
}

// Two links may lead to one file, from now on or by a rotation. Each event is taken once.
bool FollowedPath::is_read_as_another(const InputFile& file) {
  const FollowedPath* other = other_reader(file);
  if (other == nullptr) return false;
  say_of(file.id(), path_ + " leads to a file that is read as " + other->path_ +
                        " already: it is not taken twice");
  return true;
}

/// Whether it was cut. Where something was taken of it, its copy is found and gone on with.
Result<bool> FollowedPath::notice_cut() {
  if (!live_) return false;
  ASSIGN_OR_RETURN(const bool intact, live_->stream.intact());
  if (intact) return false;
  if (live_->stream.untouched()) return true;
  OpenFile cut = std::move(*live_);
  live_.reset();
  cut.slot.reset();
  Position before = cut.stream.position();
  const Result<bool> copied = go_on_in_copy(before, &cut.stream.taken());
  if (!copied)
    closed_.push_back(before);
  else if (!*copied)
    parts_.say(
        path_ + " was cut after byte " + std::to_string(before.taken.value) +
        " and no copy of it is beside it: what was written just before is lost to the collector");
  if (copied) before.standing = Standing::kForgotten;  // else its copy was not looked for
  settled_.push_back(std::move(before));
  RETURN_IF_ERROR(open_live());
  return true;
}

Result<void> FollowedPath::notice_rename() {
  const Result<InputStat> now = stat_input(path_);
  if (!now && now.error().code == Code::kNotFound) {
    say_missing();
    return {};
  }
  if (!now) return now.error();
  say_found();
  if (now->file == live_->stream.file().id()) return {};
  rotated_.push_back(std::move(*live_));
  rotated_.back().grew_ms = now_ms();  // its writer may not have noticed yet
  live_.reset();
  look_due_ = true;
  return open_live();
}

// A file of which nothing was taken shows no trace of a cut. So before anything is, the files
// beside it are looked at: what was cut away is older.
Result<bool> FollowedPath::first_event_waits() {
  if (!live_ || !live_->stream.untouched()) return false;
  ASSIGN_OR_RETURN(const Bytes begin, live_->stream.look());
  if (begin.empty() || begin[0] != std::byte{0})
    return find_event_end(begin, Framing::kLines).has_value();
  ASSIGN_OR_RETURN(const auto behind_hole, live_->stream.file().after_zeros(ByteOffset{0}));
  return behind_hole.has_value();
}

bool FollowedPath::directory_changed() {
  if (now_ms() < next_look_ms_) return false;
  next_look_ms_ = now_ms() + kLookBesideMs;
  const std::uint64_t now_ns = directory_changed_ns(path_);
  const bool changed = now_ns != directory_ns_;
  const bool look = changed || look_again_ || now_ms() >= look_anyway_ms_;
  if (look) look_anyway_ms_ = now_ms() + kLookAnywayMs;
  look_again_ = changed;
  directory_ns_ = now_ns;
  return look;
}

void FollowedPath::take_changes(std::vector<Position>& changes) {
  changes.insert(changes.end(), settled_.begin(), settled_.end());
  settled_.clear();
  const auto take_from = [&](OpenFile& one) {
    if (one.changed) changes.push_back(one.stream.position());
    one.changed = false;
  };
  for (OpenFile& one : rotated_) take_from(one);
  if (live_ && !(live_->stream.untouched() && waits_for_its_copy())) take_from(*live_);
}

/// Whether the live file was cut, and the copy has not been looked for yet. The position before the
/// cut is the only trace of it, and one of the same inode would take its place on the disk.
bool FollowedPath::waits_for_its_copy() const {
  return std::ranges::any_of(closed_, [&](const Position& position) {
    return position.standing == Standing::kOpen &&
           same_file(position.file, live_->stream.file().id());
  });
}

}  // namespace varve::collect
