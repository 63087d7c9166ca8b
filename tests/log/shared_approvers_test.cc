// A log that named approvers with a shared key, while that was allowed, opens and says so.
#include <gtest/gtest.h>

#include "tests/log/later_store.h"

namespace varve {
namespace {

using testing::events;
using testing::LaterStore;
using testing::SoftKey;
using testing::World;

/// The same key pair under another name.
SoftKey renamed(SoftKey key, const std::string& name) {
  key.key = *format::make_verifier_key(name, format::Algorithm::kEd25519, key.key.key);
  return key;
}

class SharedApprovers : public ::testing::Test {
 protected:
  SharedApprovers() {
    world.notice = [this](std::string_view event, const std::string& sentence) {
      if (event == "approvers_share_a_key") said.push_back(sentence);
    };
  }
  /// A key event of the first key's that these keys sign, too.
  [[nodiscard]] std::string naming(const std::vector<SoftKey>& approvers,
                                   const std::vector<SoftKey>& before = {}) const {
    format::KeyEvent event{
        format::KeyAction::kApprovers, world.options.origin, world.first_key.key, {}, {}, 1, {}};
    for (const SoftKey& approver : approvers) event.approvers.push_back(approver.key);
    const std::string text = format::key_event_text(event);
    format::Note note{text, {world.first_key.note_signature(text)}};
    for (const SoftKey& key : approvers) note.signatures.push_back(key.note_signature(text));
    for (const SoftKey& key : before) note.signatures.push_back(key.note_signature(text));
    return format::format_note(note);
  }
  /// The store of an older program, which admitted the event.
  void write_old_store(const std::vector<SoftKey>& approvers) {
    LaterStore store(world);
    store.control(format::Kind::kKeyEvent, naming(approvers));
    ASSERT_TRUE(store.write());
  }

  std::vector<std::string> said;  // the log is closed when it is read
  World world;
  SoftKey ann{"ann"};
};

TEST_F(SharedApprovers, AreSaidAtEachStartUntilOthersAreNamed) {
  const SoftKey bob = renamed(ann, "bob");
  const SoftKey eve = renamed(world.first_key, "eve");
  write_old_store({ann, bob, eve});
  for (int start = 0; start < 2; ++start) {
    said.clear();
    const auto opened = world.open();
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(world.append_events(events(1)));
    world.log.reset();
    ASSERT_EQ(said.size(), 2u);
    for (const std::string& sentence : said)
      EXPECT_NE(sentence.find("; name others by a new event"), std::string::npos) << sentence;
    EXPECT_EQ(said[0].find("the approvers ann and bob have the same key"), 0u) << said[0];
    EXPECT_EQ(said[1].find("the approver eve has a key of the log"), 0u) << said[1];
  }
  ASSERT_TRUE(world.open());
  const SoftKey dan("dan");
  const auto refused = world.append_control(format::Kind::kKeyEvent, naming({dan, bob, ann}, {}));
  EXPECT_EQ(refused.error().code, Code::kInvalid) << "the log names no such approvers any more";
  const auto named = world.append_control(format::Kind::kKeyEvent, naming({dan}, {ann}));
  ASSERT_TRUE(named) << named.error().message;
  world.log.reset();
  said.clear();
  ASSERT_TRUE(world.open());
  world.log.reset();
  EXPECT_TRUE(said.empty());
}

TEST_F(SharedApprovers, AreNoneWhereEachHasAKeyOfTheirOwn) {
  write_old_store({ann, SoftKey("bob")});
  ASSERT_TRUE(world.open());
  world.log.reset();
  EXPECT_TRUE(said.empty());
}

}  // namespace
}  // namespace varve
