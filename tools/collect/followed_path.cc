// Taking events from the files under one path, oldest file first. Where they were taken to before a
// start is found in follow_resume.cc, files that are unknown in follow_beside.cc; what was rotated
// away is read in follow_rotated.cc.
#include "tools/collect/followed_path.h"

#include <algorithm>

#include "tools/collect/file_reader.h"
#include "tools/collect/follow_stream.h"

namespace varve::collect {

Result<std::uint64_t> FollowedPath::take(Generation& from, bool rest_too, Intake& intake,
                                         std::uint64_t most) {
  std::uint64_t taken = 0;
  while (taken < most && !intake.full()) {
    ASSIGN_OR_RETURN(const std::optional<RawEvent> event,
                     rest_too ? from.stream.next_or_rest() : from.stream.next());
    if (!event) break;
    take_event(from.stream, *event, intake);
    ++taken;
  }
  if (taken > 0) {
    from.changed = true;
    from.grew_ms = now_ms();
  }
  return taken;
}

Result<std::uint64_t> FollowedPath::poll(Intake& intake, std::uint64_t most) {
  if (unresumed_) return std::uint64_t{0};
  if (!live_) RETURN_IF_ERROR(open_live());
  ASSIGN_OR_RETURN(const bool cut, notice_cut());
  ASSIGN_OR_RETURN(const bool first, first_event_waits());
  look_due_ = directory_changed() || look_due_ || cut || first;
  if (look_due_) RETURN_IF_ERROR(look_beside());
  look_due_ = false;
  ASSIGN_OR_RETURN(std::uint64_t taken, drain_rotated(intake, most));
  if (!live_ || taken >= most || intake.full()) return taken;
  ASSIGN_OR_RETURN(const std::uint64_t from_live, take(*live_, false, intake, most - taken));
  taken += from_live;
  if (taken < most && !intake.full()) RETURN_IF_ERROR(notice_rename());
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
  if (take_back(file->id())) return {};
  FileSlots::Slot slot = parts_.slots.take();
  if (!slot) {
    say_no_slot();
    return {};
  }
  std::optional<EventStream> stream = resume_ended(*file);
  if (!stream) stream.emplace(path_, std::move(*file), Framing::kLines);
  live_.emplace(std::move(*stream), now_ms(), std::move(slot));
  say_found();
  return {};
}

/// Whether `file` was rotated away, is open still, and has the path again.
bool FollowedPath::take_back(const FileId& file) {
  const auto same = [&](const Generation& g) { return same_file(g.stream.file().id(), file); };
  const auto found = std::ranges::find_if(rotated_, same);
  if (found == rotated_.end()) return false;
  live_.emplace(std::move(*found));
  live_->changed = true;
  live_->finished = false;
  rotated_.erase(found);
  say_found();
  return true;
}

/// As take_back(), of a file that is not open any more.
std::optional<EventStream> FollowedPath::resume_ended(InputFile& file) {
  for (const Position& position : ended_) {
    if (!same_file(position.file, file.id())) continue;
    Result<Taken> taken = Taken::of(file, position.taken);
    if (!taken || taken->fingerprint() != position.fingerprint) continue;
    EventStream stream(path_, std::move(file), Framing::kLines, std::move(*taken), position.lines);
    std::erase(ended_, Position(position));
    return stream;
  }
  return std::nullopt;
}

void FollowedPath::say_missing() {
  if (!missing_due_ms_) missing_due_ms_ = now_ms() + (was_there_ ? kMissingMs : 0);
  if (missing_said_ || now_ms() < *missing_due_ms_) return;
  missing_said_ = true;
  parts_.say("there is no file " + path_ + ": it is waited for");
}

void FollowedPath::say_no_slot() {
  if (!needs_slot_)
    parts_.say(path_ +
               " is not followed: this process may open no more files; raise its limit "
               "(ulimit -n, LimitNOFILE= of its service) and start it again");
  needs_slot_ = true;
}

void FollowedPath::say_found() {
  if (missing_said_ || needs_slot_) parts_.say(path_ + " is followed now");
  missing_said_ = needs_slot_ = false;
  missing_due_ms_.reset();
  was_there_ = true;
}

void FollowedPath::say_error(const Result<std::uint64_t>& polled) {
  const std::string error = polled ? std::string() : polled.error().message;
  if (!polled && error != last_error_) parts_.say(error);
  last_error_ = error;
}

/// Whether it was cut. Where something was taken of it, its copy is found and gone on with.
Result<bool> FollowedPath::notice_cut() {
  if (!live_) return false;
  ASSIGN_OR_RETURN(const bool intact, live_->stream.intact());
  if (intact) return false;
  if (live_->stream.untouched()) return true;
  Position before = live_->stream.position();
  const Generation cut = std::move(*live_);
  live_.reset();
  if (!go_on_in_copy(before, &cut.stream.taken()))
    parts_.say(
        path_ + " was cut after byte " + std::to_string(before.taken.value) +
        " and no copy of it is beside it: what was written just before is lost to the collector");
  before.standing = Standing::kForgotten;
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
  const auto take_from = [&](Generation& generation) {
    if (generation.changed) changes.push_back(generation.stream.position());
    generation.changed = false;
  };
  for (Generation& generation : rotated_) take_from(generation);
  if (live_) take_from(*live_);
}

}  // namespace varve::collect
