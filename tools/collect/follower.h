// All followed paths over one intake: each has its turn, and what is known of their files reaches
// the disk together with the events taken from them.
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

/// Thread: one.
class Follower {
 public:
  /// `paths` are absolute, each one once.
  Follower(std::vector<std::string> paths, Intake& intake, const Spool& spool, env::Clock& clock,
           FollowOptions options, const Say& say);

  /// One look at every file; full batches are spooled. Returns whether anything was taken.
  /// Errors: those of Intake::flush and Intake::remember. A file that cannot be read is said aloud
  /// and tried again.
  Result<bool> poll();
  /// Spools what was taken, together with how far that was, and what else became known of the
  /// files.
  Result<void> flush();

 private:
  Result<void> resume_late();
  Result<bool> poll_one(FollowedPath& path);
  void make_room();
  [[nodiscard]] bool has_settled() const;

  const std::vector<std::string> names_;
  Intake& intake_;
  FileSlots slots_;
  FollowParts parts_;
  std::list<FollowedPath> paths_;
};

}  // namespace varve::collect
