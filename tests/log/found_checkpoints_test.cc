// Torn or damaged: every row of the table, on a file with just that behind the bad place.
#include "ledger/recovery/found_checkpoints.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/store/frame_codec.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using recovery::Behind;
using testing::SoftKey;

constexpr TreeSize kGood{5};

Buffer checkpoint_frame(const SoftKey& key, const std::string& origin, TreeSize size) {
  const std::string text = format::checkpoint_text({origin, size, {}});
  store::FrameHeader header;
  header.type = store::FrameType::kCheckpoint;
  header.first = size.value;
  return store::plain_frame(header,
                            bytes_of(format::format_note({text, {key.note_signature(text)}})))
      .bytes;
}

/// Sizes of the checkpoints behind the bad place, in each way in which a row can come about.
std::vector<std::vector<std::uint64_t>> ways(Behind behind) {
  switch (behind) {
    case Behind::kNone:
      return {{}};
    case Behind::kCovered:
      return {{4}, {5}, {5, 5}};
    case Behind::kBeyond:
      return {{6}};
    case Behind::kSeveral:
      return {{4, 5}, {5, 6}, {6, 7}, {4, 5, 6}};
  }
  return {};
}

TEST(TornOrDamaged, IsDecidedByTheTableForWhateverIsFoundBehind) {
  testing::World world;
  const std::string& origin = world.options.origin;
  std::size_t files = 0;
  for (const auto& [behind, at_checkpoint, damaged] : recovery::kTornOrDamaged)
    for (const auto& sizes : ways(behind)) {
      SCOPED_TRACE(std::to_string(static_cast<int>(behind)) + (at_checkpoint ? " at" : ""));
      Buffer bytes = checkpoint_frame(world.first_key, origin, kGood);
      if (at_checkpoint)
        bytes[store::kFrameHeaderSize + 3] ^= std::byte{1};
      else
        std::ranges::fill(bytes, std::byte{0xff});
      append(bytes, checkpoint_frame(world.first_key, "log.example/other", TreeSize{9}));
      for (const std::uint64_t size : sizes)
        append(bytes, checkpoint_frame(world.first_key, origin, TreeSize{size}));
      const auto file = *world.files->open_or_create("file" + std::to_string(++files));
      ASSERT_TRUE(file->write(ByteOffset{0}, bytes));
      EXPECT_EQ(*recovery::is_damage(*file, ByteOffset{0}, origin, kGood), damaged);
    }
}

TEST(TornOrDamaged, HasOneRowForEverythingThatCanBeFound) {
  for (const Behind behind : {Behind::kNone, Behind::kCovered, Behind::kBeyond, Behind::kSeveral})
    for (const bool at_checkpoint : {false, true})
      EXPECT_EQ(std::ranges::count_if(recovery::kTornOrDamaged,
                                      [&](const auto& row) {
                                        return row.behind == behind &&
                                               row.at_checkpoint == at_checkpoint;
                                      }),
                1);
}

}  // namespace
}  // namespace varve
