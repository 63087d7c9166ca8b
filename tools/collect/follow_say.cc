// What a person is told of a followed path: each thing once.
#include "tools/collect/followed_path.h"

namespace varve::collect {

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

/// Of a file that is taken for one that was read before.
void FollowedPath::say_births_unknown(const FileId& file) {
  if (file.born_ns != 0 || births_said_) return;
  births_said_ = true;
  parts_.say("the file system of " + path_ +
             " keeps no times of birth: a file that begins like a deleted one is taken for it "
             "where it has its inode");
}

void FollowedPath::say_error(const Result<void>& looked) {
  const std::string error = looked ? std::string() : looked.error().message;
  if (!looked && error != last_error_) parts_.say(error);
  last_error_ = error;
}

/// Once, until it can be listed. `listed`: the attempt.
void FollowedPath::say_unlisted(const Result<void>& listed) {
  const std::string error = listed ? std::string() : listed.error().message;
  if (!listed && error != listing_error_)
    parts_.say(error + "; " + path_ +
               " is read, but what is rotated away unseen is only found once its directory can be "
               "listed");
  listing_error_ = error;
}

/// Once for each file, until it is not beside the path any more.
void FollowedPath::say_of(const FileId& file, const std::string& line) {
  if (said_of_.insert(file).second) parts_.say(line);
}

}  // namespace varve::collect
