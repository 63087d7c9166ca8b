// Records: round trip, and every way of being malformed.
#include "ledger/format/record.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/base/codec.h"

namespace varve::format {
namespace {

Record sample(std::string_view payload) {
  Record record{.kind = Kind::kEvent,
                .source = SourceId{0x0102030405060708},
                .sequence = 9,
                .time_us = 1'700'000'000'000'000,
                .media_type = "application/json",
                .payload = bytes_of(payload)};
  for (std::size_t i = 0; i < kSaltSize; ++i) record.salt[i] = static_cast<std::byte>(i);
  return record;
}

TEST(Record, DecodesToWhatWasEncoded) {
  const Buffer bytes = *encode_record(sample("{}"));
  const auto record = decode_record(bytes);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->kind, Kind::kEvent);
  EXPECT_EQ(record->source, SourceId{0x0102030405060708});
  EXPECT_EQ(record->sequence, 9U);
  EXPECT_EQ(record->time_us, 1'700'000'000'000'000U);
  EXPECT_EQ(record->media_type, "application/json");
  EXPECT_EQ(text_of(record->payload), "{}");
  EXPECT_EQ(*encode_record(*record), bytes);
}

TEST(Record, HasItsHeaderBeforeItsPayload) {
  Buffer header = *encode_record_header(sample("{\"a\":1}"));
  append(header, bytes_of("{\"a\":1}"));
  EXPECT_EQ(header, *encode_record(sample("{\"a\":1}")));
}

TEST(Record, IsRefusedWhereverItIsCut) {
  const Buffer bytes = *encode_record(sample("{}"));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(decode_record(Bytes{bytes}.first(cut))) << cut;
}

TEST(Record, IsRefusedWithABytePastItsEnd) {
  Buffer bytes = *encode_record(sample("{}"));
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode_record(bytes));
}

// One byte is changed to each other value: either the change is refused, or it is still a record
// that encodes to exactly those bytes.
TEST(Record, HasOneSpellingWhateverByteIsChanged) {
  const Buffer good = *encode_record(sample("{}"));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int v = 0; v < 256; ++v) {
      Buffer bytes = good;
      bytes[at] = static_cast<std::byte>(v);
      if (const auto record = decode_record(bytes)) {
        ASSERT_EQ(*encode_record(*record), bytes) << at;
      }
    }
}

// A proof of a record that a later program wrote verifies too: the layout does not depend on the kind.
TEST(Record, DecodesInVersionOneWhateverItsKindButZero) {
  Buffer bytes = *encode_record(sample(""));
  for (int kind = 0; kind < 256; ++kind) {
    bytes[1] = static_cast<std::byte>(kind);
    EXPECT_EQ(decode_record(bytes).has_value(), kind != 0) << kind;
  }
  bytes = *encode_record(sample(""));
  for (int version = 0; version < 256; ++version) {
    bytes[0] = static_cast<std::byte>(version);
    EXPECT_EQ(decode_record(bytes).has_value(), version == 1) << version;
  }
}

TEST(Record, IsAtMostAsLargeAsABundleEntry) {
  const std::size_t fits =
      kRecordMax - kRecordFixedSize - std::string_view("application/json").size();
  const std::string payload(fits + 1, 'x');
  EXPECT_EQ(encode_record(sample(std::string_view(payload).substr(1)))->size(), kRecordMax);
  EXPECT_EQ(encode_record(sample(payload)).error().code, Code::kInvalid);
  Buffer too_large = *encode_record(sample(std::string_view(payload).substr(1)));
  too_large.push_back(std::byte{0});
  EXPECT_FALSE(decode_record(too_large));
}

TEST(Record, TakesAMediaTypeOf1To127VisibleAsciiCharacters) {
  for (const std::size_t length : {0, 1, 127, 128, 255}) {
    const std::string media(length, 'm');
    Record record = sample("");
    record.media_type = media;
    EXPECT_EQ(encode_record(record).has_value(), length >= 1 && length <= 127) << length;
  }
  for (int c = 0; c < 256; ++c) {
    const std::string media(1, static_cast<char>(c));
    Record record = sample("");
    record.media_type = media;
    EXPECT_EQ(encode_record(record).has_value(), c >= 0x20 && c <= 0x7e) << c;
  }
}

TEST(SourceId, IsTheHashOfAWellFormedName) {
  EXPECT_EQ(*source_id("ward-7/pacs"), *source_id("ward-7/pacs"));
  EXPECT_NE(*source_id("ward-7/pacs"), *source_id("ward-7/ris"));
  for (const char* bad : {"", "Ward", "a b", "a+b", "\xc3\xa4", "a\n"})
    EXPECT_EQ(source_id(bad).error().code, Code::kInvalid) << bad;
  EXPECT_TRUE(source_id(std::string(127, 'a')));
  EXPECT_FALSE(source_id(std::string(128, 'a')));
}

}  // namespace
}  // namespace varve::format
