// docs/operating/recovery.md, "Newer files": what the programs say to files of a later version, with the real ones. A
// later file is one of today's with a version that nobody knows yet, and the sum that such a file would have.
#include <algorithm>
#include <functional>

#include "go_witness.h"
#include "kek.h"
#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr int kExitLater = 22;
constexpr std::size_t kVersionAt = 9;  // its last byte, behind a magic of eight

using Change = std::function<void(std::string&)>;

void replace_sum(std::string& file) {
  file.resize(file.size() - kHashSize);
  file += text_of(merkle::sha256(bytes_of(file)).view());
}

std::size_t number_at(const std::string& file, std::size_t at) {
  return std::size_t{static_cast<unsigned char>(file[at])} << 8 |
         static_cast<unsigned char>(file[at + 1]);
}

/// Where the header's hash is, behind the two lengths that every format has.
std::size_t end_of_header(const std::string& file) {
  return 108 + number_at(file, 104) + number_at(file, 10);
}

/// Format 3: of segments, month keys and remains there are two.
void later_binary(std::string& file) {
  file[kVersionAt] = 3;
  if (!file.starts_with("VARVESEG")) return replace_sum(file);
  const std::size_t end = end_of_header(file);
  file.replace(end, kHashSize, text_of(merkle::sha256(bytes_of(file).first(end)).view()));
}

void next_text(std::string& file) {
  ++file[file.find('\n') - 1];
  if (file.find("\nsum ") == std::string::npos) return;
  file.resize(file.rfind("sum "));
  file += "sum " + hex(merkle::sha256(bytes_of(file)).view()) + "\n";
}

/// Of both slots: the next letter, and the sum.
void next_mark(std::string& file) {
  constexpr std::size_t kSummed = 88;
  for (std::size_t slot = 0; slot < file.size(); slot += 4'096) {
    ++file[slot + 7];
    const Bytes summed = bytes_of(file).subspan(slot, kSummed);
    file.replace(slot + kSummed, kHashSize, text_of(merkle::sha256(summed).view()));
  }
}

class Downgrade : public Kek {
 protected:
  [[nodiscard]] std::string all_below(const std::string& directory) const {
    return must_run({"bash", "-c",
                     "cd '" + varve_.path(directory) +
                         "' && find . -type f -printf '%p %m %s\\n' -exec sha256sum {} + | sort"});
  }
  void change(const std::string& name, const Change& change) {
    std::string file = read_text(varve_.path(name));
    ASSERT_FALSE(file.empty()) << name;
    change(file);
    fs::remove(varve_.path(name));  // sealed segments are read-only
    write_text(varve_.path(name), file);
  }
  static void expect_said(const Outcome& outcome, const std::string& name) {
    EXPECT_EQ(outcome.exit_code, kExitLater) << outcome.output;
    EXPECT_NE(outcome.output.find("which is newer than this program"), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find(name.substr(name.find_last_of('/') + 1)), std::string::npos)
        << outcome.output;
    for (const char* wrong : {"damaged:", "DAMAGED", "corrupt"})
      EXPECT_EQ(outcome.output.find(wrong), std::string::npos) << outcome.output;
  }
  /// `programs` say it of the file `name`, and leave all below `directory` as it is. Then it is put back.
  void expect_refused(const std::string& name, const Change& to_later, const std::string& directory,
                      const std::vector<std::function<Outcome()>>& programs) {
    SCOPED_TRACE(name);
    const std::string kept = read_text(varve_.path(name));
    change(name, to_later);
    const std::string before = all_below(directory);
    for (const auto& program : programs) {
      expect_said(program(), name);
      EXPECT_EQ(all_below(directory), before);
    }
    change(name, [&](std::string& file) { file = kept; });
  }
  /// With a month that was disposed of, and another whose keys were wrapped again.
  void make_store() {
    fs::create_directory(varve_.path("marks"));
    varve_.add_configuration("high_water_mark = \"" + varve_.path("marks") + "\"\n");
    write_three_months(varve_);
    let_go(varve_);
    varve_.start();
    ASSERT_TRUE(wait_until([&] { return get_status(kJanuaryEvent) == 410; }));
    ASSERT_EQ(append_status("event"), 201);
    ASSERT_EQ(kek("rotate", {"--month", "2026-02"}).exit_code, 0);
    ASSERT_EQ(run(varve_.mirror_words()).exit_code, kExitGone);
    ASSERT_EQ(varve_.stop(), 0);
    run({"chattr", "-R", "-i", varve_.path("data")});
  }
  Outcome repair() {
    return run({Installation::program("varved"), "repair", "--config", varve_.path("varved.toml"),
                "--log", "main", "--from", varve_.path("copy")},
               varve_.variables());
  }
  [[nodiscard]] std::string newest_segment() const {
    std::string newest;
    for (const auto& entry : fs::directory_iterator(varve_.path("data/main/segments")))
      newest = std::max(newest, entry.path().filename().string());
    return "data/main/segments/" + newest;
  }
};

TEST_F(Downgrade, AServerNeitherStartsOnFilesOfALaterVersionNorChangesThemNorCallsThemDamaged) {
  make_store();
  const auto start = [&] { return varve_.start_in_vain(); };
  const auto audited = [&] { return audit(); };
  fs::copy(varve_.path("data/main"), varve_.path("copy"), fs::copy_options::recursive);
  const auto repaired = [&] { return repair(); };
  const auto listed = [&] { return kek("list"); };
  const auto rotated = [&] { return kek("rotate", {"--month", "2026-02"}); };
  for (const std::string& name : {newest_segment(), std::string("data/main/data-keys/2026-02"),
                                  std::string("data/main/remains/00000000")})
    expect_refused(name, later_binary, "data", {start, audited, repaired, listed, rotated});
  expect_refused("marks/main.mark", next_mark, "marks", {start, audited});
  varve_.start();
  EXPECT_EQ(append_status("later"), 201);
}

// Two bytes: a version that nobody knows, and another one. The copy helps, as against any damage.
TEST_F(Downgrade, ASegmentWhoseHeaderRottedIsDamagedWhateverItsVersionSays) {
  make_store();
  fs::copy(varve_.path("data/main"), varve_.path("copy"), fs::copy_options::recursive);
  const std::string name = newest_segment();
  change(name, [](std::string& file) {
    file[kVersionAt] = 3;
    ++file[60];
  });
  const Outcome audited = audit();
  EXPECT_EQ(audited.exit_code, kExitCorrupt) << audited.output;
  EXPECT_EQ(audited.output.find("newer than this program"), std::string::npos) << audited.output;
  EXPECT_EQ(varve_.start_in_vain().exit_code, kExitCorrupt);
  const Outcome repaired = repair();
  EXPECT_EQ(repaired.exit_code, 0) << repaired.output;
  varve_.start();
  EXPECT_EQ(append_status("later"), 201);
}

TEST_F(Downgrade, ASlotOfAMarkThatRottedLeavesTheOtherOne) {
  make_store();
  change("marks/main.mark", [](std::string& file) {
    ++file[7];
    ++file[20];
  });
  EXPECT_EQ(audit().exit_code, 0);
  varve_.start();
  EXPECT_EQ(append_status("later"), 201);
}

// They have no sum, so nobody knows whether they are of a later version or damaged.
TEST_F(Downgrade, WhatHasNoSumIsKeptBesideAndTheServerGoesOn) {
  make_store();
  write_text(varve_.path("data/main/scrub"), "varve scrub v1\ndamaged 1 segments/00000001.seg\n");
  for (const char* name : {"signatures", "scrub", "reads"})
    change(std::string("data/main/") + name, next_text);
  varve_.start();
  EXPECT_EQ(append_status("later"), 201);
  for (const char* line : {"signatures_not_counted", "scrub_begins_again", "reads_file_kept"})
    EXPECT_NE(varve_.server_log().find(line), std::string::npos) << line;
  for (const std::string name : {"signatures", "scrub", "reads"}) {
    std::string kept;
    for (const auto& entry : fs::directory_iterator(varve_.path("data/main")))
      if (entry.path().filename().string().starts_with(name + ".kept")) kept = entry.path();
    ASSERT_FALSE(kept.empty()) << name;
    const std::string version = name == "reads" ? " v3\n" : " v2\n";
    EXPECT_TRUE(read_text(kept).starts_with("varve " + name + version)) << read_text(kept);
  }
}

// Whatever is derived is made again, whichever version made it.
TEST_F(Downgrade, AServerMakesDerivedFilesOfALaterVersionAgain) {
  make_store();
  std::string appends;
  for (const auto& entry : fs::directory_iterator(varve_.path("data/main/appends")))
    appends = "data/main/appends/" + entry.path().filename().string();
  change(appends, [](std::string& file) {
    constexpr std::size_t kTrailer = 8 + 8 + 8 + 8 + 32 + 8 + 8 + 32;
    ++file[file.size() - kTrailer + 8 + 7];
  });
  varve_.start();
  EXPECT_NE(varve_.server_log().find("derived_rebuilt"), std::string::npos);
  EXPECT_EQ(append_status("later"), 201);
}

TEST_F(Downgrade, AMirrorOfALaterVersionIsLeftAsItIs) {
  varve_.start();
  ASSERT_EQ(append_status("event"), 201);
  ASSERT_EQ(run(varve_.mirror_words()).exit_code, 0);
  const auto mirror = [&] { return run(varve_.mirror_words()); };
  const auto check = [&] {
    return run({Installation::program("varve-audit"), "check", varve_.path("mirror"), "--vkey",
                varve_.vkey()});
  };
  expect_refused("mirror/observations", next_text, "mirror", {mirror, check});
  EXPECT_EQ(mirror().exit_code, 0);
}

TEST_F(Downgrade, ACollectorOfALaterVersionIsLeftAsItIs) {
  const std::string collect = Installation::program("varve-collect");
  varve_.start();
  must_run({collect, "init", "--dir", varve_.path("collector"), "--source", "clinic/a", "--origin",
            kOrigin, "--url", varve_.url(), "--vkey", varve_.vkey(), "--bearer-file",
            varve_.token_file("append"), "--ca", varve_.path("ca.pem")});
  write_text(varve_.path("events.ndjson"), "{}\n");
  must_run({collect, "append", "--dir", varve_.path("collector"), "--spool-only",
            varve_.path("events.ndjson")});
  const auto works = [&](const std::string& command) {
    return std::function([this, collect, command] {
      return run({collect, command, "--dir", varve_.path("collector")});
    });
  };
  expect_refused("collector/state",
                 [](std::string& file) {
                   ++file[file.find('\n') - 1];
                   replace_sum(file);
                 },
                 "collector", {works("send"), works("status")});
  expect_refused("collector/spool/000000000000.batch",
                 [](std::string& file) {
                   ++file[file.find('\n') - 1];
                   replace_sum(file);
                 },
                 "collector", {works("send")});
  change("collector/config", [](std::string& file) { file += "later 1\n"; });
  const Outcome configured = works("status")();
  EXPECT_EQ(configured.exit_code, kExitInvalid) << configured.output;
  EXPECT_NE(configured.output.find("a name that this version does not know; a later one may"),
            std::string::npos)
      << configured.output;
}

// An operator who goes back takes the keys out that the older version names; nothing was done until then.
TEST_F(Downgrade, AKeyOfALaterConfigurationIsNamedWithItsLineAndNothingIsTouched) {
  varve_.start();
  ASSERT_EQ(varve_.stop(), 0);
  const std::string path = varve_.path("varved.toml");
  const std::string config = read_text(path);
  const std::string before = all_below("data");
  write_text(path, config + "[later]\nkey = 1\n");
  const auto line = std::ranges::count(config, '\n') + 1;
  for (const Outcome& outcome : {varve_.start_in_vain(), audit()}) {
    EXPECT_EQ(outcome.exit_code, kExitInvalid) << outcome.output;
    EXPECT_NE(outcome.output.find("line " + std::to_string(line)), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find("later"), std::string::npos) << outcome.output;
  }
  EXPECT_EQ(all_below("data"), before);
  write_text(path, config);
  varve_.start();
}

// An alarm that this version cannot read is no reason to be silent about it.
TEST_F(Downgrade, AnAlarmOfALaterVersionStandsAndItsFileIsLeftAsItIs) {
  const GoWitness witness(varve_, "w1.example", varve_.vkey());
  write_text(varve_.path("policy"),
             "log " + varve_.vkey() + "\n" + witness.line() + "quorum w1.example\n");
  varve_.add_configuration("witness_policy = \"" + varve_.path("policy") + "\"\nwitness_ca = \"" +
                           varve_.path("ca.pem") + "\"\nwitness_interval_s = 1\n");
  const std::string later = "varve witness alarms v2\nwhatever\n";
  fs::create_directory(varve_.path("data"));
  write_text(varve_.path("data/main+alarms"), later);
  varve_.start();
  EXPECT_EQ(append_status("later"), 201);
  EXPECT_NE(varve_.server_log().find("witness_alarms_not_read"), std::string::npos);
  const std::string ready =
      must_run({"curl", "-s", "--cacert", varve_.path("ca.pem"), varve_.server_url() + "/readyz"});
  EXPECT_NE(ready.find("main+alarms"), std::string::npos) << ready;
  EXPECT_EQ(varve_.stop(), 0);
  EXPECT_EQ(read_text(varve_.path("data/main+alarms")), later);
}

}  // namespace
}  // namespace varve::system
