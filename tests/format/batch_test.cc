// Seals, sealed batches and bundles.
#include "ledger/format/batch.h"

#include <gtest/gtest.h>

#include "ledger/base/codec.h"
#include "ledger/merkle/tree.h"
#include "tests/format/test_keys.h"

namespace varve::format {
namespace {

const SourceId kSource{77};

Buffer event(std::uint64_t sequence, SourceId source = kSource, Kind kind = Kind::kEvent) {
  return *encode_record({.kind = kind,
                         .source = source,
                         .sequence = sequence,
                         .media_type = "text/plain",
                         .payload = bytes_of("event")});
}

Seal seal_over(const std::vector<Buffer>& events, std::uint64_t first_sequence) {
  std::vector<Hash> leaves;
  for (const Buffer& e : events) leaves.push_back(merkle::leaf_hash(e));
  Seal seal{.source = kSource,
            .sequence = 5,
            .time_us = 1234,
            .first_sequence = first_sequence,
            .count = static_cast<std::uint32_t>(events.size()),
            .previous = merkle::sha256({}),
            .root = merkle::root_of(leaves)};
  seal.signature[0] = std::byte{8};
  return seal;
}

Buffer bundle_of(const std::vector<Buffer>& entries) {
  Buffer bundle;
  for (const Buffer& entry : entries) append_to_bundle(bundle, entry);
  return bundle;
}

/// Three events from sequence 10 on, as `change` leaves them, then their seal.
template <class Change>
Result<SealedBatch> decode_changed(Change change) {
  std::vector<Buffer> entries{event(10), event(11), event(12)};
  Seal seal = seal_over(entries, 10);
  change(entries, seal);
  entries.push_back(*encode_seal(seal));
  return decode_batch(bundle_of(entries));
}

TEST(Seal, ReadsBackAsItIsWritten) {
  for (const Sealer sealer : {Sealer::kSource, Sealer::kLog}) {
    Seal seal = seal_over({event(10)}, 10);
    seal.sealer = sealer;
    const Buffer bytes = *encode_seal(seal);
    const auto decoded = decode_seal(bytes);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(decoded->sealer, sealer);
    EXPECT_EQ(decoded->source, kSource);
    EXPECT_EQ(decoded->sequence, 5U);
    EXPECT_EQ(decoded->first_sequence, 10U);
    EXPECT_EQ(decoded->count, 1U);
    EXPECT_EQ(decoded->previous, seal.previous);
    EXPECT_EQ(decoded->root, seal.root);
    EXPECT_EQ(*encode_seal(*decoded), bytes);
  }
}

TEST(Batch, HoldsHeartbeatsOfTheSealsSourceThatAreWellFormed) {
  const auto with = [](std::string_view media_type, std::string_view text) {
    const std::vector<Buffer> entries{*encode_record({.kind = Kind::kHeartbeat,
                                                      .source = kSource,
                                                      .sequence = 10,
                                                      .media_type = media_type,
                                                      .payload = bytes_of(text)})};
    return decode_batch(bundle_of({entries[0], *encode_seal(seal_over(entries, 10))}));
  };
  const std::string_view type = media_type_of(Kind::kHeartbeat);
  constexpr std::string_view kText = "varve heartbeat v1\nsince 1\ninterval 2\nwaiting 3\n";
  EXPECT_TRUE(with(type, kText));
  EXPECT_NE(with(type, "alive").error().message.find("not a varve heartbeat"), std::string::npos);
  EXPECT_NE(with("text/plain", kText).error().message.find("media type"), std::string::npos);
}

TEST(Seal, IsRefusedWhereverItIsCutAndHasOneSpellingWhateverByteIsChanged) {
  const Buffer good = *encode_seal(seal_over({event(10)}, 10));
  for (std::size_t at = 0; at < good.size(); ++at) {
    EXPECT_FALSE(decode_seal(Bytes{good}.first(at)));
    for (int v = 0; v < 256; ++v) {
      Buffer bytes = good;
      bytes[at] = static_cast<std::byte>(v);
      if (const auto seal = decode_seal(bytes)) {
        ASSERT_EQ(*encode_seal(*seal), bytes) << at;
      }
    }
  }
}

TEST(Seal, CoversBetweenOneAndAllTheEventsABatchMayHold) {
  for (const std::uint32_t count : {0U, 1U, kBatchRecordsMax, kBatchRecordsMax + 1, ~0U}) {
    Seal seal = seal_over({event(10)}, 10);
    seal.count = count;
    EXPECT_EQ(encode_seal(seal).has_value(), count >= 1 && count <= kBatchRecordsMax) << count;
  }
  Seal seal = seal_over({event(10)}, ~std::uint64_t{0});
  EXPECT_FALSE(encode_seal(seal));
}

TEST(SealMessage, BindsTheSealToItsOrigin) {
  const Seal seal = seal_over({event(10)}, 10);
  const Buffer message = *seal_message(seal, "log.example");
  EXPECT_TRUE(text_of(message).starts_with("varve seal v1\nlog.example\n"));
  EXPECT_NE(message, *seal_message(seal, "other.example"));
  Seal signed_differently = seal;
  signed_differently.signature[9] = std::byte{1};
  EXPECT_EQ(message, *seal_message(signed_differently, "log.example"));
  Seal by_log = seal;
  by_log.sealer = Sealer::kLog;
  EXPECT_FALSE(seal_message(by_log, "log.example"));
}

TEST(SealMessage, ChangesWithEveryFieldOfTheSeal) {
  const Seal seal = seal_over({event(10)}, 10);
  const Buffer message = *seal_message(seal, "o");
  const auto changed = [&](auto change) {
    Seal other = seal;
    change(other);
    return *seal_message(other, "o") != message;
  };
  EXPECT_TRUE(changed([](Seal& s) { s.source.value++; }));
  EXPECT_TRUE(changed([](Seal& s) { s.sequence++; }));
  EXPECT_TRUE(changed([](Seal& s) { s.time_us++; }));
  EXPECT_TRUE(changed([](Seal& s) { s.salt[0] = std::byte{1}; }));
  EXPECT_TRUE(changed([](Seal& s) { s.first_sequence++; }));
  EXPECT_TRUE(changed([](Seal& s) { s.count++; }));
  EXPECT_TRUE(changed([](Seal& s) { s.previous.bytes[0] = std::byte{1}; }));
  EXPECT_TRUE(changed([](Seal& s) { s.root.bytes[0] ^= std::byte{1}; }));
}

TEST(Batch, DecodesToItsEventsItsSealAndTheirLeafHashes) {
  const auto batch = decode_changed([](auto&, auto&) {});
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->records.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(batch->leaves[i], merkle::leaf_hash(batch->records[i]));
  EXPECT_EQ(batch->seal.count, 3U);
}

TEST(Batch, KeepsItsViewsWhenItIsMoved) {
  auto batch = decode_changed([](auto&, auto&) {});
  const SealedBatch moved = *std::move(batch);
  EXPECT_EQ(to_buffer(moved.records[0]), event(10));
}

TEST(Batch, IsRefusedWhenItDisagreesWithItsSeal) {
  const auto refused = [](auto change) {
    const auto batch = decode_changed(change);
    return !batch && batch.error().code == Code::kInvalid;
  };
  using Events = std::vector<Buffer>;
  EXPECT_TRUE(refused([](Events& e, Seal&) { e.pop_back(); }));
  EXPECT_TRUE(refused([](Events& e, Seal&) { e.push_back(event(13)); }));
  EXPECT_TRUE(refused([](Events& e, Seal&) { std::swap(e[0], e[1]); }));
  EXPECT_TRUE(refused([](Events& e, Seal&) { e[1] = event(12); }));
  EXPECT_TRUE(refused([](Events& e, Seal&) { e[1].back() ^= std::byte{1}; }));
  EXPECT_TRUE(refused([](Events& e, Seal&) { e[1] = Buffer{}; }));
  EXPECT_TRUE(refused([](Events&, Seal& s) { s.root.bytes[0] ^= std::byte{1}; }));
  EXPECT_TRUE(refused([](Events&, Seal& s) { s.first_sequence = 9; }));
  EXPECT_TRUE(refused([](Events&, Seal& s) { s.source = SourceId{78}; }));
  EXPECT_TRUE(refused([](Events&, Seal& s) { s.sealer = Sealer::kLog; }));
  EXPECT_TRUE(refused([](Events& e, Seal& s) {
    e[1] = event(11, SourceId{78});
    s.root = seal_over(e, 10).root;
  }));
  EXPECT_TRUE(refused([](Events& e, Seal& s) {
    e[1] = event(11, kSource, Kind::kRefusal);
    s.root = seal_over(e, 10).root;
  }));
}

TEST(Batch, IsRefusedWithoutASealOrWithoutEvents) {
  EXPECT_FALSE(decode_batch({}));
  EXPECT_FALSE(decode_batch(bundle_of({event(10)})));
  EXPECT_FALSE(decode_batch(bundle_of({event(10), event(11)})));
  EXPECT_FALSE(decode_batch(bundle_of({*encode_seal(seal_over({event(10)}, 10))})));
}

TEST(Batch, IsRefusedWhereverItIsCut) {
  const std::vector<Buffer> events{event(10), event(11)};
  std::vector<Buffer> entries = events;
  entries.push_back(*encode_seal(seal_over(events, 10)));
  const Buffer whole = bundle_of(entries);
  ASSERT_TRUE(decode_batch(whole));
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_FALSE(decode_batch({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut)}));
}

TEST(Batch, NamesTheFirstEntryThatIsWrong) {
  const auto batch = decode_changed([](auto& events, auto&) { events[1] = event(99); });
  EXPECT_NE(batch.error().message.find("entry 1 "), std::string::npos) << batch.error().message;
}

TEST(Batch, HoldsAsManyEventsAsTheLimitAndNoMore) {
  std::vector<Buffer> events;
  for (std::uint64_t i = 0; i < kBatchRecordsMax; ++i) events.push_back(event(i));
  std::vector<Buffer> entries = events;
  entries.push_back(*encode_seal(seal_over(events, 0)));
  EXPECT_TRUE(decode_batch(bundle_of(entries)));
  entries.insert(entries.begin(), event(0));
  EXPECT_FALSE(decode_batch(bundle_of(entries)));
}

TEST(Bundle, SplitsIntoTheEntriesItWasMadeOf) {
  const std::vector<Buffer> entries{Buffer{}, event(1), Buffer(kRecordMax)};
  const Buffer bundle = bundle_of(entries);
  const auto split = split_bundle(bundle, 3);
  ASSERT_TRUE(split);
  ASSERT_EQ(split->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(to_buffer((*split)[i]), entries[i]);
  EXPECT_FALSE(split_bundle(bundle, 2));
  EXPECT_FALSE(split_bundle(Bytes{bundle}.first(bundle.size() - 1), 3));
  EXPECT_TRUE(split_bundle({}, 0)->empty());
}

}  // namespace
}  // namespace varve::format
