// Remains that are not what they should be take no file's place, whoever wrote them, and no key goes by them.
#include <gtest/gtest.h>

#include "disposer_life.h"

namespace varve::upkeep {
namespace {

/// As if it were one that goes.
void hide(Buffer& entry) {
  entry = to_buffer(merkle::leaf_hash(entry).view());
}

// Each of them leads to the same leaf hashes or nearly so, and a reader behind the file's end would believe it, or
// lack what has to stay.
TEST_F(DisposerTest, DestroysNoKeyAndNoFileByRemainsThatAreFalse) {
  const std::vector<std::pair<std::string, std::function<void(store::Remains&)>>> lies = {
      {"a leaf", [](auto& remains) { entry_of(remains, true).front() ^= std::byte{1}; }},
      {"a seal is hidden", [](auto& remains) { hide(entry_of(remains, false, true)); }},
      {"a control record is hidden", [](auto& remains) { hide(entry_of(remains, false)); }},
      {"an event stays",
       [this](auto& remains) {
         Buffer& entry = entry_of(remains, true);
         entry = records_[static_cast<std::size_t>(&entry - remains.entries.data())];
       }},
      {"an entry is missing", [](auto& remains) { remains.entries.pop_back(); }},
      {"it is of other records", [](auto& remains) { ++remains.first.value; }},
  };
  for (const auto& [what, change] : lies) {
    SCOPED_TRACE(what);
    SoftCustody custody{all_};
    plant(change);
    EXPECT_TRUE(dispose_by_remains(custody).empty());
    EXPECT_TRUE(was_told("disposal_waits"));
    expect_all_kept(custody);
  }
}

// The log says which record it is, and when: what lies there need not.
TEST_F(DisposerTest, MendsRemainsThatNameAnotherDisposal) {
  const std::vector<std::function<void(store::Remains&)>> lies = {
      [](auto& remains) { ++remains.file->disposal.value; },
      [](auto& remains) { ++remains.made_us; },
      [](auto& remains) { remains.file.reset(); },
      [](auto&) {},
  };
  for (const auto& change : lies) {
    SoftCustody custody{all_};
    plant(change);
    EXPECT_EQ(dispose_by_remains(custody).size(), 1U);
    expect_it_goes_on(custody);
  }
}

// It may have the key: then remains are made of the segment, whatever lies there.
TEST_F(DisposerTest, BelievesNoRemainsWhileATokenIsAway) {
  SoftCustody custody{all_};
  plant([](store::Remains&) {});  // and be they true
  custody.away = true;
  CustodyVault vault(custody);
  Life life(world_.options, environment(custody, vault));
  life.dispose();
  EXPECT_TRUE(was_told("disposal_waits"));
  EXPECT_TRUE(life.said.empty());
  expect_all_kept(custody);
  custody.away = false;
  life.dispose();
  EXPECT_EQ(life.said.size(), 1U);
  expect_it_goes_on(custody);
}

// Nothing goes by what was true a moment ago.
TEST_F(DisposerTest, DestroysNoKeyByRemainsThatChangedSinceTheyWereMade) {
  SoftCustody custody{all_};
  put_back();
  {
    CustodyVault vault(custody);
    Life life(world_.options, environment(custody, vault));
    life.when_forgotten = [&] { flip(store::remains_path(segments_.front().ordinal)); };
    life.dispose();
    EXPECT_TRUE(was_told("disposal_waits"));
    EXPECT_TRUE(life.said.empty());
    expect_all_kept(custody);
  }
  expect_it_goes_on(custody);
}

// The last key that reads a file stays, and mends what the file's remains should be.
TEST_F(DisposerTest, MakesRemainsAgainThatChangedWhileATokenWasAway) {
  SoftCustody one{all_};
  SoftCustody two{all_};
  put_back();
  CustodyVault vault(one);
  const Environment both = environment(one, vault, two);
  Life life(world_.options, both);
  one.when_destroyed = [&] { flip(store::remains_path(segments_.front().ordinal)); };
  life.dispose();
  ASSERT_FALSE(one.labels.contains(key_));
  ASSERT_TRUE(*store::has_segment_file(disk_, segments_.front().ordinal));
  two.away = false;
  life.look();
  EXPECT_TRUE(two.labels.contains(key_)) << "it alone reads the file, whose remains are false";
  life.look();
  EXPECT_TRUE(life.month().is_finished);
  expect_nothing_lost(two);
  EXPECT_FALSE(two.labels.contains(key_));
}

// A file that stays keeps nobody from telling of the key; and that it went later is told too, also when the
// process died behind it and another token is still away.
TEST_F(DisposerTest, SaysThatFilesWentBeforeACrash) {
  SoftCustody one{all_};
  SoftCustody two{all_};
  put_back();
  CustodyVault vault(one);
  const Environment both = environment(one, vault, two);
  const std::string path = store::remains_path(segments_.front().ordinal);
  {
    Life life(world_.options, both);
    one.when_destroyed = [&] { flip(path); };
    life.dispose();
    ASSERT_EQ(life.said.size(), 1U);
    EXPECT_NE(life.said.front().find("files kept\n"), std::string::npos) << life.said.front();
    EXPECT_TRUE(*store::has_segment_file(disk_, segments_.front().ordinal));
    flip(path);
    life.dies_before_it_says = true;
    EXPECT_THROW(life.dispose(), sim::Crash);
    EXPECT_FALSE(*store::has_segment_file(disk_, segments_.front().ordinal));
  }
  Life life(world_.options, both);
  life.dispose();
  ASSERT_EQ(life.said.size(), 1U);
  EXPECT_NE(life.said.front().find("files removed\n"), std::string::npos) << life.said.front();
  life.dispose();
  EXPECT_EQ(life.said.size(), 1U);
}

}  // namespace
}  // namespace varve::upkeep
