// A month was disposed of, and its events have to leave a mirror too: nothing is fetched but what
// holds them, and nothing changes before all of it was audited.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "fake_server.h"
#include "ledger/format/observations.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/buried.h"

namespace varve::audit {

using namespace verify;

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kDecember = 202'512;
constexpr std::uint32_t kFebruary = 202'602;
constexpr std::uint32_t kEachMonth = 4;    // batches
constexpr std::uint32_t kEachBatch = 300;  // events: no month begins or ends with a bundle

using Range = std::pair<std::size_t, std::size_t>;  // records

/// Files of a folder, by path.
std::map<std::string, std::string> contents(const TemporaryDirectory& directory,
                                            const std::string& folder) {
  std::map<std::string, std::string> found;
  if (!fs::exists(directory.file(folder))) return found;
  for (const auto& entry : fs::recursive_directory_iterator(directory.file(folder))) {
    const std::string path = fs::relative(entry.path(), directory.file("")).string();
    if (entry.is_regular_file()) found[path] = directory.read(path);
  }
  return found;
}

struct Forget : ::testing::Test {
  TemporaryDirectory directory;
  LogBuilder log;
  std::map<std::uint32_t, Range> months;
  FakeServer server;

  Forget() {
    for (const std::uint32_t month : {kDecember, kGoneMonth, kFebruary}) append(month);
    server.serve(log);
    expect(mirror(""), 0, "mirrored");
  }
  void append(std::uint32_t month) {
    log.time_us = log.events_us = end_of_month_us(month) - 1'000'000'000'000;
    const std::size_t first = log.records.size();
    for (std::uint32_t k = 0; k < kEachMonth; ++k) log.server_batch(kEachBatch);
    months[month] = {first, log.records.size()};
  }
  /// What the server has when the events among these records are gone.
  [[nodiscard]] Files buried(Range records, const format::Tombstone& says = gone()) const {
    LogBuilder without = log;
    for (std::size_t k = records.first; k < records.second; ++k) {
      if (format::decode_record(log.records[k])->kind != format::Kind::kEvent) continue;
      format::Tombstone tombstone = says;
      if (tombstone.leaf == Hash{}) tombstone.leaf = merkle::leaf_hash(log.records[k]);
      without.records[k] = format::encode_tombstone(tombstone);
    }
    Files bundles;
    for (auto& [path, bytes] : without.files())
      if (path.starts_with("tile/entries")) bundles[path] = std::move(bytes);
    return bundles;
  }
  void serve(const Files& bundles) {
    for (const auto& [path, bytes] : bundles) server.replace(path, bytes);
    static_cast<void>(server.take_paths());
  }
  [[nodiscard]] Ran mirror(const std::string& options) const {
    const bool decides = options.find("--forget") != std::string::npos;
    return run("mirror " + server.url() + " " + directory.file("mirror") + " --vkey '" +
               format::format_vkey(log.first.verifier) + "' " +
               (decides ? "--decided-by 'ann, privacy officer' " : "") + options);
  }
  [[nodiscard]] Ran check() const {
    return run("check " + directory.file("mirror") + " --vkey '" +
               format::format_vkey(log.first.verifier) + "'");
  }
  /// That the server was asked for, since the last call.
  [[nodiscard]] std::vector<std::string> files_fetched() {
    std::vector<std::string> files;
    for (const std::string& path : server.take_paths())
      if (path.starts_with("tile/")) files.push_back(path);
    std::ranges::sort(files);
    return files;
  }
  /// Those that hold these records.
  [[nodiscard]] std::vector<std::string> bundles_of(Range records) const {
    std::vector<std::string> bundles;
    const TreeSize size{log.records.size()};
    for (std::uint64_t k = records.first / 256; k <= (records.second - 1) / 256; ++k)
      bundles.push_back(bundle_url_path({0, k, merkle::tile_width(0, k, size)}));
    return bundles;
  }
  void expect_mirror_is(const Files& bundles) const {
    for (const auto& [path, bytes] : bundles)
      EXPECT_EQ(directory.read("mirror/" + path), text_of(bytes)) << path;
  }
};

const std::string kAllOfIt =
    std::to_string(kEachMonth * kEachBatch) + " events of 2026-01 are gone";

TEST_F(Forget, FetchesTheBundlesOfTheMonthOnceAndNothingElse) {
  const auto before = contents(directory, "mirror/tile");
  const Files without = buried(months[kGoneMonth]);
  serve(without);
  expect(mirror(""), 0, "mirrored: 0 files were new; intact");
  EXPECT_EQ(contents(directory, "mirror/tile"), before);
  EXPECT_TRUE(files_fetched().empty());

  expect(mirror("--forget 2026-01"), 18, "forgotten here: " + kAllOfIt);
  EXPECT_EQ(files_fetched(), bundles_of(months[kGoneMonth]));
  expect_mirror_is(without);
  expect(check(), 18, kAllOfIt);

  const Ran again = mirror("--forget 2026-01 --json");
  expect(again, 18, R"("result":"events gone")");
  EXPECT_EQ(again.text.find("forgotten"), std::string::npos) << again.text;
  EXPECT_LE(files_fetched().size(), 2u);  // both ends, where events of other months are left
  expect(mirror(""), 18, "mirrored: 0 files were new; intact, but");
  EXPECT_TRUE(files_fetched().empty());
}

// A restored log has all that is older under the month of the restore.
TEST_F(Forget, FollowsTheTombstonesWhereverTheMonthBegan) {
  const Files without = buried({0, months[kGoneMonth].second});
  serve(without);
  expect(mirror("--forget 2026-01"), 18, "forgotten here: 2400 events of 2026-01 are gone");
  EXPECT_EQ(files_fetched(), bundles_of({0, months[kGoneMonth].second}));
  expect_mirror_is(without);
}

TEST_F(Forget, TakesWhatCameMeanwhileToo) {
  append(202'603);
  server.serve(log);
  const Files without = buried(months[kGoneMonth]);
  serve(without);
  expect(mirror("--forget 2026-01"), 18, "forgotten here: " + kAllOfIt);
  expect_mirror_is(without);
  expect(check(), 18, std::to_string(log.records.size()) + " records");
}

// What the server says of one record is seen at once; that the records around it are of a later
// month, by the audit of the mirror as it would be.
TEST_F(Forget, LeavesTheMirrorAsItWasWhenATombstoneCannotBeTrue) {
  const auto before = contents(directory, "mirror/tile");
  format::Tombstone of_another_record = gone();
  of_another_record.leaf = merkle::leaf_hash({});
  format::Tombstone too_early = gone();
  too_early.destroyed_us = 7;
  for (const Files& lies :
       {buried(months[kGoneMonth], of_another_record), buried(months[kGoneMonth], too_early),
        buried({months[kGoneMonth].first, months[kFebruary].second})}) {
    serve(lies);
    expect(mirror("--forget 2026-01"), 13, "tombstone: ");
    EXPECT_EQ(contents(directory, "mirror/tile"), before);
    EXPECT_TRUE(contents(directory, "mirror/forgetting").empty());
    expect(check(), 0, "intact");
  }
}

TEST_F(Forget, RefusesAMonthThatTheServerHasNotDestroyed) {
  const auto before = contents(directory, "mirror/tile");
  serve(buried(months[kGoneMonth]));
  expect(mirror("--forget 2026-02"), 10, "the server has no tombstone of 2026-02");
  EXPECT_LE(files_fetched().size(), 16u);
  expect(mirror("--forget 1999-02"), 10, "the server has no tombstone of 1999-02");
  EXPECT_TRUE(files_fetched().empty());
  expect(mirror("--forget january"), 10, "--forget january");
  EXPECT_EQ(contents(directory, "mirror/tile"), before);
}

// Killed between any two exchanges: nobody takes the mixture for damage, and the next run ends it.
TEST_F(Forget, GoesOnWhereverTheExchangeWasInterrupted) {
  const Files without = buried(months[kGoneMonth]);
  serve(without);
  const auto before = contents(directory, "mirror");
  expect(mirror("--forget 2026-01"), 18, kAllOfIt);
  const std::vector<std::string> exchanged = bundles_of(months[kGoneMonth]);
  std::string list;
  for (const std::string& path : exchanged) list += path + "\n";
  for (std::size_t done = 0; done <= exchanged.size(); ++done) {
    SCOPED_TRACE(done);
    for (const auto& [path, text] : before) directory.write(path, text);
    for (std::size_t k = 0; k < exchanged.size(); ++k) {
      const std::string text(text_of(without.at(exchanged[k])));
      directory.write("mirror/forgetting/" + exchanged[k], text);
      if (k < done) directory.write("mirror/" + exchanged[k], text);
    }
    directory.write("mirror/forgetting/list", list);
    expect(check(), 14, "run `varve-audit mirror` again");
    expect(mirror(""), 18, "intact, but 1200 events are gone");
    expect_mirror_is(without);
    EXPECT_TRUE(contents(directory, "mirror/forgetting").empty());
    expect(check(), 18, kAllOfIt);
  }
  for (const std::string& path : exchanged)
    directory.write("mirror/" + path, std::string(text_of(without.at(path))));
  directory.write("mirror/forgetting/list", list);  // and what it lists is in its place alone
  expect(check(), 14, "run `varve-audit mirror` again");
  expect(mirror(""), 18, "intact, but 1200 events are gone");
  EXPECT_TRUE(contents(directory, "mirror/forgetting").empty());
  directory.write("mirror/forgetting/list", "tile/entries/../../keys.json\n");
  expect(mirror(""), 13, "names other files than bundles");
}

// Somebody came to keep the month after such a run was killed: what is still there stays, and the observations say
// how much went.
TEST_F(Forget, GoesNoFurtherWhereTheOwnerKeepsTheMonthByNow) {
  const Files without = buried(months[kGoneMonth]);
  serve(without);
  const auto before = contents(directory, "mirror");
  expect(mirror("--forget 2026-01"), 18, kAllOfIt);
  const std::string after = directory.read("mirror/observations");
  const std::vector<std::string> exchanged = bundles_of(months[kGoneMonth]);
  for (std::size_t done = 0; done <= exchanged.size(); ++done) {
    SCOPED_TRACE(done);
    for (const auto& [path, text] : before) directory.write(path, text);
    std::string list = "observations\n";
    directory.write("mirror/forgetting/observations", after);
    if (done > 0) directory.write("mirror/observations", after);
    for (std::size_t k = 0; k < exchanged.size(); ++k) {
      list += exchanged[k] + "\n";
      const std::string text(text_of(without.at(exchanged[k])));
      directory.write("mirror/forgetting/" + exchanged[k], text);
      if (k < done) directory.write("mirror/" + exchanged[k], text);
    }
    directory.write("mirror/forgetting/list", list);
    directory.write("mirror/keep", "2026-01 Ann\n");
    const Ran ran = mirror("--json");
    EXPECT_EQ(ran.exit, done == 0 ? 0 : 18) << ran.text;
    for (std::size_t k = 0; k < exchanged.size(); ++k) {
      const std::string now = directory.read("mirror/" + exchanged[k]);
      if (k < done) {
        EXPECT_EQ(now, text_of(without.at(exchanged[k]))) << k;
      } else if (done == 0 || k > done + 1) {  // a batch is longer than a bundle
        EXPECT_EQ(now, before.at("mirror/" + exchanged[k])) << k;
      }
    }
    EXPECT_TRUE(contents(directory, "mirror/forgetting").empty());
    expect(check(), done == 0 ? 0 : 18, "intact");
    const auto seen = format::parse_observations(directory.read("mirror/observations"));
    ASSERT_EQ(seen->forgotten.size(), done == 0 ? 0U : 1U);
    const std::uint64_t went = done == 0 ? 0 : seen->forgotten.front().events;
    EXPECT_NE(ran.text.find("\"unreadable\":" + std::to_string(went)), std::string::npos)
        << ran.text;
    const std::uint64_t stays = kEachMonth * kEachBatch - went;
    EXPECT_TRUE(done + 2 > exchanged.size() || stays > 0);
    const std::string rest =
        R"("stopped":[{"month":"2026-01","events":)" + std::to_string(stays) + "}]";
    EXPECT_EQ(ran.text.find(rest) != std::string::npos, stays > 0) << ran.text;
    EXPECT_EQ(ran.text.find("stopped") != std::string::npos, stays > 0) << ran.text;
  }
}

// An option that is given once for each month takes one word.
TEST_F(Forget, TakesTheWordsBehindTheMonthForWhatTheyAre) {
  const Files without = buried(months[kGoneMonth]);
  serve(without);
  expect(run("mirror --forget 2026-01 " + server.url() + " " + directory.file("mirror") +
             " --decided-by ann --vkey '" + format::format_vkey(log.first.verifier) + "'"),
         18, "forgotten here: " + kAllOfIt);
  expect_mirror_is(without);
  expect(mirror("--forget 2026-01 --forget 2026-02"), 10, "the server has no tombstone of 2026-02");
}

/// Of tiles and bundles that are not full there is one at a time.
void expect_nothing_of_another_size(const TemporaryDirectory& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory.file("mirror"))) {
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
    if (entry.path().extension() != ".p" || fs::is_empty(entry.path())) continue;
    EXPECT_EQ(std::distance(fs::directory_iterator(entry.path()), {}), 1) << entry.path();
  }
}

// No bundle that a run fetched and then did not need stays behind: it holds events that a later
// --forget does not see.
TEST_F(Forget, LeavesNoBundleBehindThatARunHasFetched) {
  for (int runs = 0; runs < 3; ++runs) {
    log.server_batch(kEachBatch);
    server.serve(log);
    expect(mirror("--forget 2026-02"), 10, "the server has no tombstone of 2026-02");
    expect_nothing_of_another_size(directory);
    expect(check(), 0, "intact: " + std::to_string(log.records.size()));
  }
  months[kFebruary].second = log.records.size();
  append(202'603);
  server.serve(log);
  serve(buried(months[kFebruary], {kFebruary, 0, end_of_month_us(kFebruary), {}}));
  expect(mirror("--forget 2026-02"), 18, "forgotten here: 2100 events of 2026-02 are gone");
  expect_nothing_of_another_size(directory);
}

// A run that was killed, or whose server went away, leaves files of other sizes and half a write.
TEST_F(Forget, RemovesWhatAnInterruptedRunHasLeft) {
  const std::string end = "mirror/" + bundles_of(months[kFebruary]).back();
  const std::string other = end.substr(0, end.rfind('/') + 1) + "1";
  directory.write(other, "events");
  directory.write("mirror/tile/entries/200.p/7", "events");
  directory.write("mirror/tile/entries/.varve-00.new", "events");
  directory.write("mirror/forgetting/tile/entries/000", "events");
  expect(mirror(""), 0, "mirrored: 0 files were new; intact");
  expect_nothing_of_another_size(directory);
  EXPECT_TRUE(fs::is_empty(directory.file("mirror/tile/entries/200.p")));
  EXPECT_TRUE(contents(directory, "mirror/forgetting").empty());
  EXPECT_TRUE(fs::exists(directory.file(end)));
}

}  // namespace
}  // namespace varve::audit
