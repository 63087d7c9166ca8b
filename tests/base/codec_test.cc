// The codec never reads past the end, and what it wrote it reads back.
#include "ledger/base/codec.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

Buffer written() {
  Buffer out;
  Hash hash;
  hash.bytes.fill(std::byte{0xab});
  ByteWriter(out)
      .u8(0x01)
      .u16(0x0203)
      .u32(0x04050607)
      .u64(0x08090a0b0c0d0e0f)
      .hash(hash)
      .text("xyz");
  return out;
}

constexpr std::size_t kWrittenSize = 1 + 2 + 4 + 8 + 32 + 3;

TEST(Codec, WritesBigEndian) {
  const Buffer out = written();
  ASSERT_EQ(out.size(), kWrittenSize);
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(out[i], static_cast<std::byte>(i + 1));
  EXPECT_EQ(text_of(Bytes{out}.last(3)), "xyz");
}

TEST(Codec, ReadsBackWhatItWrote) {
  const Buffer out = written();
  ByteReader reader(out);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607u);
  EXPECT_EQ(reader.u64(), 0x08090a0b0c0d0e0fu);
  EXPECT_EQ(reader.hash().bytes[31], std::byte{0xab});
  EXPECT_EQ(text_of(reader.take(3)), "xyz");
  EXPECT_TRUE(reader.at_end());
}

TEST(Codec, KeepsTheLargestValueOfEachWidth) {
  Buffer out;
  ByteWriter(out).u8(UINT8_MAX).u16(UINT16_MAX).u32(UINT32_MAX).u64(UINT64_MAX);
  ByteReader reader(out);
  EXPECT_EQ(reader.u8(), UINT8_MAX);
  EXPECT_EQ(reader.u16(), UINT16_MAX);
  EXPECT_EQ(reader.u32(), UINT32_MAX);
  EXPECT_EQ(reader.u64(), UINT64_MAX);
}

// Wherever the input is cut, the reader says so at the first field that is not whole.
TEST(Codec, FailsAtEveryCutAndNeverReadsPastIt) {
  const Buffer whole = written();
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    SCOPED_TRACE(cut);
    const Buffer part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    ByteReader reader(part);
    reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.hash(), reader.take(3);
    EXPECT_FALSE(reader.ok());
    EXPECT_FALSE(reader.at_end());
  }
}

TEST(Codec, StaysFailedAfterTheFirstFailedRead) {
  const Buffer four(4);
  ByteReader reader(four);
  EXPECT_EQ(reader.u64(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0) << "a byte is left, but an earlier read failed";
  EXPECT_FALSE(reader.ok());
  EXPECT_TRUE(reader.take(0).empty());
  EXPECT_EQ(reader.hash(), Hash{});
}

TEST(Codec, RefusesALengthThatWouldWrapAround) {
  const Buffer some(16);
  ByteReader reader(some);
  reader.u8();
  EXPECT_TRUE(reader.take(SIZE_MAX).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Codec, SaysWhatIsLeft) {
  const Buffer some(5);
  ByteReader reader(some);
  reader.u16();
  EXPECT_EQ(reader.rest().size(), 3u);
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(reader.at_end());
  EXPECT_TRUE(ByteReader(Bytes{}).at_end());
}

}  // namespace
}  // namespace varve
