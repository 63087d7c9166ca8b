// What a mirror's owner keeps on purpose, whatever the log disposes of; and what an auditor's script does not take for
// the real thing.
#include "own_mirror.h"

namespace varve::audit {

using namespace verify;

namespace {

class KeptOnPurpose : public OwnMirror {
 protected:
  void keep(const std::string& text) const { directory.write("mirror/keep", text); }
  void expect_all_there() const {
    for (std::size_t k = 0; k < told.february.end.value; ++k) {
      EXPECT_NE(bundles().find(text_of(told.log.records[k])), std::string::npos) << k;
    }
  }
};

// Its own judgement would let the month go, and nobody has to look.
TEST_F(KeptOnPurpose, AMonthStaysAndIsNoFault) {
  tell_honestly();
  copy();
  destroy();
  keep("# for the study\n\n2026-02 Ann Smith, privacy officer: study 12\n");
  const std::string kept =
      "and this mirror keeps it on purpose: its file keep says that Ann Smith, privacy officer: "
      "study "
      "12 decided so";
  for (const Ran& ran : {mirror(), mirror(), check()}) expect(ran, 0, kept);
  expect(mirror("--json"), 0,
         R"("on_purpose":[{"month":"2026-02","disposal":)" + std::to_string(told.disposal_at) +
             R"(,"by":"Ann Smith, privacy officer: study 12"}])");
  expect_all_there();
  expect(decide("2026-02"), 12, "take the line out before somebody decides otherwise");
  expect_all_there();
  keep("# nothing any more\n");
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
}

// What the rules say stays to be seen, and another month's line keeps nothing of this one.
TEST_F(KeptOnPurpose, AMonthTellsOfItsOwnJudgementTooAndKeepsNoOther) {
  tell_as_a_thief();
  copy();
  destroy();
  keep("2026-01 Ann\n");
  expect(mirror(), kExitKept, "and this mirror keeps it: O1");
  keep("2026-02 Ann\n");
  const Ran ran = mirror();
  expect(ran, kExitKept, "Ann decided so; by its own judgement it would keep it too: O1");
  EXPECT_NE(ran.text.find("somebody has to look"), std::string::npos) << "the line is no excuse";
  expect_all_there();
}

// Whoever mistyped a month learns it while the month is still there.
TEST_F(KeptOnPurpose, ALineThatKeepsNothingIsSaid) {
  tell_honestly();
  copy();
  destroy();
  keep("2026-02 Ann\n2031-01 Cid\n");
  for (const Ran& ran : {mirror(), check()})
    expect(ran, kExitKept, "keep has a line of 2031-01, by Cid: the log has no such month");
  expect(mirror("--json"), kExitKept, R"({"month":"2031-01","by":"Cid","does":"no such month"}])");
  keep("2026-02 Ann\n2026-03 Bob\n");
  for (const Ran& ran : {mirror(), check()})
    expect(ran, 0, "keep has a line of 2026-03, by Bob: no record of the log disposes of it yet");
  expect_all_there();
  keep("");
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  keep("2026-02 Ann\n");
  for (const Ran& ran : {mirror(), check()})
    expect(ran, kExitKept, "keep has a line of 2026-02, by Ann: this mirror has no event of it");
}

// A run that let the month go was killed, and then somebody wrote the line, or a wrong one.
TEST_F(KeptOnPurpose, AMonthStaysThatAnInterruptedRunHadNotTaken) {
  tell_honestly();
  copy();
  destroy();
  fs::copy(directory.file("mirror"), directory.file("before"), fs::copy_options::recursive);
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  const std::string went = directory.read("mirror/observations");
  const std::string tombstones = bundles();
  const auto interrupt = [&](bool observations_went) {
    fs::remove_all(directory.file("mirror"));
    fs::copy(directory.file("before"), directory.file("mirror"), fs::copy_options::recursive);
    if (observations_went) directory.write("mirror/observations", went);
    std::string list = "observations\n";
    directory.write("mirror/forgetting/observations", went);
    for (const auto& entry :
         fs::recursive_directory_iterator(directory.file("mirror/tile/entries"))) {
      if (!entry.is_regular_file()) continue;
      const std::string path = fs::relative(entry.path(), directory.file("mirror")).string();
      list += path + "\n";
      directory.write("mirror/forgetting/" + path, tombstones);
    }
    directory.write("mirror/forgetting/list", list);
  };
  for (const bool observations_went : {false, true}) {
    SCOPED_TRACE(observations_went);
    interrupt(observations_went);
    keep("2026-02 Ann\n");
    const Ran ran = mirror();
    expect(ran, 0, "says that Ann decided so");
    EXPECT_NE(ran.text.find("let 4 events of 2026-02 go was interrupted"), std::string::npos);
    expect_all_there();
    EXPECT_TRUE(observations().forgotten.empty()) << "nothing went";
    expect(check(), 0, "says that Ann decided so");

    interrupt(observations_went);
    keep("2026-02");
    expect(mirror(), kExitKept, "it does not say who decided");
    expect_all_there();
    EXPECT_TRUE(observations().forgotten.empty());
    fs::remove(directory.file("mirror/keep"));
    expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");

    interrupt(observations_went);
    keep("2026-03 Bob\n");  // of another month
    expect(mirror(), kExitGone, "intact, but 4 events are gone");
    EXPECT_EQ(observations().forgotten.size(), 1U);
  }
}

// Whoever checks a copy that never observed learns what its lines do there, as of a mirror.
TEST_F(KeptOnPurpose, LinesAreSaidWhereNothingWasObserved) {
  tell_honestly();
  copy();
  destroy();
  const auto without_observations = [this](const std::string& text) {
    fs::remove(directory.file("mirror/observations"));
    keep(text);
  };
  without_observations("2026-02 Ann\n2026-03 Bob\n");
  const Ran kept = check();
  expect(kept, 0, "keep has a line of 2026-02, by Ann: the mirror keeps it");
  EXPECT_NE(kept.text.find("2026-03, by Bob: no record of the log disposes"), std::string::npos);
  expect(check("--json"), 0, R"("keep":[{"month":"2026-02","by":"Ann","does":"keeps"})");
  without_observations("2031-01 Cid\n");
  expect(check(), kExitKept, "keep has a line of 2031-01, by Cid: the log has no such month");
  without_observations("29920320 Ann\n");  // of a draft
  expect(check(), kExitKept, "mend that line");
  fs::remove(directory.file("mirror/keep"));
  expect(decide("2026-02"), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  without_observations("2026-02 Ann\n");
  expect(check(), kExitKept, "this mirror has no event of it any more");
}

// A mirror whose observations are not there yet has no time to count from, and says what is wrong all the same.
TEST_F(KeptOnPurpose, AWrongLineWithoutObservationsIsSaid) {
  tell_honestly();
  copy();
  fs::remove(directory.file("mirror/observations"));
  keep("2026-02\n");
  for (const Ran& ran : {mirror(), check(), mirror("--json")})
    expect(ran, kExitKept, "it does not say who decided");
  EXPECT_FALSE(fs::exists(directory.file("mirror/observations")));
  fs::remove(directory.file("mirror/keep"));
  fs::create_directory(directory.file("mirror/keep"));
  for (const Ran& ran : {mirror(), check()}) expect(ran, kExitKept, "make it a file");
}

// Nothing goes because somebody mistyped.
TEST_F(KeptOnPurpose, AWrongLineKeepsEverythingAndIsSaid) {
  tell_honestly();
  copy();
  destroy();
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"2026-02", "keep: line 1: it does not say who decided"},
      {"2026-13 Ann\n", "keep: line 1: "},
      {"# \n2026-01 Ann\n2026-01 Bob\n", "keep: line 3: 2026-01 stands in it twice"},
      {"2026-01 Ann\x1b[2J\n", "keep: line 1: who decided is 1 to 256 bytes"},
      {"2026-01 " + std::string(257, 'a') + "\n", "keep: line 1: who decided"},
      {std::string(70'000, '#') + "\n", "keep: it is longer than 64 KiB"},
      {"29920320 Ann\n", "keep: "},  // of a draft
      {"2026-02 Ann\n2026-01 B", "keep: line 2: it has no end"},
  };
  for (const auto& [text, why] : wrong) {
    SCOPED_TRACE(text.substr(0, 40));
    keep(text);
    for (const Ran& ran : {mirror(), check()}) {
      expect(ran, kExitKept, why);
      EXPECT_NE(ran.text.find("mend that line"), std::string::npos) << ran.text;
    }
    expect_all_there();
  }
}

constexpr std::uint32_t kJanuary = 202'601;
constexpr std::uint32_t kMarch = 202'603;

/// A mirror's run was killed at bundles that a test lays out by hand. The next one finds no log at the server and
/// fails: it has seen to the exchange before.
class InterruptedExchange : public OwnMirror {
 protected:
  static constexpr char kSealed = '.';

  InterruptedExchange() {
    LogBuilder log;
    log.server_batch(1);
    seal_ = log.records.back();
    event_ = *(log.records.end() - 2);
  }
  /// 'e' is an event, 't' what is in its place when this month is gone.
  [[nodiscard]] std::string bundle(std::string_view entries, std::uint32_t month) const {
    Buffer bytes;
    for (const char entry : entries) {
      const format::Tombstone gone{month, 0, 0, merkle::leaf_hash(event_), LeafIndex{9}};
      const Buffer tombstone = format::encode_tombstone(gone);
      format::append_to_bundle(bytes, entry == kSealed ? seal_ : entry == 'e' ? event_ : tombstone);
    }
    return std::string(text_of(bytes));
  }
  static std::string path_of(std::uint64_t index) {
    return bundle_url_path({0, index, merkle::kTileWidth});
  }
  void lay(std::uint64_t index, std::string_view held, std::string_view prepared,
           std::uint32_t month) {
    const std::string path = path_of(index);
    directory.write("mirror/" + path, bundle(held, month));
    directory.write("mirror/forgetting/" + path, bundle(prepared, month));
    paths_.insert(path);
  }
  /// As the set of paths has them. Returns what the next run says.
  [[nodiscard]] std::string run_next() {
    std::string list;
    for (const std::string& path : paths_) list += path + "\n";
    paths_.clear();
    directory.write("mirror/forgetting/list", list);
    const Ran ran = mirror();
    EXPECT_NE(ran.exit, 0) << ran.text;
    EXPECT_FALSE(fs::exists(directory.file("mirror/forgetting/list"))) << ran.text;
    return ran.text;
  }
  void expect_bundle(std::uint64_t index, std::string_view entries, std::uint32_t month) const {
    EXPECT_EQ(directory.read("mirror/" + path_of(index)), bundle(entries, month)) << index;
  }
  /// What no program can read.
  void spoil(std::uint64_t index) const {
    const std::string path = directory.file("mirror/" + path_of(index));
    fs::remove(path);
    fs::create_symlink(path, path);
  }

 private:
  Buffer event_;
  Buffer seal_;
  std::set<std::string> paths_;
};

// Paths of bundles do not sort as their records do.
TEST_F(InterruptedExchange, EndsTheBatchAtWhichItWasKilledWhateverItsBundlesAreCalled) {
  directory.write("mirror/keep", "2026-03 Ann\n");
  for (const std::uint64_t next : {1'000U, 1'000'000U, 1'001'000U}) {
    lay(next - 2, "tt", "tt", kMarch);
    lay(next - 1, "ee", "tt", kMarch);
    lay(next, "e.e.", "t.t.", kMarch);
    EXPECT_NE(run_next().find("let 1 events of 2026-03 go was interrupted"), std::string::npos);
    expect_bundle(next - 1, "tt", kMarch);
    expect_bundle(next, "t.e.", kMarch);
  }
}

// The seal of January's last batch begins a bundle of which nothing goes. No batch of March was touched.
TEST_F(InterruptedExchange, TakesTheNextOfItsBundlesForNoNeighbour) {
  directory.write("mirror/keep", "2026-03 Ann\n");
  lay(5, "tt", "tt", kJanuary);
  lay(9, "ee.", "tt.", kMarch);
  EXPECT_NE(run_next().find("let 2 events of 2026-03 go was interrupted"), std::string::npos)
      << "a run that fails says so too";
  expect_bundle(9, "ee.", kMarch);
}

// One bundle that cannot be read does not stop the mirror for ever, and nobody counts on it.
TEST_F(InterruptedExchange, EndsAlsoWhereABundleCannotBeRead) {
  lay(5, "ee", "tt", kMarch);
  spoil(5);
  EXPECT_EQ(run_next().find("interrupted"), std::string::npos);
  expect_bundle(5, "tt", kMarch);

  directory.write("mirror/keep", "2026-03 Ann\n");
  lay(5, "tt", "tt", kMarch);
  lay(6, "ee", "tt", kMarch);
  lay(7, "ee.", "tt.", kMarch);
  lay(8, "ee", "tt", kMarch);
  lay(9, "tt", "tt", kMarch);
  lay(10, "ee", "tt", kMarch);
  spoil(6);
  directory.write("mirror/" + path_of(10), "no bundle");
  EXPECT_NE(run_next().find("let 4 events of 2026-03 go was interrupted"), std::string::npos);
  expect_bundle(7, "ee.", kMarch);
  expect_bundle(8, "ee", kMarch);
}

class LockedOnly : public OwnMirror {
 protected:
  /// A log for trying.
  void tell_a_draft() {
    LogBuilder& log = told.log;
    log = LogBuilder();
    format::Policy policy;
    policy.origin = log.origin;
    policy.key = log.first.verifier;
    policy.mode = format::Mode::kDraft;
    policy.period = 5;
    policy.notice = policy.wait = 1;
    policy.key_period_minutes = 1;
    log.control(format::Kind::kPolicy, sign_note(format::policy_text(policy), {log.first}));
    server.serve(log);
  }
  /// Of the log, without what a run keeps for itself.
  [[nodiscard]] std::set<std::string> files_of_the_log() const {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory.file("mirror"))) {
      const std::string path = fs::relative(entry.path(), directory.file("mirror")).string();
      if (entry.is_regular_file() && (path.starts_with("tile") || path.ends_with("checkpoint")))
        files.insert(path);
    }
    return files;
  }
};

TEST_F(LockedOnly, ADraftIsAnError) {
  tell_a_draft();
  const std::string url = server.url();
  const std::string refused = "it is a draft log, for trying, whose records may go within minutes";
  expect(run("check " + url + vkey()), 0, "a draft log, for trying");
  expect(run("check --locked " + url + vkey()), 10, refused);
  expect(run("--json check --locked " + url + vkey()), 10, R"("result":"error","exit":10)");
  expect(run("--json check " + url + vkey()), 0, R"("mode":"draft","period":5,"unit":"minutes")");
  const std::string mirrored = " mirror " + url + " " + directory.file("mirror") + vkey();
  expect(run(mirrored + "--locked"), 10, refused);
  EXPECT_TRUE(files_of_the_log().empty()) << "nothing of it is taken";
  expect(run(mirrored), 0, "a draft log, for trying");
  const auto files = files_of_the_log();
  EXPECT_TRUE(files.contains("checkpoint"));
  expect(run(mirrored + "--locked"), 10, refused);
  EXPECT_EQ(files_of_the_log(), files) << "and nothing is taken away";
  expect(run("check --locked " + directory.file("mirror") + vkey()), 10, refused);
  expect(run("fetch " + url + " " + directory.file("export") + vkey()), 0,
         "by its first policy it is a draft log, for trying");
}

TEST_F(LockedOnly, ALockedLogIsWhatItWas) {
  tell_honestly();
  server.serve(told.log);
  const std::string url = server.url();
  expect(run("check --locked " + url + vkey()), 0, "intact");
  expect(run("--json check --locked " + url + vkey()), 0,
         R"("mode":"locked","period":30,"unit":"days")");
  expect(mirror("--json"), kExitKept, "intact");
  expect(run("check --locked " + directory.file("mirror") + vkey()), kExitKept, "intact");
  const Ran fetched = run("fetch " + url + " " + directory.file("export") + vkey());
  expect(fetched, 0, "fetched");
  EXPECT_EQ(fetched.text.find("draft"), std::string::npos);
}

}  // namespace
}  // namespace varve::audit
