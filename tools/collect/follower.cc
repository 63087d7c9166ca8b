// Turns, and what reaches the disk when.
#include "tools/collect/follower.h"

#include <algorithm>

#include "tools/collect/file_reader.h"

namespace varve::collect {
namespace {

/// What is known of `path`. Versions up to 0.1, and append, keep that under its name without links:
/// it is looked up there until it is kept under this one.
std::vector<Position> known_of(const Spool& spool, const std::string& path) {
  const std::vector<Position> known = spool.positions_of(path);
  const bool followed =
      std::ranges::find(known, Standing::kFollowed, &Position::standing) != known.end();
  const Result<std::string> resolved = resolved_path(path);
  return followed || !resolved ? known : known_positions(spool, path, *resolved);
}

}  // namespace

Follower::Follower(std::vector<std::string> paths, Intake& intake, const Spool& spool,
                   env::Clock& clock, FollowOptions options, const Say& say)
    : names_(std::move(paths)), intake_(intake), slots_(options.files_max), parts_{names_,
                                                                                   paths_,
                                                                                   clock,
                                                                                   slots_,
                                                                                   options.hold_ms,
                                                                                   say} {
  for (const std::string& path : names_) paths_.emplace_back(path, known_of(spool, path), parts_);
  for (FollowedPath& path : paths_) static_cast<void>(path.begin());
}

bool Follower::has_settled() const {
  return std::ranges::any_of(paths_, &FollowedPath::has_settled);
}

/// Before anything is taken under a path, it is durable that it is followed, and which files were
/// beside it then.
Result<void> Follower::begin() {
  bool any = false;
  for (FollowedPath& path : paths_) any = path.begin() || any;
  return any || intake_.empty() ? flush() : Result<void>{};
}

Result<bool> Follower::poll() {
  RETURN_IF_ERROR(begin());
  bool any = false;
  for (FollowedPath& path : paths_) {
    if (path.needs_slot()) make_room();
    ASSIGN_OR_RETURN(const bool some, poll_one(path));
    any = any || some;
  }
  looked_ = true;
  if (intake_.empty()) RETURN_IF_ERROR(flush());
  return any;
}

/// A file that a path leads to is worth more than a quiet one that was rotated away.
void Follower::make_room() {
  for (FollowedPath& path : paths_)
    if (path.let_go_of_one()) return;
}

Result<bool> Follower::poll_one(FollowedPath& path) {
  constexpr std::uint64_t kMost = 20'000;  // then the other files have their turn
  std::uint64_t taken = 0;
  while (taken < kMost) {
    const std::uint64_t some = path.poll(intake_, kMost - taken);
    if (some == 0) break;
    taken += some;
    if (intake_.full()) RETURN_IF_ERROR(flush());
  }
  return taken > 0;
}

Result<void> Follower::flush() {
  if (intake_.empty() && !has_settled()) return {};
  std::vector<Position> changes;
  for (FollowedPath& path : paths_) path.take_changes(changes);
  return intake_.empty() ? intake_.remember(changes) : intake_.flush(std::move(changes));
}

std::uint64_t Follower::behind_bytes() {
  std::uint64_t bytes = 0;
  for (FollowedPath& path : paths_) bytes += path.behind_bytes();
  return bytes;
}

std::size_t Follower::missing_files() const {
  if (!looked_) return 0;
  return static_cast<std::size_t>(std::ranges::count(paths_, false, &FollowedPath::has_file));
}

}  // namespace varve::collect
