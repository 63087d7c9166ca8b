// A derived file that cannot be read is damaged, and a process in trouble is not: each row of the
// table in ledger/store/read_derived.h, with each outcome of each call.
#include "ledger/store/read_derived.h"

#include <gtest/gtest.h>

#include <vector>

namespace varve::store {
namespace {

enum class Answer : std::uint8_t { kBytes, kTooShort, kFails };

/// Answers its reads in turn, and its size when it knows it.
class ScriptedFile final : public env::File {
 public:
  ScriptedFile(std::vector<Answer> reads, bool knows_its_size)
      : reads_(std::move(reads)), knows_its_size_(knows_its_size) {}
  [[nodiscard]] Result<void> read(ByteOffset, MutableBytes) const override {
    switch (reads_.at(asked++)) {
      case Answer::kBytes:
        return {};
      case Answer::kTooShort:
        return corrupt("it ends");
      case Answer::kFails:
        return io_error("Input/output error");
    }
    return {};
  }
  Result<void> write(ByteOffset, Bytes) override { return io_error("not for writing"); }
  Result<void> sync() override { return io_error("not for writing"); }
  Result<void> truncate(ByteOffset) override { return io_error("not for writing"); }
  [[nodiscard]] Result<ByteOffset> size() const override {
    if (knows_its_size_) return ByteOffset{8};
    return io_error("Cannot allocate memory");
  }
  Result<bool> make_immutable() override { return false; }

  mutable std::size_t asked = 0;

 private:
  std::vector<Answer> reads_;
  bool knows_its_size_;
};

Result<void> expected(Answer first, Answer second, bool knows_its_size) {
  if (first == Answer::kBytes) return {};
  if (first == Answer::kTooShort) return corrupt("");
  if (second == Answer::kBytes) return {};
  if (second == Answer::kTooShort) return corrupt("");
  if (knows_its_size) return corrupt("");
  return io_error("");
}

TEST(ReadDerived, CallsAFileDamagedOnlyWhenTheProcessIsInNoTrouble) {
  constexpr Answer kAnswers[] = {Answer::kBytes, Answer::kTooShort, Answer::kFails};
  for (const Answer first : kAnswers)
    for (const Answer second : kAnswers)
      for (const bool knows_its_size : {false, true}) {
        SCOPED_TRACE(std::to_string(static_cast<int>(first)) + " " +
                     std::to_string(static_cast<int>(second)) + (knows_its_size ? " size" : ""));
        const ScriptedFile file({first, second}, knows_its_size);
        Buffer out(4);
        const auto read = read_derived(file, ByteOffset{0}, out);
        const auto wanted = expected(first, second, knows_its_size);
        ASSERT_EQ(read.has_value(), wanted.has_value());
        EXPECT_TRUE(read || read.error().code == wanted.error().code);
        EXPECT_EQ(file.asked, first == Answer::kFails ? 2u : 1u);
      }
}

}  // namespace
}  // namespace varve::store
