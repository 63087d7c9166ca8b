// Errors travel as values, and a value is not taken from an error.
#include "ledger/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace varve {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return invalid(std::to_string(n) + " is odd");
  return n / 2;
}

Result<int> quarter(int n) {
  ASSIGN_OR_RETURN(const int once, half(n));
  ASSIGN_OR_RETURN(const int twice, half(once));
  return twice;
}

Result<void> is_even(int n) {
  RETURN_IF_ERROR(half(n));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_EQ(half(3).error().code, Code::kInvalid);
  EXPECT_EQ(half(3).error().message, "3 is odd");
}

TEST(Result, IsPassedOnByTheMacros) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
  EXPECT_TRUE(is_even(2));
  EXPECT_EQ(is_even(1).error().code, Code::kInvalid);
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(ResultDeathTest, StopsTheProcessWhenAnErrorIsUsedAsAValue) {
  EXPECT_DEATH(static_cast<void>(half(3).value()), "invariant broken");
  EXPECT_DEATH(static_cast<void>(half(4).error()), "invariant broken");
}

TEST(Error, SaysWhatItHappenedDuring) {
  EXPECT_EQ(io_error("disk gone").during("sealing").message, "disk gone while sealing");
}

TEST(Error, HasAMakerForEachCode) {
  EXPECT_EQ(invalid("").code, Code::kInvalid);
  EXPECT_EQ(not_found("").code, Code::kNotFound);
  EXPECT_EQ(worm("").code, Code::kWorm);
  EXPECT_EQ(corrupt("").code, Code::kCorrupt);
  EXPECT_EQ(io_error("").code, Code::kIo);
  EXPECT_EQ(out_of_order("").code, Code::kOutOfOrder);
  EXPECT_EQ(busy("").code, Code::kBusy);
  EXPECT_EQ(full("").code, Code::kFull);
}

}  // namespace
}  // namespace varve
