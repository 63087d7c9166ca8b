// Every short history of a followed path: what is written, rotated both ways, read, made durable
// and killed, in every order. No event is lost, and none is taken twice that a copy can show to be
// taken.
#include "tools/collect/rotation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tools/collect/follower.h"
#include "workbench.h"

namespace varve::collect {
namespace {

constexpr BatchLimits kTwoEvents{2, 1u << 20, 200};

/// Steps, in any order that can be:
///   w  an event is written          c  a copy is begun: half of what is there
///   p  the follower looks           d  it is completed, with what was added meanwhile
///   f  ... and spools what it took  t  the file is cut: what was written since d has no copy
///   k  the follower is killed       r  the file is renamed away, and a new one made
///                                   a  c, d and t at once
/// Each copy has a name of its own, or all have one: then the file that has it is written over, and
/// the follower has looked before.
class History {
 public:
  History(bool began_with_an_event, bool one_name) : one_name_(one_name) {
    make_collector(disk_);
    disk_.disarm();
    inputs_.write("a.log", "");
    if (began_with_an_event) write();
    EXPECT_TRUE(poll());
  }

  void step(char what) {
    if (what == 'a') {
      for (const char one : {'c', 'd', 't'}) step(one);
    }
    if (what == 'w') write();
    if (what == 'c') begin_copy();
    if (what == 'd') inputs_.write(copy_, content());
    if (what == 't') inputs_.write("a.log", "");
    if (what == 'r') rename();
    if (what == 'p') {
      EXPECT_TRUE(poll());
    }
    if (what == 'f') spool();
    if (what == 'k') kill();
    if (what == 'd') copied_ = written_;
    if (what == 't') without_copy_from_ = std::min(without_copy_from_, copied_);
    if (what == 't') without_copy_to_ = written_;
  }

  /// `has_no_copy`: events were written between a copy and its cut.
  void expect_nothing_lost(bool has_no_copy) {
    kill();
    spool();
    clock_.ms += kQuietMs;
    spool();
    kill();
    spool();
    expect_each(has_no_copy);
  }

 private:
  void write() { inputs_.add("a.log", event_lines(written_, written_ + 1)), ++written_; }

  [[nodiscard]] std::string content() const {
    std::ifstream in(inputs_.path("a.log"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void begin_copy() {
    if (one_name_ && files_ > 0) spool();
    copy_ = "a.log." + std::to_string(one_name_ ? files_ = 1 : ++files_);
    const std::string all = content();
    inputs_.write(copy_, all.substr(0, all.size() / 2));
  }

  void rename() {
    inputs_.rename("a.log", "a.log." + std::to_string(++files_));
    inputs_.write("a.log", "");
  }

  bool poll() {
    if (!follower_) {
      process_.emplace(disk_, clock_, kTwoEvents);
      if (!process_->started()) return false;
      follower_.emplace(std::vector{inputs_.path("a.log")}, process_->intake(), process_->spool(),
                        clock_, FollowOptions{},
                        [this](const std::string& line) { said_ += line + "\n"; });
    }
    return follower_->poll().has_value();
  }

  void spool() {
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(poll());  // the first may only notice a rename
    ASSERT_TRUE(follower_->flush());
    ASSERT_TRUE(process_->send_to(log_));
  }

  void kill() {
    follower_.reset();
    process_.reset();
    disk_.restart(Ending::kKilled);
  }

  void expect_each(bool has_no_copy) const {
    std::map<std::string, int> times;
    for (const std::string& event : log_.payloads()) ++times[event];
    for (int i = 0; i < written_; ++i) {
      const int taken = times[event_texts(i, i + 1).front()];
      const bool may_be_gone = i >= without_copy_from_ && i < without_copy_to_;
      EXPECT_GE(taken, may_be_gone ? 0 : 1) << i << "\n" << said_;
      const bool again = has_no_copy && said_.find("came and went unseen") != std::string::npos;
      EXPECT_LE(taken, again ? 2 : 1) << i << "\n" << said_;
    }
  }

  bool one_name_;
  Inputs inputs_;
  CrashDisk disk_;
  HandClock clock_;
  ChainLog log_;
  std::optional<Process> process_;
  std::optional<Follower> follower_;
  std::string said_;
  std::string copy_;
  int files_ = 0;
  int written_ = 0;
  int copied_ = 0;
  int without_copy_from_ = 1 << 30;
  int without_copy_to_ = 0;
};

struct Scope {
  std::size_t length = 0;
  bool begins_with_an_event = false;
  std::string rotations;  // how one may begin
  bool copies_have_one_name = false;
};

/// What may follow on `steps`: a copy is begun, completed and cut before the next rotation. What
/// ends in a kill is the same as without it, for every history is ended by one.
std::string next_steps(const std::string& steps, const Scope& scope) {
  const std::size_t at = steps.find_last_of("cdt");
  const char copying = at == std::string::npos ? 't' : steps[at];
  std::string next = copying == 'c' ? "d" : copying == 'd' ? "t" : scope.rotations;
  const char last = steps.empty() ? 'f' : steps.back();
  next += last == 'p' || last == 'f' ? "w" : "wpf";  // nothing is new when it looks again
  if (last != 'k' && !steps.empty()) next += 'k';
  return next;
}

/// Returns how many there are.
std::uint64_t every_history(const Scope& scope, const std::string& steps = "") {
  std::uint64_t count = 0;
  if (steps.size() < scope.length) {
    for (const char next : next_steps(steps, scope)) count += every_history(scope, steps + next);
    return count;
  }
  if (steps.back() == 'k') return count;
  SCOPED_TRACE(steps);
  const std::size_t copied = steps.find('d');
  History history(scope.begins_with_an_event, scope.copies_have_one_name);
  for (const char step : steps) history.step(step);
  history.expect_nothing_lost(copied != std::string::npos &&
                              steps.find('w', copied) < steps.find('t', copied));
  return 1;
}

TEST(EveryHistory, OfWritingRotatingAndKillingLosesNoEvent) {
  EXPECT_GT(every_history({5, false, "ar"}), 2'000u);
}

TEST(EveryHistory, OfCopyingStepByStepLosesNoEvent) {
  EXPECT_GT(every_history({5, true, "cr"}), 1'000u);
}

TEST(EveryHistory, OfCopyingOverTheLastCopyLosesNoEvent) {
  EXPECT_GT(every_history({5, true, "a", true}), 500u);
}

}  // namespace
}  // namespace varve::collect
