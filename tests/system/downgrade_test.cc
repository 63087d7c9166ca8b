// docs/operating/recovery.md, "Newer files": what the programs say to files of a later version, with the real ones. A
// later file is one of today's whose version counts one more, with the sum that such a file would have.
#include <functional>

#include "kek.h"
#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr int kExitIo = 14;
constexpr std::size_t kVersionAt = 9;  // its last byte, behind a magic of eight

using Change = std::function<void(std::string&)>;

void replace_sum(std::string& file) {
  file.resize(file.size() - kHashSize);
  file += text_of(merkle::sha256(bytes_of(file)).view());
}

void next_binary(std::string& file) {
  ++file[kVersionAt];
  if (file.starts_with("VARVESEG"))
    ++file[kVersionAt + 1];  // the header's sum is elsewhere, or is another
  else
    replace_sum(file);
}

void next_text(std::string& file) {
  ++file[file.find('\n') - 1];
  if (file.find("\nsum ") == std::string::npos) return;
  file.resize(file.rfind("sum "));
  file += "sum " + hex(merkle::sha256(bytes_of(file)).view()) + "\n";
}

/// Of both slots: the next letter, and another place for what follows.
void next_mark(std::string& file) {
  for (std::size_t slot = 0; slot < file.size(); slot += 4'096) {
    ++file[slot + 7];
    ++file[slot + 8];
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
    EXPECT_EQ(outcome.exit_code, kExitIo) << outcome.output;
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
  expect_refused(newest_segment(), next_binary, "data", {start, audited});
  expect_refused("data/main/data-keys/2026-02", next_binary, "data", {start, audited});
  expect_refused("data/main/remains/00000000", next_binary, "data", {start, audited});
  expect_refused("data/main/signatures", next_text, "data", {start});
  expect_refused("marks/main.mark", next_mark, "marks", {start, audited});
  varve_.start();
  EXPECT_EQ(append_status("later"), 201);
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
}

}  // namespace
}  // namespace varve::system
