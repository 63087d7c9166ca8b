// What readers see is as of the newest checkpoint: never a key event or a batch that no durable
// checkpoint covers yet, whatever the token does meanwhile.
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "tests/log/stepped_log.h"

namespace varve {
namespace {

using testing::events;
using testing::SoftKey;
using testing::Source;

class View : public testing::SteppedLog<testing::HeldSide> {
 protected:
  void SetUp() override { recover(); }

  template <class... Items>
  void step(Items... items) {
    std::vector<log::Item> all;
    (all.push_back(std::move(items)), ...);
    sequencer_->step(std::move(all));
    expect_of_the_newest_checkpoint();
  }
  log::Item control(format::Kind kind, std::string note) {
    return {log::ControlNote{kind, std::move(note)}, told(), 0, {}, {}};
  }
  log::Item batch(Source& source, std::size_t count) {
    auto decoded = format::decode_batch(source.seal(events(count)));
    log::Item item{{}, told(), 0, source.key.key.key, {}};
    item.what = std::move(*decoded);
    return item;
  }
  [[nodiscard]] std::string joins(const SoftKey& key, const SoftKey& by) const {
    const std::string text =
        format::key_event_text({format::KeyAction::kRotate, world_.options.origin, key.key});
    return format::format_note({text, {by.note_signature(text), key.note_signature(text)}});
  }
  AppendDone told() {
    return [this](const Result<Appended>& done) { acknowledged_ += done ? 1 : 0; };
  }

  /// The rule: keys and their events are those of the records that the checkpoint covers, and its
  /// signatures are of keys that the view has.
  void expect_of_the_newest_checkpoint() {
    const LedgerView view = storage_->view();
    const TreeSize size = view.newest->checkpoint.size;
    for (const LeafIndex event : view.keys->events) EXPECT_TRUE(contains(size, event));
    EXPECT_EQ(view.keys->history.all().size(), view.keys->events.size());
    EXPECT_TRUE(format::open_checkpoint(view.newest->note, world_.options.origin,
                                        view.keys->history.all()));
  }

  int acknowledged_ = 0;
};

TEST_F(View, ShowsAKeyWithTheCheckpointThatCoversItsEvent) {
  const SoftKey second(world_.options.origin);
  world_.signer.add(second);
  step(control(format::Kind::kKeyEvent, joins(second, world_.first_key)));
  EXPECT_EQ(storage_->view().keys->events.size(), 1u) << "the token signs still";
  side_.wait();
  step();
  EXPECT_EQ(acknowledged_, 1);
  EXPECT_EQ(storage_->view().keys->events.size(), 2u);
}

// The key event comes after the frames of a group that the token signs, or that is not durable yet.
TEST_F(View, ShowsNoKeyWhileTheGroupBeforeItIsPublished) {
  const SoftKey second(world_.options.origin);
  world_.signer.add(second);
  Source source("ward-3", world_.options.origin);
  step(control(format::Kind::kSourceEvent, source.register_note()));
  side_.wait();
  step(control(format::Kind::kKeyEvent, joins(second, world_.first_key)));
  EXPECT_EQ(acknowledged_, 1);
  EXPECT_EQ(storage_->view().keys->events.size(), 1u);
  side_.wait();
  step();
  EXPECT_EQ(storage_->view().keys->events.size(), 2u);
}

TEST_F(View, ShowsWhereASourceIsWithTheCheckpointThatCoversItsBatch) {
  Source source("ward-3", world_.options.origin);
  step(control(format::Kind::kSourceEvent, source.register_note()));
  EXPECT_EQ(storage_->source(source.id).error().code, Code::kNotFound);
  side_.wait();
  step();
  for (std::uint64_t sent = 1; sent <= 4; ++sent) {
    step(batch(source, 2));  // from the second on it finds the one before signed
    EXPECT_EQ(storage_->source(source.id)->next_batch, sent - 1);
    side_.wait();
  }
  step();
  EXPECT_EQ(storage_->source(source.id)->next_batch, 4u);
  EXPECT_EQ(acknowledged_, 5);
}

// The token is gone, and comes back: what waits for its signature is shown no earlier.
TEST_F(View, ShowsNothingThatWaitsForALostToken) {
  Source source("ward-3", world_.options.origin);
  step(control(format::Kind::kSourceEvent, source.register_note()));
  side_.wait();
  step();
  const SoftKey second(world_.options.origin);
  world_.signer.add(second);
  world_.signer.down = true;
  step(control(format::Kind::kKeyEvent, joins(second, world_.first_key)), batch(source, 2));
  side_.wait();
  step();
  EXPECT_EQ(storage_->view().keys->events.size(), 1u);
  EXPECT_EQ(storage_->source(source.id)->next_batch, 0u);
  world_.signer.down = false;
  side_.wait();
  step();
  side_.wait();
  step();
  EXPECT_EQ(storage_->view().keys->events.size(), 2u);
  EXPECT_EQ(storage_->source(source.id)->next_batch, 1u);
}

}  // namespace
}  // namespace varve
