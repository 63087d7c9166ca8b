// Files that were rotated away: read to their end, and held open for a while after.
#include <algorithm>

#include "tools/collect/followed_path.h"

namespace varve::collect {

/// What is there of `one`. A quiet one is looked at less often.
Result<std::uint64_t> FollowedPath::drain_one(OpenFile& one, Intake& intake, std::uint64_t most) {
  if (one.finished && now_ms() < one.next_look_ms) return std::uint64_t{0};
  one.next_look_ms = now_ms() + kLookBesideMs;
  ASSIGN_OR_RETURN(const bool intact, one.stream.intact());
  look_due_ = look_due_ || !intact;  // which closes it
  if (!intact) return std::uint64_t{0};
  const bool quiet = now_ms() - one.grew_ms >= kQuietMs;
  ASSIGN_OR_RETURN(const std::uint64_t taken, take(one, quiet, intake, most));
  if (taken > 0) one.finished = false;
  if (!quiet || taken > 0 || one.finished) return taken;
  one.finished = true;
  one.changed = false;
  finish(one.stream.position());
  return taken;
}

std::uint64_t FollowedPath::drain_rotated(Intake& intake, std::uint64_t most) {
  std::uint64_t taken = 0;
  for (auto it = rotated_.begin(); it != rotated_.end() && taken < most && !intake.full();) {
    const Result<std::uint64_t> some = drain_one(*it, intake, most - taken);
    if (!some) {
      it = give_up(it, some.error());
      continue;
    }
    taken += *some;
    const bool held_long = it->finished && now_ms() - it->grew_ms >= parts_.hold_ms;
    it = held_long ? let_go(it) : std::next(it);
  }
  let_go_of_too_many();
  return taken;
}

void FollowedPath::finish(Position position) {
  position.standing = Standing::kFinished;
  settled_.push_back(std::move(position));
}

/// Closes a rotated file whose content is not the one that was taken: somebody wrote over it, as a
/// rotation by `cp` does. What it has now is an unknown file's. Returns whether there was one.
bool FollowedPath::close_one_overwritten() {
  const auto is_overwritten = [](OpenFile& one) {
    const Result<bool> intact = one.stream.intact();
    return intact && !*intact && !one.stream.untouched();
  };
  const auto found = std::ranges::find_if(rotated_, is_overwritten);
  if (found == rotated_.end()) return false;
  OpenFile old = std::move(*found);
  rotated_.erase(found);
  old.slot.reset();
  Position before = old.stream.position();
  const Result<bool> copied = go_on_in_copy(before, &old.stream.taken());
  if (!copied)
    closed_.push_back(before);
  else if (!old.finished && !*copied)
    parts_.say("a rotated file of " + path_ + " was written over " +
               std::to_string((now_ms() - old.grew_ms) / 1'000) +
               " s after it last grew, and had been read to byte " +
               std::to_string(before.taken.value) +
               ": if something was written to it after that, it is lost to the collector");
  if (copied) before.standing = Standing::kForgotten;  // else its copy was not looked for
  settled_.push_back(std::move(before));
  return true;
}

/// What is added to it now is found by its name, where it has one of a rotated file; else it is
/// not, and that is said.
FollowedPath::Rotated::iterator FollowedPath::let_go(Rotated::iterator one) {
  Position position = one->stream.position();
  position.standing = Standing::kFinished;
  if (!is_beside(position.file)) {
    const Result<bool> named = one->stream.file().has_a_name();
    const std::string where = named && *named ? "was moved away" : "was removed";
    parts_.say("a rotated file of " + path_ + " that " + where +
               " is let go of: it was read to its end, byte " +
               std::to_string(position.taken.value) + ", and did not grow for " +
               std::to_string((now_ms() - one->grew_ms) / 1'000) +
               " s; what is written to it from now on is not taken");
  }
  closed_.push_back(std::move(position));
  return rotated_.erase(one);
}

/// It cannot be read any more. The others can, and it is tried again at the next look.
FollowedPath::Rotated::iterator FollowedPath::give_up(Rotated::iterator one, const Error& why) {
  closed_.push_back(one->stream.position());
  settled_.push_back(closed_.back());
  say_of(closed_.back().file, "a rotated file of " + path_ + " cannot be read: " + why.message);
  return rotated_.erase(one);
}

void FollowedPath::let_go_of_too_many() {
  auto held = static_cast<std::size_t>(std::ranges::count(rotated_, true, &OpenFile::finished));
  for (; held > kHeldMax; --held) static_cast<void>(let_go_of_one());
}

bool FollowedPath::let_go_of_one() {
  const auto one = std::ranges::find(rotated_, true, &OpenFile::finished);
  if (one == rotated_.end()) return false;
  let_go(one);
  return true;
}

/// Also where that cannot be seen now.
bool FollowedPath::is_beside(const FileId& file) const {
  const Result<std::vector<Sibling>> siblings = siblings_of(path_);
  return !siblings || std::ranges::any_of(*siblings, [&](const Sibling& sibling) {
    return same_file(sibling.now.file, file) && is_rotated_name(path_, sibling.path);
  });
}

}  // namespace varve::collect
