// Fewer than M approvers shorten, release and dispose of nothing early: every short sequence of
// what the operator (who has the log's key) and one of two approvers can send, mixed with what
// both approvers do lawfully and with time that passes. The model judges what the rules let pass
// by the true time, by whom it knows to have signed, and by books of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "true_world.h"

namespace varve::rules {
namespace {

constexpr std::uint64_t kPeriodDays = 40;

const Signers kNone{};
const Signers kOperator{true, {}};
const Signers kOne{true, {hash_of(201)}};
const Signers kOneTwice{true, {hash_of(201), hash_of(201), hash_of(299)}};  // 299: no approver
const Signers kBoth{true, {hash_of(201), hash_of(202)}};
const Signers kBothAlone{false, {hash_of(201), hash_of(202)}};

bool signed_by_both(const Signers& signers) {
  return std::ranges::count(signers.approvers, hash_of(201)) > 0 &&
         std::ranges::count(signers.approvers, hash_of(202)) > 0;
}

/// The model's own books.
struct Books {
  struct HeldMonths {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint32_t placed = 0;   // the month in which it was placed
    std::size_t placed_at = 0;  // records in the log then
    bool open = true;
    [[nodiscard]] bool covers(std::uint32_t month) const {
      return month == placed || (first <= month && month <= last);
    }
  };
  struct Noticed {
    std::uint64_t at_us = 0;
    std::size_t at = 0;  // records in the log then
    Hash policy;
    std::vector<std::uint32_t> months;
  };
  std::map<std::string, HeldMonths> holds;
  std::map<Hash, Noticed> notices;
  std::vector<std::uint32_t> gone;
  std::uint32_t period = 0;  // the longest that was ever promised, in days
  Hash policy;               // the newest
  std::uint64_t policies = 0;
  bool automatic = false;
};

struct Scene : TrueWorld {
  Books books;
  std::vector<PolicyAct> old_policies;  // to be replayed
  std::vector<ReleaseAct> old_releases;
  std::vector<Hash> notices;
  std::string wrong;  // the first thing that must not happen

  void expect(bool holds, const char* what) {
    if (!holds && wrong.empty()) wrong = what;
  }
};

std::uint32_t month_now(const Scene& scene) {
  return scene.log.months().back().month;
}

/// The true age of the youngest record that the month has, whatever the act says that it has.
std::uint64_t true_age_us(const Scene& scene, std::uint32_t month) {
  std::uint64_t youngest = 0;
  for (std::size_t k = 0; k < scene.appended_us.size(); ++k)
    if (const Month* const of = scene.log.month_of(LeafIndex{k}); of && of->month == month)
      youngest = scene.appended_us[k];
  return scene.now_us - youngest;
}

bool send(Scene& scene, const PolicyAct& act) {
  if (!scene.take(act)) return false;
  Books& books = scene.books;
  scene.expect(act.signers.active_key, "R14: a policy is in force that the log did not sign");
  scene.expect(books.policies == 0 || signed_by_both(act.signers), "R15: a policy by one approver");
  scene.expect(act.policy.period >= books.period, "R13: a shorter policy");
  scene.expect(act.policy.mode == format::Mode::kLocked, "R12: a log that is locked no more");
  scene.expect(act.policy.period <= 36'525, "R10: a policy for ever");
  for (const PolicyAct& old : scene.old_policies)
    scene.expect(old.policy.number != act.policy.number, "R11: a policy came again");
  books.period = std::max(books.period, act.policy.period);
  books.policy = hash_of(scene.appended_us.size());
  books.automatic = act.policy.automatic;
  ++books.policies;
  scene.old_policies.push_back(act);
  return true;
}

bool send(Scene& scene, const HoldAct& act) {
  if (!scene.take(act)) return false;
  scene.expect(act.signers.active_key || !act.signers.approvers.empty(), "R17: a hold by nobody");
  scene.expect(!scene.books.holds.contains(act.id), "R17: a hold came again");
  scene.books.holds[act.id] = {act.scope.first_month, act.scope.last_month, month_now(scene),
                               scene.appended_us.size()};
  return true;
}

bool send(Scene& scene, const ReleaseAct& act) {
  if (!scene.take(act)) return false;
  scene.expect(signed_by_both(act.signers), "R19: a release by fewer than two approvers");
  scene.books.holds[act.id].open = false;
  scene.old_releases.push_back(act);
  return true;
}

bool send(Scene& scene, const NoticeAct& act) {
  if (!scene.take(act)) return false;
  const Hash leaf = hash_of(scene.appended_us.size());
  Books::Noticed noticed{scene.now_us, scene.appended_us.size(), act.policy, {}};
  for (const MonthRange& range : act.months) {
    scene.expect(true_age_us(scene, range.month) >= scene.books.period * kDay,
                 "R23: a false notice");
    noticed.months.push_back(range.month);
  }
  scene.books.notices[leaf] = noticed;
  scene.notices.push_back(leaf);
  return true;
}

/// What no month may be when it is disposed of.
void judge_month(Scene& scene, const DisposalAct& act, std::uint32_t month) {
  const Books& books = scene.books;
  scene.expect(month < month_now(scene), "R21: a month that is not over");
  scene.expect(std::ranges::count(books.gone, month) == 0, "R22: a month that was gone");
  scene.expect(true_age_us(scene, month) >= books.period * kDay, "R23: a month before its time");
  for (const auto& [id, hold] : books.holds)
    scene.expect(!hold.open || !hold.covers(month), "R24: a month under a hold");
  const auto notice = books.notices.find(act.notice);
  if (notice == books.notices.end()) return scene.expect(false, "R26: a month without notice");
  const Books::Noticed& noticed = notice->second;
  scene.expect(std::ranges::count(noticed.months, month) != 0, "R26: another month's notice");
  scene.expect(scene.now_us - noticed.at_us >= 7 * kDay, "R26: a notice that is too young");
  scene.expect(noticed.policy == books.policy, "R25: a notice under another policy");
  for (const auto& [id, hold] : books.holds)
    scene.expect(!hold.covers(month) || hold.placed_at < noticed.at, "R27: held since");
}

bool send(Scene& scene, const DisposalAct& act) {
  if (!scene.take(act)) return false;
  for (const MonthRange& range : act.months) judge_month(scene, act, range.month);
  scene.expect(signed_by_both(act.signers) || (act.by_policy && scene.books.automatic),
               "R28: a disposal by fewer than two approvers");
  scene.expect(act.policy == scene.books.policy, "R25: a disposal under another policy");
  scene.expect(act.root_is_the_logs, "R29: a disposal of another history");
  for (const MonthRange& range : act.months) scene.books.gone.push_back(range.month);
  return true;
}

void pass(Scene& scene, std::uint64_t days) {
  scene.clock();  // what was appended since the one before begins to age
  scene.run(days * kDay);
  scene.expect(scene.clock(), "the honest server's clock record is refused");
  scene.append();
}

HoldAct a_hold(const std::string& id, std::uint32_t month, const Signers& signers) {
  return {{}, id, {Scope::What::kMonths, month, month, {}}, hash_of(1), signers};
}

/// January (due, and held where asked), February (not due), and March, which is the newest.
Scene opening(bool held, const std::set<int>& left_out) {
  Scene scene;
  scene.left_out = left_out;
  scene.append();
  PolicyAct policy{{}, {}, kOperator};
  policy.policy.period = kPeriodDays;
  EXPECT_TRUE(send(scene, policy));
  EXPECT_TRUE(scene.clock());
  ApproversAct approvers{scene.append(), 2, kBoth.approvers};
  scene.log.apply(approvers);
  pass(scene, 36);
  pass(scene, 22);
  pass(scene, 18);
  if (!held) return scene;
  EXPECT_TRUE(send(scene, a_hold("law-1", 202'601, kOne)));
  return scene;
}

std::vector<std::vector<MonthRange>> choices_of_months(const Scene& scene) {
  std::vector<std::vector<MonthRange>> choices;
  std::vector<MonthRange> all;
  for (const Month& month : scene.log.months()) {
    const MonthRange range = scene.log.range_of(month).value_or(
        MonthRange{month.month, month.first, end_of(scene.size())});
    choices.push_back({range});
    all.push_back(range);
    if (range.end.value - range.first.value > 1)
      choices.push_back({{range.month, range.first, LeafIndex{range.first.value + 1}}});
  }
  all.pop_back();
  choices.push_back(all);
  return choices;
}

using Moves = std::vector<Scene>;

template <class Act>
void offer(Moves& moves, const Scene& scene, const Act& act) {
  if (!scene.takes(act)) return;
  Scene next = scene;
  if (send(next, act)) moves.push_back(std::move(next));
}

void offer_policies(Moves& moves, const Scene& scene) {
  PolicyAct act{{}, scene.log.policy(), {}};
  act.policy.number = scene.log.policy().number + 1;
  act.policy.previous = scene.log.policy_place()->leaf;
  const auto with = [&](auto change) {
    for (const Signers& signers : {kOperator, kOne, kOneTwice, kBoth, kBothAlone}) {
      PolicyAct changed = act;
      change(changed.policy);
      changed.signers = signers;
      offer(moves, scene, changed);
    }
  };
  with([](format::Policy& p) { p.period -= 10; });
  with([](format::Policy& p) { p.automatic = true; });
  with([](format::Policy& p) { p.period = 50'000; });
  with([](format::Policy& p) {
    p.mode = format::Mode::kDraft;
    p.period = p.notice = p.wait = p.key_period_minutes = 60;
  });
  for (const PolicyAct& old : scene.old_policies) offer(moves, scene, old);
}

void offer_holds(Moves& moves, const Scene& scene) {
  if (scene.books.holds.size() < 3) offer(moves, scene, a_hold("law-2", 202'601, kOperator));
  offer(moves, scene, a_hold("law-3", 202'602, kNone));
  for (const auto& [id, hold] : scene.log.holds())
    for (const Signers& signers : {kOperator, kOne, kOneTwice, kBothAlone})
      offer(moves, scene, ReleaseAct{{}, id, hold.placed.leaf, signers});
}

void offer_disposals(Moves& moves, const Scene& scene) {
  std::vector<Hash> notices = scene.notices;
  notices.push_back(hash_of(9'999));
  for (const auto& months : choices_of_months(scene)) {
    if (scene.notices.size() < 3)
      offer(moves, scene, NoticeAct{{}, scene.log.policy_place()->leaf, months});
    for (const Hash& notice : notices)
      for (const Signers& signers : {kOperator, kOne, kOneTwice, kBothAlone})
        for (const bool by_policy : {false, true})
          for (const bool root : {true, false})
            for (const Hash& policy : {scene.log.policy_place()->leaf, hash_of(2)})
              offer(moves, scene,
                    DisposalAct{{}, policy, notice, months, root, by_policy, signers});
  }
}

Moves moves_of(const Scene& scene) {
  Moves moves;
  Scene later = scene;
  pass(later, 8);
  moves.push_back(later);
  Scene stopped = scene;  // for long, and with a clock that says the year 2040 afterwards
  stopped.stop(60 * kDay);
  stopped.host_off_us = 14 * 365 * static_cast<std::int64_t>(kDay);
  stopped.expect(stopped.clock(), "the clock record behind a stop is refused");
  if (scene.host_off_us == 0) moves.push_back(stopped);
  offer_policies(moves, scene);
  offer_holds(moves, scene);
  offer_disposals(moves, scene);
  return moves;
}

struct Seen {
  std::uint64_t scenes = 0;
  std::uint64_t disposals = 0;
  std::uint64_t releases = 0;
  std::string wrong;
};

void play(const Scene& scene, int moves, Seen& seen) {
  ++seen.scenes;
  seen.disposals += scene.books.gone.empty() ? 0 : 1;
  seen.releases += scene.old_releases.empty() ? 0 : 1;
  if (seen.wrong.empty()) seen.wrong = scene.wrong;
  if (moves == 0 || !seen.wrong.empty()) return;
  for (const Scene& next : moves_of(scene)) play(next, moves - 1, seen);
}

Seen played(bool held, int moves, const std::set<int>& left_out = {}) {
  Seen seen;
  play(opening(held, left_out), moves, seen);
  return seen;
}

TEST(RetentionAdversary, FewerThanTwoApproversShortenReleaseAndDisposeOfNothing) {
  std::uint64_t releases = 0;
  for (const bool held : {false, true}) {
    const Seen seen = played(held, 6);
    EXPECT_EQ(seen.wrong, "");
    EXPECT_GT(seen.scenes, 5'000u);
    EXPECT_GT(seen.disposals, 50u) << "too few lawful disposals are in reach of the walk";
    releases += seen.releases;
  }
  EXPECT_GT(releases, 50u);
}

TEST(RetentionAdversary, EachRuleIsMissedWhenItIsLeftOut) {
  for (const int rule : {10, 11, 12, 13, 14, 15, 17, 19, 23, 24, 25, 26, 27, 28, 29}) {
    std::string wrong;
    for (const bool held : {false, true})
      if (wrong.empty()) wrong = played(held, 6, {rule}).wrong;
    EXPECT_TRUE(wrong.starts_with("R" + std::to_string(rule) + ":"))
        << "without R" << rule << ": " << wrong;
  }
}

}  // namespace
}  // namespace varve::rules
