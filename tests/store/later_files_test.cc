// Files as a later version of the program may write them: they are told from damaged ones, and nothing is written
// over them or beside them.
#include "ledger/store/later_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ledger/base/later_format.h"
#include "ledger/base/trouble.h"
#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/mark_file.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_format.h"

namespace varve::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kVersionEnd = 10;  // big-endian, behind a magic of eight bytes
constexpr std::uint32_t kNovember = 202'611;

Buffer with_version(Buffer file, std::uint8_t version) {
  file[kVersionEnd - 1] = std::byte{version};
  return file;
}

/// What a later program might write: the sum is of what it wrote, at the end.
Buffer of_format_3(Buffer file) {
  file = with_version(std::move(file), 3);
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

/// It has something new, within the length of the label.
Buffer later_segment_header() {
  SegmentHeader header;
  header.month = kNovember;
  header.label = "varve/log/2026-11 and something new";
  header.wrapped_key = Buffer(40);
  Buffer bytes = with_version(encode_segment_header(header), 3);
  bytes.resize(bytes.size() - kHashSize);
  append(bytes, merkle::sha256(bytes).view());
  return bytes;
}

Buffer month_keys() {
  return encode_month_keys({{kNovember}, "varve/log/2026-11.2", {{7, Buffer(40)}}});
}

Buffer remains() {
  return encode_remains({kNovember, 3, LeafIndex{17}, 99, {Buffer(32), Buffer(60)}});
}

template <class T>
void expect_later(const Result<T>& decoded, const std::string& format = "3") {
  ASSERT_FALSE(decoded);
  EXPECT_TRUE(is_trouble(decoded.error())) << decoded.error().message;
  const std::string said = "format " + format + ", which is newer than this program";
  EXPECT_NE(decoded.error().message.find(said), std::string::npos) << decoded.error().message;
}

template <class T>
void expect_damaged(const Result<T>& decoded) {
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Code::kCorrupt) << decoded.error().message;
}

TEST(LaterFormats, AreNotCalledDamaged) {
  expect_later(decode_segment_header(later_segment_header()));
  expect_later(decode_month_keys(of_format_3(month_keys())));
  expect_later(decode_remains(of_format_3(remains())));
}

TEST(LaterFormats, AreNotWhatAFileWithARottenVersionIs) {
  for (unsigned version = 0; version < 256; ++version) {
    const auto rotten = static_cast<std::uint8_t>(version);
    if (version != 1) expect_damaged(decode_segment_header(with_version(segment_header(), rotten)));
    if (version != 1) expect_damaged(decode_month_keys(with_version(month_keys(), rotten)));
    if (version != 1) expect_damaged(decode_remains(with_version(remains(), rotten)));
  }
}

TEST(LaterFormats, AreDamagedLikeAnyOther) {
  for (std::size_t at = kVersionEnd - 2; at < later_segment_header().size(); ++at) {
    Buffer rotten = later_segment_header();
    rotten[at] ^= std::byte{1};
    expect_damaged(decode_segment_header(rotten));
  }
}

// A crash may leave any beginning of the newest segment's header. Each is a buffer of its own, so that a sanitizer
// sees a read behind it.
TEST(LaterFormats, OfWhichOnlyABeginningIsThereAreDamaged) {
  for (const Buffer& whole : {segment_header(), later_segment_header(),
                              with_version(segment_header(), 0), with_version(segment_header(), 3)})
    for (std::size_t size = 0; size < whole.size(); ++size)
      expect_damaged(decode_segment_header(Buffer(whole.begin(), whole.begin() + size)));
  const Buffer slot = encode_mark_slot({});
  for (std::size_t size = 0; size < slot.size(); ++size)
    expect_damaged(decode_mark_slot(Buffer(slot.begin(), slot.begin() + size)));
}

TEST(LaterFormats, SayTheFileFirstAndWhatToDoBeforeWhatWasBeingDone) {
  const Error said =
      in_file(later_format(3, 2), "segments/00000001.seg").during("opening log main");
  EXPECT_EQ(said.message,
            "segments/00000001.seg is of format 3, which is newer than this program (it reads "
            "formats up to 2; the sum is good, so nothing is damaged; use the version of Varve "
            "that wrote it, or a later one) while opening log main");
  EXPECT_EQ(in_file(io_error("no disk"), "a").message, "no disk while reading a");
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
  put("data-keys/2026-11.tmp", of_format_3(month_keys()));  // a later version was killed
  put("remains/00000003", remains());
  EXPECT_TRUE(expect_no_later_files(*files_));
  put("segments/00000000.seg", with_version(segment_header(), 3));
  put("data-keys/2026-11", with_version(month_keys(), 3));
  put("remains/00000003", with_version(remains(), 3));
  EXPECT_TRUE(expect_no_later_files(*files_));
  Buffer later = of_format_3(remains());
  later.back() ^= std::byte{1};
  put("remains/00000003", later);
  later.resize(kVersionEnd);
  put("data-keys/2026-11", later);
  later.resize(kVersionEnd - 1);
  put("data-keys/2026-10", later);
  EXPECT_TRUE(expect_no_later_files(*files_));
}

TEST_F(LaterFiles, AreFoundWhereverTheyAre) {
  put("segments/00000000.seg", segment_header());
  put("segments/00000001.seg", later_segment_header());
  expect_found("segments/00000001.seg");
  put("segments/00000001.seg", segment_header());
  for (const char* month : {"data-keys/2026-10", "data-keys/2026-11"}) {
    put(month, of_format_3(month_keys()));
    expect_found(month);
    put(month, month_keys());
  }
  put("remains/00000003", of_format_3(remains()));
  expect_found("remains/00000003");
  put("remains/00000003", remains());
  put("segments/100000000.seg", later_segment_header());
  expect_found("segments/100000000.seg");
}

Buffer later_slot(const env::Mark& mark) {
  Buffer slot = encode_mark_slot({1, mark});
  slot[7] = std::byte{'L'};
  slot.resize(kMarkSlotSize - kHashSize);
  append(slot, merkle::sha256(slot).view());
  return slot;
}

class LaterMarks : public LaterFiles {
 protected:
  /// A mark of `mark`, with `slot` in place of one of its slots.
  std::string put_mark(std::size_t at, Bytes slot) const {
    put("a.mark", encode_mark_slot({0, mark}));
    std::string bytes = content("a.mark");
    bytes.resize(kMarkSlotStride + kMarkSlotSize);
    bytes.replace(kMarkSlotStride, kMarkSlotSize, text_of(encode_mark_slot({1, mark})));
    bytes.replace(at, kMarkSlotSize, text_of(slot));
    put("a.mark", bytes_of(bytes));
    return bytes;
  }
  const env::Mark mark{merkle::sha256(bytes_of("a")), TreeSize{7}, {}};
};

TEST_F(LaterMarks, AreNotWrittenOver) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{kMarkSlotStride}}) {
    const std::string bytes = put_mark(at, later_slot(mark));
    const auto place = mark_file(*files_, "a.mark");
    expect_later(place->read(), "2");
    expect_later(place->write(mark), "2");
    EXPECT_EQ(content("a.mark"), bytes);
  }
}

TEST_F(LaterMarks, AreNotWhatASlotIsThatRotted) {
  Buffer slot = encode_mark_slot({1, mark});
  slot[7] = std::byte{'L'};
  expect_damaged(decode_mark_slot(slot));
  slot[20] ^= std::byte{1};
  for (const std::size_t at : {std::size_t{0}, std::size_t{kMarkSlotStride}}) {
    put_mark(at, slot);
    const auto marks = mark_file(*files_, "a.mark")->read();
    ASSERT_TRUE(marks) << marks.error().message;
    EXPECT_EQ(marks->size(), 1u) << "the other slot counts";
  }
}

TEST_F(LaterFiles, OfMonthKeysAndRemainsAreNotThoseThatAreMissing) {
  put("data-keys/2026-11", of_format_3(month_keys()));
  expect_later(read_month_keys(*files_, {kNovember}));
  put("remains/00000003", of_format_3(remains()));
  SegmentHeader header;
  header.ordinal = 3;
  expect_later(read_remains(*files_, header));
}

}  // namespace
}  // namespace varve::store
