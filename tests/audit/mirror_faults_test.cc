// A disk that fails in any call of the run in which a mirror lets a month go: events and the note that they went
// stand or go together, and the next run ends it.
#include <map>
#include <sstream>

#include "own_mirror.h"
#include "tests/env/sanitized.h"

namespace varve::audit {

using namespace verify;

namespace {

class MirrorFaults : public OwnMirror {
 protected:
  [[nodiscard]] Ran run_under(const std::string& strace) const {
    return run_command("strace -f " + strace + " " + kProgram + " mirror " + server.url() + " " +
                       directory.file("mirror") + vkey());
  }
  void put_back() const {
    fs::remove_all(directory.file("mirror"));
    fs::copy(directory.file("before"), directory.file("mirror"), fs::copy_options::recursive);
  }
  /// The most calls of one name that one thread of such a run makes: strace counts each by itself.
  [[nodiscard]] int count(const std::string& calls) const {
    put_back();
    const Ran ran = run_under("-o " + directory.file("trace") + " -e trace=" + calls);
    expect(ran, kExitGone, "forgotten here: 4 events of 2026-02 are gone");
    std::map<std::string, int> made;  // by "thread name"
    std::istringstream lines(directory.read("trace"));
    int most = 0;
    for (std::string line; std::getline(lines, line);)
      if (const auto end = line.find('('); end != std::string::npos)
        most = std::max(most, ++made[line.substr(0, end)]);
    return most;
  }
  /// The run fails, or was not hindered; then nothing is left to do. Returns in how many calls it failed.
  int fail_each(const std::string& calls, const std::string& error) {
    int failed = 0;
    const int made = count(calls);
    for (int at = 1; at <= made && !HasFailure(); ++at) {
      SCOPED_TRACE(calls + " " + error + " " + std::to_string(at) + " of " + std::to_string(made));
      put_back();
      const Ran ran = run_under("-o /dev/null -e inject=" + calls + ":error=" + error +
                                ":when=" + std::to_string(at));
      EXPECT_TRUE(ran.exit == kExitGone || ran.exit == 14 || ran.exit == 16)
          << ran.exit << ran.text;
      failed += ran.exit == kExitGone ? 0 : 1;
      expect(mirror(), kExitGone, "intact, but 4 events are gone");
      EXPECT_EQ(places_that_confirm_a_guess(), 0U);
      EXPECT_EQ(observations().forgotten.size(), 1U) << "once";
      EXPECT_FALSE(fs::exists(directory.file("mirror/forgetting/list")));
    }
    return failed;
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
