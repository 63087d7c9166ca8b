// Files as a later version of the program may write them: they are told from damaged ones, and nothing is written
// over them or beside them.
#include "ledger/store/later_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ledger/base/trouble.h"
#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/mark_file.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/signature_counts.h"

namespace varve::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kVersionEnd = 10;  // big-endian, behind a magic of eight bytes
constexpr std::uint32_t kNovember = 202'611;

Buffer with_version(Buffer file, std::uint8_t version) {
  file[kVersionEnd - 1] = std::byte{version};
  return file;
}

/// What a program that knows format 2 might write: the sum is of what it wrote.
Buffer of_format_2(Buffer file) {
  file = with_version(std::move(file), 2);
  file.resize(file.size() - kHashSize);
  append(file, bytes_of("more"));
  append(file, merkle::sha256(file).view());
  return file;
}

Buffer segment_header() {
  SegmentHeader header;
  header.month = kNovember;
  header.label = "varve/log/2026-11";
  header.wrapped_key = Buffer(40);
  return encode_segment_header(header);
}

Buffer month_keys() {
  return encode_month_keys({kNovember, "varve/log/2026-11.2", {{7, Buffer(40)}}});
}

Buffer remains() {
  return encode_remains({kNovember, 3, LeafIndex{17}, 99, {Buffer(32), Buffer(60)}});
}

template <class T>
void expect_later(const Result<T>& decoded) {
  ASSERT_FALSE(decoded);
  EXPECT_TRUE(is_trouble(decoded.error())) << decoded.error().message;
  EXPECT_NE(decoded.error().message.find("format 2, which is newer than this program"),
            std::string::npos)
      << decoded.error().message;
}

template <class T>
void expect_damaged(const Result<T>& decoded) {
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Code::kCorrupt) << decoded.error().message;
}

TEST(LaterFormats, AreNotCalledDamaged) {
  expect_later(decode_segment_header(of_format_2(segment_header())));
  expect_later(decode_month_keys(of_format_2(month_keys())));
  expect_later(decode_remains(of_format_2(remains())));
  expect_later(decode_signature_counts("varve signatures v2\nanything\n"));
}

TEST(LaterFormats, AreNotWhatAFileWithARottenVersionIs) {
  for (unsigned version = 0; version < 256; ++version) {
    if (version == 1) continue;
    const auto rotten = static_cast<std::uint8_t>(version);
    expect_damaged(decode_segment_header(with_version(segment_header(), rotten)));
    expect_damaged(decode_month_keys(with_version(month_keys(), rotten)));
    expect_damaged(decode_remains(with_version(remains(), rotten)));
  }
}

class LaterFiles : public ::testing::Test {
 protected:
  LaterFiles() {
    CHECK(env::initialize().has_value());
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = std::move(*env::open_posix(directory_));
  }
  ~LaterFiles() override { fs::remove_all(directory_); }

  void put(const std::string& name, Bytes bytes) const {
    fs::create_directories(fs::path(directory_ + "/" + name).parent_path());
    std::ofstream(directory_ + "/" + name, std::ios::binary) << text_of(bytes);
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream in(directory_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void expect_found(const std::string& name) const {
    const auto found = expect_no_later_files(*files_);
    expect_later(found);
    EXPECT_NE(found.error().message.find(name), std::string::npos) << found.error().message;
  }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
};

TEST_F(LaterFiles, AreNotInAStoreOfThisFormatWhateverIsDamagedThere) {
  EXPECT_TRUE(expect_no_later_files(*files_)) << "there is no store yet";
  put("segments/00000000.seg", segment_header());
  put("data-keys/2026-11", month_keys());
  put("data-keys/lock", {});
  put("data-keys/2026-11.tmp", of_format_2(month_keys()));  // a later version was killed
  put("remains/00000003", remains());
  EXPECT_TRUE(expect_no_later_files(*files_));
  put("segments/00000000.seg", with_version(segment_header(), 2));
  put("data-keys/2026-11", with_version(month_keys(), 2));
  put("remains/00000003", with_version(remains(), 2));
  EXPECT_TRUE(expect_no_later_files(*files_));
}

TEST_F(LaterFiles, AreFoundWhereverTheyAre) {
  put("segments/00000000.seg", segment_header());
  put("segments/00000001.seg", of_format_2(segment_header()));
  expect_found("segments/00000001.seg");
  put("segments/00000001.seg", segment_header());
  for (const char* month : {"data-keys/2026-10", "data-keys/2026-11"}) {
    put(month, of_format_2(month_keys()));
    expect_found(month);
    put(month, month_keys());
  }
  put("remains/00000003", of_format_2(remains()));
  expect_found("remains/00000003");
  put("remains/00000003", remains());
  put("signatures", bytes_of("varve signatures v2\nanything\n"));
  expect_found("signatures");
}

TEST_F(LaterFiles, OfAMarkAreNotWrittenOver) {
  const env::Mark mark{merkle::sha256(bytes_of("a")), TreeSize{7}, {}};
  Buffer slot = encode_mark_slot({1, mark});
  slot[7] = std::byte{'L'};
  expect_damaged(decode_mark_slot(slot));  // but for one letter it is of format 1
  append(slot, bytes_of("more"));
  expect_later(decode_mark_slot(slot));
  slot[kVersionEnd] ^= std::byte{1};  // the sum of format 1 is no sum of it
  for (const std::size_t at : {0, 4096}) {
    put("a.mark", encode_mark_slot({0, mark}));
    std::string bytes = content("a.mark");
    bytes.resize(kMarkSlotStride + kMarkSlotSize);
    bytes.replace(at, kMarkSlotSize, text_of(slot).substr(0, kMarkSlotSize));
    put("a.mark", bytes_of(bytes));
    const auto place = mark_file(*files_, "a.mark");
    expect_later(place->read());
    expect_later(place->write(mark));
    EXPECT_EQ(content("a.mark"), bytes);
  }
}

TEST_F(LaterFiles, OfMonthKeysAndRemainsAreNotThoseThatAreMissing) {
  put("data-keys/2026-11", of_format_2(month_keys()));
  expect_later(read_month_keys(*files_, kNovember));
  put("remains/00000003", of_format_2(remains()));
  SegmentHeader header;
  header.ordinal = 3;
  expect_later(read_remains(*files_, header));
}

}  // namespace
}  // namespace varve::store
