// Policies and holds of a running log: taken with a clock record in front, shown with the checkpoint
// that covers them, and kept through restarts. What is refused leaves no record.
#include "ledger/format/hold.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/log/world.h"

namespace varve {
namespace {

using format::Hold;
using format::HoldAction;
using format::HoldText;
using format::Kind;
using testing::events;
using testing::SetClock;
using testing::SoftKey;
using testing::World;

constexpr std::uint64_t kStartUs = 1'780'272'000'000'000;  // 2026-06-01
constexpr std::uint64_t kHoldDayUs = format::kDayUs;

class HeldLog : public ::testing::Test {
 protected:
  HeldLog() : ann_("ann"), bob_("bob") {
    world_.clock = &clock_;
    clock_.now = kStartUs;
  }
  void SetUp() override {
    ASSERT_TRUE(world_.open());
    format::KeyEvent event{
        format::KeyAction::kApprovers, world_.options.origin, world_.first_key.key, {}, {}};
    event.approvals = 2;
    event.approvers = {ann_.key, bob_.key};
    const auto named = world_.append_control(
        Kind::kKeyEvent,
        signed_by(format::key_event_text(event), {&world_.first_key, &ann_, &bob_}));
    ASSERT_TRUE(named) << named.error().message;
  }

  [[nodiscard]] static std::string signed_by(const std::string& text,
                                             const std::vector<const SoftKey*>& keys) {
    format::Note note{text, {}};
    for (const SoftKey* key : keys) note.signatures.push_back(key->note_signature(text));
    return format::format_note(note);
  }
  [[nodiscard]] HoldText text_of_hold(const std::string& id) const {
    HoldText text{world_.options.origin,   id,     {}, "Doe v. Example",
                  "an order of the court", "legal"};
    text.salt.bytes.fill(std::byte{7});
    return text;
  }
  [[nodiscard]] Hold hold(const std::string& id) const {
    Hold hold{world_.options.origin, HoldAction::kPlace, id};
    hold.text = merkle::sha256(bytes_of(format::hold_text_text(text_of_hold(id))));
    return hold;
  }
  [[nodiscard]] static std::string spelled(const Hold& hold) {
    return format::hold_note_text(hold, format::Mode::kLocked);
  }
  Result<Appended> send(const std::string& note, const std::string& text = "") {
    std::promise<Result<Appended>> promise;
    world_.log->append_hold(note, text,
                            [&](Result<Appended> done) { promise.set_value(std::move(done)); });
    return promise.get_future().get();
  }
  Result<Appended> place(const std::string& id, const SoftKey& by) {
    return send(signed_by(spelled(hold(id)), {&by}), format::hold_text_text(text_of_hold(id)));
  }
  [[nodiscard]] std::vector<Kind> kinds_from(TreeSize first) const {
    std::vector<Kind> kinds;
    for (std::uint64_t i = first.value; i < world_.size().value; ++i)
      kinds.push_back(format::decode_record(record(LeafIndex{i}))->kind);
    return kinds;
  }
  [[nodiscard]] Buffer record(LeafIndex i) const { return world_.log->records(i, 1)->front(); }
  [[nodiscard]] const rules::Retention& shown() {
    view_ = world_.log->view();
    return *view_.retention;
  }
  [[nodiscard]] format::Policy longer(std::uint32_t days) {
    format::Policy next = shown().policy();
    next.number += 1;
    next.previous = shown().policy_place()->leaf;
    next.period = days;
    return next;
  }

  SetClock clock_;
  World world_;
  SoftKey ann_;
  SoftKey bob_;
  LedgerView view_;
};

TEST_F(HeldLog, IsHeldWithItsTextInTheSameMonth) {
  const TreeSize before = world_.size();
  const auto done = place("2026-cv-1", ann_);
  ASSERT_TRUE(done) << done.error().message;
  using enum Kind;
  EXPECT_EQ(kinds_from(before), (std::vector{kClock, kHoldText, kBatchSeal, kHold}));
  ASSERT_TRUE(shown().holds().contains("2026-cv-1"));
  const rules::Hold& held = shown().holds().at("2026-cv-1");
  EXPECT_TRUE(held.is_open);
  EXPECT_EQ(held.placed.index, done->first);
  EXPECT_EQ(held.placed.leaf, merkle::leaf_hash(record(done->first)));
  world_.log.reset();
  const auto report = testing::audit_store(world_.options, world_.environment());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->findings.empty());
}

TEST_F(HeldLog, StaysHeldThroughRestartsAndARebuild) {
  ASSERT_TRUE(place("2026-cv-1", ann_));
  const rules::Hold held = shown().holds().at("2026-cv-1");
  for (const bool rebuilt : {false, true}) {
    world_.log.reset();
    for (const char* folder : {"tree", "leaves", "appends", "catalogue"})
      if (rebuilt) std::filesystem::remove_all(std::filesystem::path(world_.directory) / folder);
    ASSERT_TRUE(world_.open());
    const rules::Hold& now = shown().holds().at("2026-cv-1");
    EXPECT_TRUE(now.is_open);
    EXPECT_EQ(now.placed, held.placed);
    EXPECT_EQ(now.placer, held.placer);
    EXPECT_EQ(now.scope, held.scope);
  }
}

// Each refused for a reason of its own, and nothing is left of it, not even a clock record.
TEST_F(HeldLog, RefusesWhatIsNoHoldAndLeavesNothing) {
  ASSERT_TRUE(place("known", ann_));
  const std::string text = format::hold_text_text(text_of_hold("new"));
  const std::string good = signed_by(spelled(hold("new")), {&ann_});
  Hold foreign = hold("new");
  foreign.origin = "audit.example.org/other";
  HoldText other = text_of_hold("new");
  other.reason = "another one";
  const TreeSize before = world_.size();
  const SoftKey stranger("eve");
  const auto refused = [&](const std::string& note, const std::string& with, const char* why) {
    const auto done = send(note, with);
    ASSERT_FALSE(done) << why;
    EXPECT_NE(done.error().message.find(why), std::string::npos) << done.error().message;
  };
  refused(good, "", "varve hold text v1");
  refused(good, format::hold_text_text(other), "is not that of the hold new");
  refused(signed_by(spelled(foreign), {&ann_}), text, "is not that of the hold new");
  refused(signed_by(spelled(hold("new")), {&stranger}), text, "sign");
  refused(signed_by(spelled(hold("known")), {&ann_}), format::hold_text_text(text_of_hold("known")),
          "R17");
  EXPECT_EQ(world_.size(), before);
  EXPECT_FALSE(shown().holds().contains("new"));
}

// A release takes both, and both named for thirty days.
TEST_F(HeldLog, IsReleasedByApproversWhoWereNamedForLongEnough) {
  const auto placed = place("2026-cv-1", ann_);
  ASSERT_TRUE(placed);
  Hold release{world_.options.origin, HoldAction::kRelease, "2026-cv-1"};
  release.placed = merkle::leaf_hash(record(placed->first));
  const std::string by_both = signed_by(spelled(release), {&ann_, &bob_});
  const TreeSize before = world_.size();
  EXPECT_FALSE(send(by_both)) << "named today";
  EXPECT_EQ(world_.size(), before);
  clock_.now = kStartUs + 31 * kHoldDayUs;
  EXPECT_FALSE(send(signed_by(spelled(release), {&ann_}))) << "one is not two";
  EXPECT_FALSE(send(signed_by(spelled(release), {&world_.first_key}))) << "the log is nobody";
  EXPECT_TRUE(shown().holds().at("2026-cv-1").is_open);
  const auto done = send(by_both);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(shown().holds().at("2026-cv-1").is_open);
  EXPECT_FALSE(send(by_both)) << "it is released";
  EXPECT_FALSE(place("2026-cv-1", ann_)) << "an id is used once";
}

TEST_F(HeldLog, TakesALongerPolicyWithApprovalsAndNeverAShorterOne) {
  clock_.now = kStartUs + 31 * kHoldDayUs;
  ASSERT_TRUE(world_.append_events(events(1)));  // a month has begun, and a segment
  const auto sent = [&](const format::Policy& policy, const std::vector<const SoftKey*>& keys) {
    return world_.append_control(Kind::kPolicy, signed_by(format::policy_text(policy), keys));
  };
  const TreeSize before = world_.size();
  const std::vector<const SoftKey*> all{&world_.first_key, &ann_, &bob_};
  EXPECT_FALSE(sent(longer(3'653), {&world_.first_key}));
  EXPECT_FALSE(sent(longer(3'653), {&ann_, &bob_}));
  EXPECT_FALSE(sent(longer(2'191), all)) << "shorter";
  EXPECT_EQ(world_.size(), before) << "what is refused leaves no clock record";
  const auto done = sent(longer(3'653), all);
  ASSERT_TRUE(done) << done.error().message;
  using enum Kind;
  EXPECT_EQ(kinds_from(before), (std::vector{kClock, kPolicy, kClock}));
  EXPECT_EQ(shown().policy().period, 3'653u);
  ASSERT_TRUE(world_.reopen());
  EXPECT_EQ(shown().policy().period, 3'653u);
}

// What a reader holds does not change under him.
TEST_F(HeldLog, ShowsReadersAnImageThatStays) {
  const LedgerView before = world_.log->view();
  ASSERT_TRUE(place("2026-cv-1", ann_));
  EXPECT_TRUE(before.retention->holds().empty());
  EXPECT_FALSE(world_.log->view().retention->holds().empty());
}

}  // namespace
}  // namespace varve
