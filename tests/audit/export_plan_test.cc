// The files of an export, compared with a list made straight from the specification's words.
#include "tools/audit/lib/export_plan.h"

#include <gtest/gtest.h>

#include <set>

namespace varve::audit {
namespace {

/// "The partial tile at level l for a tree of size s has floor(s / 256**l) mod 256 entries."
std::set<std::string> files_by_the_book(std::uint64_t size) {
  std::set<std::string> files;
  std::uint64_t hashes = size;
  for (std::uint32_t level = 0; hashes > 0; ++level, hashes /= 256) {
    for (std::uint64_t i = 0; i * 256 < hashes; ++i) {
      const auto width = static_cast<std::uint32_t>(std::min<std::uint64_t>(256, hashes - i * 256));
      files.insert("tile/" + merkle::tile_path({level, i, width}));
      if (level == 0) files.insert("tile/entries/" + merkle::bundle_path({0, i, width}));
    }
  }
  return files;
}

TEST(ExportPlan, HasEveryFileOfTheLogOnce) {
  std::vector<std::uint64_t> sizes{65'535, 65'536, 65'537, 70'000, 131'072};
  for (std::uint64_t size = 0; size < 1'100; ++size) sizes.push_back(size);
  for (const std::uint64_t size : sizes) {
    SCOPED_TRACE(size);
    const ExportPlan plan(TreeSize{size});
    std::set<std::string> files;
    for (std::uint64_t k = 0; k < plan.count(); ++k) files.insert(plan.item(k).path());
    EXPECT_EQ(files.size(), plan.count());
    EXPECT_EQ(files, files_by_the_book(size));
  }
}

TEST(ExportPlan, KnowsWhichFilesAreNotFull) {
  for (const std::uint64_t size : {0U, 1U, 255U, 256U, 257U, 65'536U, 65'537U, 70'000U}) {
    SCOPED_TRACE(size);
    std::set<std::string> expected;
    for (const std::string& file : files_by_the_book(size))
      if (file.find(".p/") != std::string::npos) expected.insert(file);
    std::set<std::string> partial;
    for (const ExportItem& item : ExportPlan(TreeSize{size}).partial_items())
      partial.insert(item.path());
    EXPECT_EQ(partial, expected);
  }
}

// A server may sign any size: nothing overflows, and the last file is the one that the size has.
TEST(ExportPlan, CountsTheFilesOfTheLargestLogs) {
  for (const std::uint64_t size : {std::uint64_t{1} << 63, ~std::uint64_t{0} - 255,
                                   ~std::uint64_t{0} - 1, ~std::uint64_t{0}}) {
    const ExportPlan plan(TreeSize{size});
    std::uint64_t count = 0;
    for (std::uint32_t level = 0; level < 8; ++level) {
      const std::uint64_t hashes = size >> (8 * level);
      const std::uint64_t tiles = hashes / 256 + (hashes % 256 == 0 ? 0 : 1);
      count += level == 0 ? 2 * tiles : tiles;
    }
    EXPECT_EQ(plan.count(), count);
    EXPECT_EQ(plan.item(0).path(), "tile/entries/000");
    EXPECT_EQ(plan.item(count - 1).id.level, 7U);
    EXPECT_EQ(plan.item(count - 1).id.width, size >> 56);
    EXPECT_EQ(plan.partial_items().empty(), false);
  }
}

TEST(ExportItem, RefusesBytesOfAnotherShape) {
  const ExportItem tile{{0, 0, 3}, false};
  EXPECT_TRUE(tile.check_shape(Buffer(96)));
  EXPECT_FALSE(tile.check_shape(Buffer(95)));
  EXPECT_FALSE(tile.check_shape(Buffer(128)));
  const ExportItem bundle{{0, 0, 2}, true};
  const Buffer two(4);  // two entries of length 0
  EXPECT_TRUE(bundle.check_shape(two));
  EXPECT_FALSE(bundle.check_shape(Bytes{two}.first(3)));
  EXPECT_FALSE(bundle.check_shape(Bytes{two}.first(2)));
  EXPECT_FALSE(bundle.check_shape(Buffer(6)));
}

}  // namespace
}  // namespace varve::audit
