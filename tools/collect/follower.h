// `varve-collect follow`: takes what is added to files, and to what they are rotated into, for as
// long as it runs. How one path is followed is in followed_path.h; this is all of them over one
// intake.
//
//   Follower follower(paths, intake, spool, clock, {}, say);
//   while (!stop_requested()) {
//     ASSIGN_OR_RETURN(const bool any, follower.poll());
//     if (intake.due_in_ms() == 0) RETURN_IF_ERROR(follower.flush());
//     if (!any) wait_a_moment();
//   }
//   return follower.flush();
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "tools/collect/followed_path.h"

namespace varve::collect {

struct FollowOptions {
  std::uint64_t hold_ms = 3'600'000;  // how long a rotated file stays open after it last grew
  std::size_t files_max = 1'000'000;  // open at once
};

/// Events and the positions up to which they were taken reach the disk in one batch, so whoever
/// kills the process neither loses an event nor has one twice. Thread: one.
class Follower {
 public:
  /// `paths` are absolute, each one once, and none is a rotated name of another
  /// (is_name_of_rotation()). What can be read already is found here; nothing is taken yet.
  Follower(std::vector<std::string> paths, Intake& intake, const Spool& spool, env::Clock& clock,
           FollowOptions options, const Say& say);

  /// Takes what is there of every file, a bounded part of each, and spools each batch that is full.
  /// Returns whether anything was taken.
  /// Errors: those of Intake::flush and Intake::remember. A file that cannot be read is no error:
  /// that is said, and it is tried again.
  Result<bool> poll();
  /// Spools what was taken, also when the batch is not full.
  Result<void> flush();

  /// FollowedPath::behind_bytes() of all.
  [[nodiscard]] std::uint64_t behind_bytes();
  /// Paths under which there is no file that can be read. None before the first poll(), which looks.
  [[nodiscard]] std::size_t missing_files() const;

 private:
  Result<void> begin();
  Result<bool> poll_one(FollowedPath& path);
  void make_room();
  [[nodiscard]] bool has_settled() const;

  const std::vector<std::string> names_;
  Intake& intake_;
  FileSlots slots_;
  FollowParts parts_;  // refers to paths_
  std::list<FollowedPath> paths_;
  bool looked_ = false;
};

}  // namespace varve::collect
