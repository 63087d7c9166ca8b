// The file of a high-water mark: what is durable survives every torn write, and nothing lowers it.
#include "ledger/store/mark_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ledger/base/text.h"
#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"
#include "tests/directories.h"

namespace varve::store {
namespace {

class MarkFile : public ::testing::Test {
 protected:
  MarkFile() {
    CHECK(env::initialize().has_value());
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::move(*env::open_posix(directory_));
    marks_ = mark_file(*files_, "a.mark");
  }
  ~MarkFile() override { std::filesystem::remove_all(directory_); }

  static env::Mark mark(std::uint64_t size, std::string_view log = "a") {
    return {merkle::sha256(bytes_of(log)), TreeSize{size},
            merkle::sha256(bytes_of(std::to_string(size)))};
  }
  [[nodiscard]] std::string path() const { return directory_ + "/a.mark"; }
  [[nodiscard]] std::string content() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite(const std::string& bytes) const {
    std::ofstream(path(), std::ios::binary) << bytes;
  }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
  std::unique_ptr<env::HighWaterMark> marks_;
};

TEST_F(MarkFile, IsEmptyBeforeTheFirstWriteAndThenHoldsTheNewest) {
  EXPECT_TRUE(marks_->read()->empty());
  for (const std::uint64_t size : {1, 2, 2, 900}) {
    ASSERT_TRUE(marks_->write(mark(size)));
    EXPECT_EQ(*mark_file(*files_, "a.mark")->read(), std::vector{mark(size)});
  }
}

TEST_F(MarkFile, IsNeverLoweredAndNeverHandedToAnotherLog) {
  ASSERT_TRUE(marks_->write(mark(7)));
  EXPECT_EQ(marks_->write(mark(6)).error().code, Code::kWorm);
  EXPECT_EQ(marks_->write(mark(8, "b")).error().code, Code::kInvalid);
  EXPECT_EQ(*marks_->read(), std::vector{mark(7)});
}

// The write that is under way when the power fails may leave any part of itself in its slot.
TEST_F(MarkFile, KeepsTheMarkBeforeAWriteThatIsTornAnywhere) {
  for (const std::uint64_t size : {1, 2, 3, 4}) {
    ASSERT_TRUE(marks_->write(mark(size)));
    const std::string before = content();
    ASSERT_TRUE(marks_->write(mark(size + 1)));
    std::string after = content();
    const std::size_t at =
        after.compare(0, kMarkSlotSize, before, 0, kMarkSlotSize) != 0 ? 0 : 4096;
    for (std::size_t torn = 0; torn < kMarkSlotSize; ++torn) {
      SCOPED_TRACE(torn);
      std::string bytes = after;
      bytes[at + torn] = static_cast<char>(bytes[at + torn] ^ 1);
      overwrite(bytes);
      EXPECT_EQ(*marks_->read(), std::vector{mark(size)});
    }
    overwrite(before);
  }
}

TEST_F(MarkFile, WithoutAWholeSlotIsDamageAndNotANewFile) {
  ASSERT_TRUE(marks_->write(mark(7)));
  for (const std::string& bytes :
       {std::string{}, content().substr(0, 119), std::string(8192, '\0')}) {
    overwrite(bytes);
    EXPECT_EQ(marks_->read().error().code, Code::kCorrupt);
    EXPECT_EQ(marks_->write(mark(8)).error().code, Code::kCorrupt);
  }
}

TEST_F(MarkFile, IsAsItsDocumentShows) {
  std::ifstream in(source_file("docs/format/mark.md"));
  std::string line;
  while (std::getline(in, line) && line != "```hex mark_slot") {
  }
  Buffer bytes;
  while (std::getline(in, line) && line != "```") {
    std::istringstream words(line);
    std::string word;
    words >> word;
    while (words >> word) append(bytes, *decode_hex(word));
  }
  const auto slot = decode_mark_slot(bytes);
  ASSERT_TRUE(slot) << slot.error().message;
  EXPECT_EQ(slot->number, 1U);
  EXPECT_EQ(slot->mark.log, merkle::sha256(bytes_of("audit.example.org/cardiology")));
  EXPECT_EQ(slot->mark.size, TreeSize{42});
  EXPECT_EQ(slot->mark.root, merkle::leaf_hash({}));
  EXPECT_EQ(encode_mark_slot(*slot), bytes);
}

}  // namespace
}  // namespace varve::store
