// A disk that fails in any call of the run in which a mirror lets a month go: events and the note that they went
// stand or go together, and the next run ends it.
#include "own_mirror.h"
#include "tests/env/sanitized.h"

namespace varve::audit {

using namespace verify;

namespace {

class MirrorFaults : public OwnMirror {
 protected:
  /// The run, with the fault in the call of that number.
  [[nodiscard]] Ran run_with(const std::string& calls, const std::string& error, int at) const {
    return run_command("strace -f -o /dev/null -e inject=" + calls + ":error=" + error +
                       ":when=" + std::to_string(at) + " " + kProgram + " mirror " + server.url() +
                       " " + directory.file("mirror") + vkey());
  }
  void put_back() const {
    fs::remove_all(directory.file("mirror"));
    fs::copy(directory.file("before"), directory.file("mirror"), fs::copy_options::recursive);
  }
  /// Returns in how many calls it failed.
  int fail_each(const std::string& calls, const std::string& error) {
    for (int at = 1;; ++at) {
      SCOPED_TRACE(calls + " " + error + " " + std::to_string(at));
      put_back();
      const Ran ran = run_with(calls, error, at);
      if (ran.exit == kExitGone) return at - 1;
      EXPECT_TRUE(ran.exit == 14 || ran.exit == 16) << ran.exit << ran.text;
      expect(mirror(), kExitGone, "intact, but 4 events are gone");
      EXPECT_EQ(places_that_confirm_a_guess(), 0U);
      EXPECT_EQ(observations().forgotten.size(), 1U) << "once";
      EXPECT_FALSE(fs::exists(directory.file("mirror/forgetting/list")));
      if (HasFailure() || at > 100) return at;
    }
  }
};

TEST_F(MirrorFaults, InAnyCallEndWithTheNextRun) {
  if (VARVE_SANITIZED) GTEST_SKIP() << "the sanitizer looks for leaks, and cannot under strace";
  tell_honestly();
  copy();
  destroy();
  fs::copy(directory.file("mirror"), directory.file("before"), fs::copy_options::recursive);
  EXPECT_GT(fail_each("pwrite64", "ENOSPC"), 3);
  EXPECT_GT(fail_each("fdatasync", "EIO"), 3);
  EXPECT_GT(fail_each("fsync", "EIO"), 1);
  EXPECT_GT(fail_each("rename,renameat,renameat2", "EIO"), 3);
  EXPECT_GT(fail_each("unlink,unlinkat", "EIO"), 0);
}

}  // namespace
}  // namespace varve::audit
