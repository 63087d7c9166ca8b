// What the owner of a mirror decides, and what such a decision takes along: the month that it names.
#include "own_mirror.h"
#include "tests/env/sanitized.h"
#include "tests/moved_clock.h"

namespace varve::audit {

using namespace verify;

namespace {

struct EarlierMonths : OwnMirror {
  std::size_t december = 0;

  /// A log with events of two months from before its first clock record, and a hold on a month.
  void tell(std::optional<std::uint32_t> held) {
    LogBuilder& log = told.log;
    log = LogBuilder();
    log.register_source(ward());
    log.events_us = 1'452'000'000'000'000;  // 2016-01
    log.batch(ward(), 3);
    december = log.records.size();
    log.events_us = 1'481'000'000'000'000;  // 2016-12
    log.batch(ward(), 2);
    const std::uint64_t then = MirrorStory::kBeginUs;
    format::Clock clock{log.origin, 0, then, then, 0, {}, {}};
    clock.earlier = {{201'601, LeafIndex{0}}, {201'612, LeafIndex{december}}};
    log.control(format::Kind::kClock, format::clock_text(clock));
    log.secret_batch(202'602);
    if (held) hold(*held);
    server.serve(log);
    expect(mirror(), 0, "mirrored");
  }
  void hold(std::uint32_t month) {
    LogBuilder& log = told.log;
    format::Hold hold{log.origin, format::HoldAction::kPlace, "lawsuit", {}};
    hold.scope.what = format::Scope::What::kMonths;
    hold.scope.first_month = hold.scope.last_month = month;
    log.control(format::Kind::kHold,
                sign_note(format::hold_note_text(hold, format::Mode::kLocked), {log.first}));
  }
  /// The server says that all its events were of this month.
  void bury_all_as(std::uint32_t month) {
    Files files = told.log.files();
    bury(files, all_events(told.log, told.log.records.size()),
         {month, 0, end_of_month_us(month), {}});
    for (const auto& [path, bytes] : files)
      if (path.starts_with("tile/entries")) server.replace(path, bytes);
  }
  [[nodiscard]] bool has(std::size_t record) const {
    return bundles().find(text_of(told.log.records[record])) != std::string::npos;
  }
};

TEST_F(EarlierMonths, ADecisionAboutOneTakesNothingOfAnother) {
  tell(201'601);
  expect(decide("2016-12"), 0, "the decision about 2016-12 is not carried out");
  bury_all_as(201'612);
  const std::size_t held_event = december - 1;
  expect(decide("2016-01"), 12, "the hold lawsuit is open, and keeps 2016-01");
  expect(decide("2016-12"), kExitGone, "forgotten here: 2 events of 2016-12 are gone");
  EXPECT_TRUE(has(held_event));
  EXPECT_FALSE(has(december + 1));
  const Ran again = decide("2016-12");
  EXPECT_EQ(again.text.find("not carried out"), std::string::npos) << again.text;
  bury_all_as(201'601);
  expect(decide("2016-01"), 12, "the hold lawsuit is open");
  EXPECT_TRUE(has(held_event));
}

// The tombstones name a month that is none of the log's: it takes no record of those that are.
TEST_F(EarlierMonths, ADecisionAboutAMonthThatTheLogDoesNotKnowTakesNothingOfThoseThatItKnows) {
  for (const bool held : {true, false}) {
    tell(held ? std::optional(201'501) : std::nullopt);
    bury_all_as(201'611);
    const std::string before = bundles();
    expect(decide("2016-11"), held ? 12 : 10,
           held ? "the hold lawsuit is open, and keeps 2016-11"
                : "the log has no records of 2016-11, and a decision takes none");
    EXPECT_EQ(bundles(), before);
    fs::remove_all(directory.file("mirror"));
  }
}

// Two runs at once would undo each other's work: the second does nothing, and says why.
TEST_F(OwnMirror, IsChangedByOneRunAtATime) {
  tell_honestly();
  copy();
  destroy();
  const auto files = env::open_posix(directory.file("mirror"));
  const std::string seen = directory.read("mirror/observations");
  {
    const auto other = (*files)->lock("lock");
    ASSERT_TRUE(other) << other.error().message;
    expect(mirror(), 15, "another run of `varve-audit mirror` is changing ");
    expect(decide("2026-02"), 15, "nothing was done");
    EXPECT_EQ(directory.read("mirror/observations"), seen);
  }
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
}

// Killed at any rename, and then only run again by its timer, without the decision.
TEST_F(OwnMirror, SaysThatSomebodyDecidedWhereEventsWentAndNowhereElse) {
  if (VARVE_SANITIZED) GTEST_SKIP() << "the sanitizer looks for leaks, and cannot under strace";
  tell_honestly();
  copy();
  fs::remove(directory.file("mirror/observations"));
  expect(mirror(), kExitKept, "O4");
  destroy();
  fs::copy(directory.file("mirror"), directory.file("before"), fs::copy_options::recursive);
  std::set<bool> went;
  for (int at = 1;; ++at) {
    SCOPED_TRACE(at);
    fs::remove_all(directory.file("mirror"));
    fs::copy(directory.file("before"), directory.file("mirror"), fs::copy_options::recursive);
    const Ran ran = run_command("strace -f -o /dev/null -e inject=rename,renameat,renameat2:" +
                                ("signal=KILL:when=" + std::to_string(at)) + " " + kProgram +
                                " mirror " + server.url() + " " + directory.file("mirror") +
                                vkey() + "--forget 2026-02 --decided-by Ann");
    if (ran.exit == kExitGone) break;
    ASSERT_TRUE(ran.text.find("intact") == std::string::npos) << ran.text;
    ASSERT_LT(at, 100) << ran.text;
    static_cast<void>(mirror());
    const bool is_gone = places_that_confirm_a_guess() == 0;
    EXPECT_EQ(observations().forgotten.size(), is_gone ? 1u : 0u);
    went.insert(is_gone);
  }
  EXPECT_EQ(went.size(), 2u) << "it was killed in front of the exchange, and within it";
}

// The log's own clock was audited: a mirror whose machine is behind accuses nobody of a lie.
TEST_F(OwnMirror, BelievesTheLogsClockMoreThanItsOwnMachinesWhenAMonthGoes) {
  if (VARVE_SANITIZED) GTEST_SKIP() << "libfaketime is loaded in front of the sanitizer";
  tell_honestly();
  stage(1);
  copy();
  destroy();
  const Ran ran = run_command(under_clock("@2026-02-01 00:00:00") + kProgram + " mirror " +
                              server.url() + " " + directory.file("mirror") + vkey());
  expect(ran, kExitGone, "forgotten here: 4 events of 2026-02 are gone");
}

// Somebody brought bundles back from a backup: whoever checks the mirror hears of it, and they go again.
TEST_F(OwnMirror, FindsEventsThatCameBackBehindItsBack) {
  tell_honestly();
  copy();
  destroy();
  fs::copy(directory.file("mirror/tile"), directory.file("backup"), fs::copy_options::recursive);
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  expect(mirror(), kExitGone, "mirrored: 0 files were new");
  ASSERT_TRUE(observations().without.contains(MirrorStory::kMonth));
  fs::remove_all(directory.file("mirror/tile"));
  fs::copy(directory.file("backup"), directory.file("mirror/tile"), fs::copy_options::recursive);
  expect(check(), kExitKept, "it had no event of it before, and has some again");
  expect(check("--json"), kExitKept, R"("came_back":true)");
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  EXPECT_EQ(places_that_confirm_a_guess(), 0u);
  EXPECT_EQ(observations().forgotten.size(), 2u);
}

// The log says that the month is disposed of, and its server goes on having it: for a week that is no
// alarm, and it is said all the same.
TEST_F(OwnMirror, TellsOfAServerThatDoesNotDestroyWhatItsLogDisposedOf) {
  tell_honestly();
  stage(6);
  stage(1);
  copy();
  const std::string waits = R"("waits":[{"month":"2026-02","disposal":)" +
                            std::to_string(told.disposal_at) + R"(,"days":)";
  for (const Ran& ran : {mirror("--json"), check("--json")}) expect(ran, 0, waits + "6}]");
  stages.resize(4);
  stage(7);
  copy();
  for (const Ran& ran : {mirror(), check()})
    expect(ran, kExitKept, "7 days ago: the server has not destroyed what its log disposed of");
  expect(check("--json"), kExitKept, waits + "7}]");
}

// A run that fetched something goes over the mirror twice. What the first pass did is said at the end.
TEST_F(OwnMirror, SaysWhatBothPassesDid) {
  tell_honestly();
  server.serve(told.log);
  expect(mirror(), kExitKept, "this mirror observes the log from now on");
  fs::remove_all(directory.file("mirror"));
  copy();
  told.log.batch(ward(), 3);
  server.serve(told.log);
  destroy();
  const Ran gone = mirror();
  expect(gone, kExitGone, "files were new; intact, but 4 events are gone");
  expect(gone, kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  EXPECT_EQ(gone.text.find("observes the log from now on"), std::string::npos) << gone.text;
  EXPECT_EQ(gone.text.find("kept here"), std::string::npos) << gone.text;
}

// The second pass comes to nothing: the first one did what it did, and its exit code stands.
TEST_F(OwnMirror, SaysWhatTheFirstPassDidWhereTheSecondFails) {
  tell_honestly();
  copy();
  const std::string failed = "the record of what was read just now is not in it: ";
  for (const bool follows : {false, true}) {
    told.log.batch(ward(), 3);
    server.serve(told.log);
    destroy();
    server.replace("reads/waiting", to_buffer(bytes_of("no JSON")));
    const std::string seen = directory.read("mirror/observations");
    if (!follows) fs::remove(directory.file("mirror/observations"));
    const Ran ran = mirror();
    expect(ran, follows ? kExitGone : kExitKept, failed);
    expect(ran, ran.exit, follows ? "forgotten here: 4 events" : "O4: ");
    if (!follows) expect(ran, ran.exit, "this mirror observes the log from now on");
    if (!follows) directory.write("mirror/observations", seen);
  }
}

// Nobody takes it for done: the server has not destroyed the month, so the mirror has nothing to exchange.
TEST_F(OwnMirror, SaysThatADecisionCameTooEarly) {
  tell_honestly();
  copy();
  fs::remove(directory.file("mirror/observations"));
  expect(mirror(), kExitKept, "O4: ");
  expect(decide("2026-02"), kExitKept,
         "the decision about 2026-02 is not carried out: the server has no tombstones of it yet");
  EXPECT_TRUE(observations().forgotten.empty());
  destroy();
  expect(mirror(), kExitKept, "O4: ");
  const Ran done = decide("2026-02");
  expect(done, kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  EXPECT_EQ(done.text.find("not carried out"), std::string::npos) << done.text;
}

// The first clock record of a log that is older says which records are of which month, and a server that
// lies takes no other ones along.
TEST_F(OwnMirror, LetsItsOwnerDecideAboutMonthsFromBeforeTheLogHadAClock) {
  LogBuilder log;
  log.register_source(ward());
  log.batch(ward(), 3);
  const std::size_t january = log.records.size();
  log.batch(ward(), 4);
  const std::uint64_t reading = MirrorStory::kBeginUs;
  log.control(format::Kind::kClock,
              format::clock_text({log.origin,
                                  0,
                                  reading,
                                  reading,
                                  0,
                                  std::nullopt,
                                  {{202'512, LeafIndex{0}}, {202'601, LeafIndex{january}}}}));
  server.serve(log);
  expect(mirror(), 0, "intact");
  Files files = log.files();
  const std::set<std::size_t> before = all_events(log, january);
  bury(files, all_events(log, log.records.size()), gone());
  for (const auto& [path, bytes] : files)
    if (path.starts_with("tile/entries")) server.replace(path, bytes);
  expect(decide("2026-02"), 10, "no record of the log disposes of 2026-02");
  expect(decide("2026-01"), kExitGone, "forgotten here: 4 events of 2026-01 are gone");
  for (const std::size_t k : before)
    EXPECT_NE(bundles().find(text_of(log.records[k])), std::string::npos) << k;
}

}  // namespace
}  // namespace varve::audit
