// Taking events from the files under one path, oldest file first. Where they were taken to before a
// start is found in follow_resume.cc, files that are unknown in follow_beside.cc.
#include "tools/collect/follower.h"

#include <algorithm>

#include "ledger/format/record.h"
#include "tools/collect/file_reader.h"

namespace varve::collect {
namespace {

std::string where(const EventStream& stream, const RawEvent& event) {
  return stream.path() + ":" + std::to_string(event.line);
}

void add(const EventStream& stream, const RawEvent& event, Intake& intake, MediaTypes& types) {
  if (event.oversize)
    intake.refuse(where(stream, event), "an event of " + std::to_string(event.size) +
                                            " bytes; a record holds less than " +
                                            std::to_string(format::kRecordMax));
  else
    static_cast<void>(
        intake.add(types.of_line(event.payload), event.payload, where(stream, event)));
}

}  // namespace

Result<std::uint64_t> FollowedPath::take(Generation& from, bool rest_too, Intake& intake,
                                         MediaTypes& types, std::uint64_t most) {
  std::uint64_t taken = 0;
  while (taken < most && !intake.full()) {
    ASSIGN_OR_RETURN(const std::optional<RawEvent> event,
                     rest_too ? from.stream.next_or_rest() : from.stream.next());
    if (!event) break;
    add(from.stream, *event, intake, types);
    ++taken;
  }
  if (taken > 0) {
    from.changed = true;
    from.grew_ms = clock_.steady_ms();
  }
  return taken;
}

Result<std::uint64_t> FollowedPath::drain_rotated(Intake& intake, MediaTypes& types,
                                                  std::uint64_t most) {
  std::uint64_t taken = 0;
  for (auto it = rotated_.begin(); it != rotated_.end() && taken < most && !intake.full();) {
    const bool quiet = clock_.steady_ms() - it->grew_ms >= kQuietMs;
    ASSIGN_OR_RETURN(const std::uint64_t some, take(*it, quiet, intake, types, most - taken));
    taken += some;
    if (!quiet || some > 0) {
      ++it;
      continue;
    }
    finish(it->stream.position());
    it = rotated_.erase(it);
  }
  return taken;
}

Result<std::uint64_t> FollowedPath::poll(Intake& intake, MediaTypes& types, std::uint64_t most) {
  if (!live_) RETURN_IF_ERROR(open_live());
  ASSIGN_OR_RETURN(const bool cut, notice_cut());
  ASSIGN_OR_RETURN(const bool first, first_event_waits());
  look_due_ = directory_changed() || look_due_ || cut || first;
  if (look_due_) {
    RETURN_IF_ERROR(look_beside());
    look_due_ = false;
  }
  ASSIGN_OR_RETURN(std::uint64_t taken, drain_rotated(intake, types, most));
  if (!live_ || taken >= most || intake.full()) return taken;
  ASSIGN_OR_RETURN(const std::uint64_t from_live, take(*live_, false, intake, types, most - taken));
  taken += from_live;
  if (taken < most && !intake.full()) RETURN_IF_ERROR(notice_rename());
  return taken;
}

Result<void> FollowedPath::open_live() {
  Result<InputFile> file = InputFile::open(path_);
  if (!file && file.error().code == Code::kNotFound) return {};  // between a rename and a create
  if (!file) return std::move(file).error();
  live_.emplace(EventStream(path_, std::move(*file), Framing::kLines), clock_.steady_ms());
  return {};
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
    say_(path_ + " was cut after byte " + std::to_string(before.taken.value) +
         " and no copy of it is beside it: what was written just before is lost to the collector");
  before.standing = Standing::kForgotten;
  settled_.push_back(std::move(before));
  RETURN_IF_ERROR(open_live());
  return true;
}

Result<void> FollowedPath::notice_rename() {
  const Result<InputStat> now = stat_input(path_);
  if (!now && now.error().code == Code::kNotFound) return {};
  if (!now) return now.error();
  if (now->file == live_->stream.file().id()) return {};
  rotated_.push_back(std::move(*live_));
  rotated_.back().grew_ms = clock_.steady_ms();  // its writer may not have noticed yet
  live_.reset();
  look_due_ = true;
  return open_live();
}

// A file of which nothing was taken shows no trace of a cut. So before anything is, the files
// beside it are looked at: what was cut away is older.
Result<bool> FollowedPath::first_event_waits() {
  if (!live_ || !live_->stream.untouched()) return false;
  ASSIGN_OR_RETURN(const Bytes begin, live_->stream.look());
  return find_event_end(begin, Framing::kLines).has_value();
}

bool FollowedPath::directory_changed() {
  const std::uint64_t now_ms = clock_.steady_ms();
  if (now_ms < next_look_ms_) return false;
  next_look_ms_ = now_ms + kLookBesideMs;
  const std::uint64_t now_ns = directory_changed_ns(path_);
  const bool changed = now_ns != directory_ns_;
  const bool look = changed || look_again_;
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

Follower::Follower(std::vector<std::string> paths, Intake& intake, const Spool& spool,
                   env::Clock& clock, const Say& say)
    : names_(std::move(paths)), intake_(intake), say_(say) {
  for (const std::string& path : names_) {
    const std::vector<Position> known = spool.positions_of(path);
    begun_ =
        begun_ && std::ranges::find(known, Standing::kFollowed, &Position::standing) != known.end();
    paths_.emplace_back(path, names_, known, clock, say);
  }
}

Result<void> Follower::begin() {
  std::vector<Position> changes;
  for (FollowedPath& path : paths_) path.take_changes(changes);
  RETURN_IF_ERROR(intake_.remember(changes));
  begun_ = true;
  return {};
}

Result<bool> Follower::poll() {
  if (!begun_) RETURN_IF_ERROR(begin());
  bool any = false;
  for (FollowedPath& path : paths_) {
    ASSIGN_OR_RETURN(const bool some, poll_one(path));
    any = any || some;
  }
  return any;
}

Result<bool> Follower::poll_one(FollowedPath& path) {
  constexpr std::uint64_t kMost = 20'000;  // then the other files have their turn
  std::uint64_t taken = 0;
  while (taken < kMost) {
    const Result<std::uint64_t> some = path.poll(intake_, media_types_, kMost - taken);
    if (!some && some.error().message != last_said_) say_(last_said_ = some.error().message);
    if (!some || *some == 0) break;
    taken += *some;
    if (intake_.full()) RETURN_IF_ERROR(flush());
  }
  return taken > 0;
}

Result<void> Follower::flush() {
  if (intake_.empty()) return {};
  std::vector<Position> changes;
  for (FollowedPath& path : paths_) path.take_changes(changes);
  return intake_.flush(std::move(changes));
}

}  // namespace varve::collect
