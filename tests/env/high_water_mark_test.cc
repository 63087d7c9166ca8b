// Marks in several places: each is asked, each is written, and one that fails is not ignored.
#include "ledger/env/high_water_mark.h"

#include <gtest/gtest.h>

namespace varve::env {
namespace {

/// A place in memory that a test can make fail.
class Place final : public HighWaterMark {
 public:
  explicit Place(std::vector<Mark>& marks, bool fails = false) : marks_(marks), fails_(fails) {}
  [[nodiscard]] Result<std::vector<Mark>> read() const override {
    if (fails_) return busy("away");
    return marks_;
  }
  Result<void> write(const Mark& mark) override {
    if (fails_) return busy("away");
    for (const Mark& kept : marks_) RETURN_IF_ERROR(may_replace(kept, mark, "the place"));
    marks_ = {mark};
    return {};
  }

 private:
  std::vector<Mark>& marks_;
  bool fails_;
};

std::unique_ptr<HighWaterMark> both(std::vector<Mark>& a, bool a_fails, std::vector<Mark>& b) {
  std::vector<std::unique_ptr<HighWaterMark>> places;
  places.push_back(std::make_unique<Place>(a, a_fails));
  places.push_back(std::make_unique<Place>(b));
  return all_marks(std::move(places));
}

const Mark kLow{{}, TreeSize{3}, {}};
const Mark kHigh{{}, TreeSize{9}, {}};

TEST(AllMarks, GiveTheMarksOfEveryPlace) {
  std::vector<Mark> a{kLow};
  std::vector<Mark> b{kHigh};
  EXPECT_EQ(*both(a, false, b)->read(), (std::vector{kLow, kHigh}));
}

TEST(AllMarks, CannotBeReadWhileOnePlaceIsAway) {
  std::vector<Mark> a{kLow};
  std::vector<Mark> b{kHigh};
  EXPECT_EQ(both(a, true, b)->read().error().code, Code::kBusy);
}

TEST(AllMarks, AreWrittenBehindAPlaceThatFailsAndTheFailureIsTold) {
  std::vector<Mark> a{kLow};
  std::vector<Mark> b{kLow};
  EXPECT_EQ(both(a, true, b)->write(kHigh).error().code, Code::kBusy);
  EXPECT_EQ(a, std::vector{kLow});
  EXPECT_EQ(b, std::vector{kHigh});
}

// That another process writes the log matters more than that a place is away.
TEST(AllMarks, TellOfASecondWriterBeforeAnythingElse) {
  std::vector<Mark> a{kLow};
  std::vector<Mark> b{kHigh};
  EXPECT_EQ(both(a, true, b)->write(kLow).error().code, Code::kWorm);
}

TEST(Mark, IsReplacedByOneOfTheSameHistoryOnly) {
  const Hash log = {{std::byte{1}}};
  const Hash other = {{std::byte{2}}};
  const Mark kept{log, TreeSize{9}, log};
  EXPECT_TRUE(may_replace(kept, {log, TreeSize{10}, other}, "it"));
  EXPECT_TRUE(may_replace(kept, kept, "it"));
  EXPECT_EQ(may_replace(kept, {log, TreeSize{9}, other}, "it").error().code, Code::kWorm);
  EXPECT_EQ(may_replace(kept, {log, TreeSize{8}, other}, "it").error().code, Code::kWorm);
  EXPECT_EQ(may_replace(kept, {other, TreeSize{10}, other}, "it").error().code, Code::kInvalid);
}

}  // namespace
}  // namespace varve::env
