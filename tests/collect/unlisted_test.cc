// A directory that may be entered but not listed: the file under the path is read, and nothing is
// concluded about what is beside it until it can be listed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "follower_test.h"

namespace varve::collect {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65'534;  // root may list anything

/// While it lives, this process may enter the directory and not list it.
class Unlisted {
 public:
  explicit Unlisted(std::string directory)
      : directory_(std::move(directory)), before_(fs::status(directory_).permissions()) {
    fs::permissions(directory_, fs::perms{0311});
    if (was_ == 0) {
      EXPECT_EQ(::seteuid(kNobody), 0);
    }
  }
  ~Unlisted() {
    EXPECT_EQ(::seteuid(was_), 0);
    fs::permissions(directory_, before_);
  }
  Unlisted(const Unlisted&) = delete;
  Unlisted& operator=(const Unlisted&) = delete;

  [[nodiscard]] bool works() const {
    std::error_code failed;
    const fs::directory_iterator listing(directory_, failed);
    return failed && fs::exists(directory_ + "/a.log", failed);
  }

 private:
  const std::string directory_;
  const fs::perms before_;
  const uid_t was_ = ::geteuid();
};

class WhereNothingIsListed : public FollowerTest {
 protected:
  void SetUp() override {
    FollowerTest::SetUp();
    inputs_.write("a.log", event_lines(0, 2));
    const Unlisted unlisted(directory());
    if (!unlisted.works()) GTEST_SKIP() << "another user may not enter the temporary directory";
  }
  [[nodiscard]] std::string directory() const { return fs::path(inputs_.path("x")).parent_path(); }
  void pass(std::uint64_t ms) {
    for (std::uint64_t passed = 0; passed < ms; passed += 1'000) {
      clock_.ms += 1'000;
      look();
    }
  }
  [[nodiscard]] auto times_said(const std::string& part) const {
    return std::ranges::count_if(
        said_, [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  void expect_each_once(int events) const {
    std::vector<std::string> sorted = log_.payloads();
    std::ranges::sort(sorted);
    EXPECT_EQ(sorted, event_texts(0, events));
  }
};

TEST_F(WhereNothingIsListed, AFileIsFollowedFromTheFirstStartOnAndThatIsSaidOnceInEachLife) {
  for (int run = 0; run < 2; ++run) {
    inputs_.add("a.log", event_lines(2 + run, 3 + run));
    const Unlisted unlisted(directory());
    start();
    pass(kLookAnywayMs + 2'000);
    EXPECT_EQ(log_.payloads(), event_texts(0, 3 + run));
    EXPECT_EQ(times_said("only found once its directory can be listed"), 1 + run);
    EXPECT_EQ(said_.size(), static_cast<std::size_t>(1 + run));
  }
  pass(kLookAnywayMs + 2'000);
  EXPECT_EQ(said_.size(), 2u);
}

// It is renamed, with events that nobody had read, while it is followed and while it is not.
TEST_F(WhereNothingIsListed, ARotatedFileIsReadToItsEndThenOrOnceItCanBeFound) {
  for (const bool while_it_runs : {true, false}) {
    const int first = static_cast<int>(log_.payloads().size());
    const std::string live = std::to_string(first) + ".log";
    inputs_.write(live, event_lines(first, first + 2));
    start({live});
    look();
    if (!while_it_runs) follower_.reset();
    inputs_.add(live, event_lines(first + 2, first + 3));
    inputs_.rename(live, live + ".1");
    inputs_.write(live, event_lines(first + 3, first + 4));
    {
      const Unlisted unlisted(directory());
      if (!while_it_runs) start({live});
      pass(3'000);
      EXPECT_EQ(log_.payloads().size(), static_cast<std::size_t>(first + (while_it_runs ? 4 : 3)));
    }
    pass(3'000);
    expect_each_once(first + 4);
    EXPECT_FALSE(was_said("cannot be found"));
    EXPECT_FALSE(was_said("came and went unseen"));
  }
}

// The copy was not looked for, so what was taken of the file is not forgotten, also by a start.
TEST_F(WhereNothingIsListed, ACopyIsGoneOnWithOnceItCanBeFound) {
  for (const bool started_again : {false, true}) {
    const int first = static_cast<int>(log_.payloads().size());
    const std::string live = std::to_string(first) + ".log";
    inputs_.write(live, event_lines(first, first + 2));
    start({live});
    look();
    inputs_.add(live, event_lines(first + 2, first + 3));
    inputs_.copy_and_cut(live, live + ".1");
    {
      const Unlisted unlisted(directory());
      pass(3'000);
      EXPECT_EQ(log_.payloads().size(), static_cast<std::size_t>(first + 2));
    }
    if (started_again) start({live});
    inputs_.add(live, event_lines(first + 3, first + 4));
    pass(3'000);
    expect_each_once(first + 4);
    EXPECT_FALSE(was_said("no copy of it"));
    EXPECT_FALSE(was_said("came and went unseen"));
  }
}

}  // namespace
}  // namespace varve::collect
