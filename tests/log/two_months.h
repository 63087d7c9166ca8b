// A log with a month of several segments, whose key a test destroys, and the month after it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/format/tombstone.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"
#include "ledger/store/remains.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve::testing {

inline constexpr std::uint64_t kJanuary = 1'767'300'000'000'000;   // 2026-01-01
inline constexpr std::uint64_t kFebruary = 1'770'000'000'000'000;  // 2026-02-02
inline constexpr std::uint64_t kDestroyed = 1'780'000'000'000'000;
inline constexpr const char* kJanuaryKey = "varve/test/2026-01";

/// What goes with January: its events, and the month's secret.
inline constexpr std::uint64_t kGoneWithJanuary = 24 * 9 + 4 + 1;

/// A log with a month of four segments, and the month after it; stopped.
class TwoMonths : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.clock = &clock_;
    world_.options.segment_bytes_max = 4'096;
    clock_.now = kJanuary;
    ASSERT_TRUE(world_.open());
    source_.emplace(world_.registered("ward-3"));
    for (int k = 0; k < 24; ++k) ASSERT_TRUE(world_.append(source_->seal(events(9))));
    ASSERT_TRUE(world_.append_events(events(4), "key"));
    january_ = world_.log->latest()->checkpoint.size;
    ASSERT_TRUE(world_.reopen());  // seals the segment
    clock_.now = kFebruary;
    for (int k = 0; k < 8; ++k) ASSERT_TRUE(world_.append(source_->seal(events(9))));
    note_ = world_.log->latest()->note;
    for (std::uint64_t i = 0; i < world_.log->latest()->checkpoint.size.value; ++i)
      records_.push_back(world_.log->records(LeafIndex{i}, 1)->front());
    world_.log.reset();
  }

  void destroy() {
    keep_remains();
    world_.vault.destroyed.insert(kJanuaryKey);
  }
  void keep_remains() {
    store::DataKeys keys(*world_.files, world_.vault, env::system_random(), "varve/test");
    const auto segments = store::segments_of_month(*world_.files, 202'601);
    ASSERT_TRUE(segments);
    ASSERT_GE(segments->size(), 3u);
    for (const store::SegmentHeader& header : *segments) {
      const auto written =
          store::write_remains(*world_.files, header, *keys.get(header), kDestroyed);
      ASSERT_TRUE(written) << written.error().message;
    }
  }

  /// One that goes with January.
  [[nodiscard]] LeafIndex first_event() const {
    const auto is_event = [](const Buffer& record) {
      return format::decode_record(record)->kind == format::Kind::kEvent;
    };
    return {
        static_cast<std::uint64_t>(std::ranges::find_if(records_, is_event) - records_.begin())};
  }
  std::map<std::string, std::string> derived() const {
    std::map<std::string, std::string> files;
    for (const char* folder : {"tree", "leaves", "appends"})
      for (const auto& entry :
           std::filesystem::directory_iterator(std::filesystem::path(world_.directory) / folder))
        files[entry.path()] = bytes_in(entry.path());
    return files;
  }
  void remove_derived() const {
    for (const char* folder : {"tree", "leaves", "appends", "catalogue"})
      std::filesystem::remove_all(std::filesystem::path(world_.directory) / folder);
  }

  /// What a reader gets: what goes of January as tombstones, all else as it was.
  void expect_readable_but_for_january() {
    std::uint64_t gone = 0;
    for (std::uint64_t i = 0; i < records_.size(); ++i) {
      SCOPED_TRACE(i);
      const auto read = world_.log->records(LeafIndex{i}, 1);
      ASSERT_TRUE(read) << read.error().message;
      const format::Kind kind = format::decode_record(records_[i])->kind;
      const bool goes = format::row_of(kind).fate == format::Fate::kGoes;
      if (!goes || !contains(january_, LeafIndex{i})) {
        EXPECT_EQ(read->front(), records_[i]);
        continue;
      }
      const auto tombstone = format::decode_tombstone(read->front());
      ASSERT_TRUE(tombstone);
      EXPECT_EQ(tombstone->leaf, merkle::leaf_hash(records_[i]));
      EXPECT_EQ(tombstone->leaf, *world_.log->node({0, i}));
      EXPECT_EQ(tombstone->month, 202'601u);
      EXPECT_EQ(*world_.log->find_leaf(tombstone->leaf), LeafIndex{i});
      ++gone;
    }
    EXPECT_EQ(gone, kGoneWithJanuary);
    EXPECT_EQ(world_.log->latest()->note, note_);
  }

  SetClock clock_;
  World world_;
  std::optional<Source> source_;
  TreeSize january_;
  std::string note_;
  std::vector<Buffer> records_;
};

}  // namespace varve::testing
