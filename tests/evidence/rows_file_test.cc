// Rows as a file: what was written is found, and nothing else; each damage is noticed.
#include "ledger/index/rows_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "ledger/base/codec.h"
#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"
#include "tests/directories.h"

namespace varve::index {
namespace {

using Records = std::vector<std::uint64_t>;

Hash filled(unsigned byte) {
  Hash hash;
  hash.bytes.fill(static_cast<std::byte>(byte));
  return hash;
}

const format::MonthSecret kSecret{202'601, filled(0x5e)};

RowsOf rows_of(LeafIndex first, LeafIndex end) {
  return {7, 202'601, 2, first, end, 1'700'000'000'000'000, 1'700'000'000'000'001, filled(0x5a)};
}

RowsFile::Read reads(const Buffer& bytes) {
  return [&bytes](ByteOffset at, MutableBytes out) -> Result<void> {
    if (at.value > bytes.size() || out.size() > bytes.size() - at.value)
      return corrupt("the file ends before");
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at.value), out.size(), out.begin());
    return {};
  };
}

TEST(RowsOfAnIndex, AreFoundInBlocksOfAnyNumber) {
  RowMap rows;
  for (std::uint64_t k = 0; k < 3'000; ++k) {
    Buffer number;
    ByteWriter(number).u64(k);
    rows[merkle::sha256(number)] = {k, k + 1, k + 200'000};
  }
  rows[filled(0)] = Records(100'000);  // more than a block holds
  for (std::uint64_t k = 0; k < 100'000; ++k) rows[filled(0)][k] = k;
  const Buffer bytes = encode_rows(rows_of({0}, {300'000}), kSecret, rows);
  const auto file = RowsFile::open(reads(bytes), kSecret);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->of(), rows_of({0}, {300'000}));
  for (const auto& [term, records] : rows) {
    const auto found = file->find(term);
    ASSERT_TRUE(found);
    ASSERT_EQ(*found, records);
  }
  for (const unsigned other : {1U, 0x80U, 0xffU}) {
    const auto found = file->find(filled(other));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->empty());
  }
}

TEST(RowsOfAnIndex, OfNoEventAreNone) {
  const Buffer bytes = encode_rows(rows_of({3}, {4}), kSecret, {});
  const auto file = RowsFile::open(reads(bytes), kSecret);
  ASSERT_TRUE(file);
  const auto found = file->find(filled(0x11));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
}

// Exhaustive: every byte, and every end.
TEST(RowsOfAnIndex, ThatAreDamagedOrOfAnotherSecretAreNotRead) {
  const Buffer good =
      encode_rows(rows_of({7}, {10}), kSecret, {{filled(0x11), {7, 9}}, {filled(0x22), {9}}});
  const auto reads_all = [](const Buffer& bytes) {
    const auto file = RowsFile::open(reads(bytes), kSecret);
    if (!file) return false;
    const auto found = file->find(filled(0x11));
    return found.has_value();
  };
  EXPECT_TRUE(reads_all(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Buffer bad = good;
    bad[i] ^= std::byte{1};
    EXPECT_FALSE(reads_all(bad)) << i;
    EXPECT_FALSE(reads_all(Buffer(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i))))
        << i;
  }
  EXPECT_FALSE(RowsFile::open(reads(good), {202'601, filled(0x5f)}));
  EXPECT_FALSE(RowsFile::open(reads(good), {202'602, filled(0x5e)}));
}

TEST(RowsOfAnIndex, AreThoseOfTheDocument) {
  std::ifstream page(source_file("docs/format/search-rows.md"));
  std::string line;
  while (std::getline(page, line) && line != "```hex search-rows") continue;
  Buffer shown;
  std::string dump;
  while (std::getline(page, line) && line != "```") {
    std::istringstream words(line);
    for (std::string word; words >> word;)
      if (word.size() == 2) append(shown, *decode_hex(word));
  }
  const Buffer made =
      encode_rows(rows_of({7}, {10}), kSecret, {{filled(0x11), {7, 9}}, {filled(0x22), {9}}});
  EXPECT_EQ(hex(shown), hex(made));
}

}  // namespace
}  // namespace varve::index
