// Output files replace what was in their place, and are never written through a link.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "fake_server.h"
#include "ledger/env/posix.h"
#include "ledger/verify/renewals.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/good_log.h"
#include "tools/common/files.h"
#include "tools/common/new_file.h"

namespace varve::audit {

using namespace verify;

namespace {

namespace fs = std::filesystem;

std::set<std::string> names_in(const std::string& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.insert(entry.path().filename());
  return names;
}

struct OutputFile : ::testing::Test {
  TemporaryDirectory directory;
  std::string victim = directory.write("elsewhere/victim", "precious");
  std::string target = directory.file("out/file");

  OutputFile() { fs::create_directory(directory.file("out")); }
  void write() const { ASSERT_TRUE(tools::replace_file(target, bytes_of("new"))); }
  void expect_only_the_file() const {
    EXPECT_EQ(directory.read("elsewhere/victim"), "precious");
    EXPECT_EQ(directory.read("out/file"), "new");
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(target)));
    EXPECT_EQ(names_in(directory.file("out")), std::set<std::string>{"file"});
  }
};

TEST_F(OutputFile, IsMadeForItsOwnerAlone) {
  write();
  expect_only_the_file();
  struct stat made {};
  ASSERT_EQ(::stat(target.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0600U);
}

TEST_F(OutputFile, TakesThePlaceOfALinkAndDoesNotFollowIt) {
  fs::create_symlink(victim, target);
  write();
  expect_only_the_file();
  fs::remove(target);
  fs::create_hard_link(victim, target);
  write();
  expect_only_the_file();
  fs::remove(target);
  fs::create_symlink(directory.file("elsewhere/nothing"), target);
  write();
  expect_only_the_file();
  EXPECT_FALSE(fs::exists(directory.file("elsewhere/nothing")));
}

TEST_F(OutputFile, GoesByNoNameThatCouldBeWaitedFor) {
  for (const char* name : {"file.new", "file.tmp", ".file.new"})
    fs::create_symlink(victim, directory.file("out/" + std::string(name)));
  write();
  EXPECT_EQ(directory.read("elsewhere/victim"), "precious");
  EXPECT_EQ(directory.read("out/file"), "new");
  // Its name on the way is another one each time.
  const auto files = env::open_posix(directory.file("out"));
  std::set<std::string> seen;
  for (int times = 0; times < 3; ++times) {
    const auto made = tools::NewFile::create(**files, "other");
    ASSERT_TRUE(made);
    seen.merge(names_in(directory.file("out")));
  }
  EXPECT_EQ(seen.size(), 4U + 3U);
  EXPECT_EQ(names_in(directory.file("out")).size(), 4U) << "and it goes when it was not finished";
}

TEST_F(OutputFile, IsNoDirectoryAndNoDevice) {
  fs::create_directory(target);
  ASSERT_EQ(::mkfifo((target + "2").c_str(), 0600), 0);
  for (const std::string& path : {target, target + "2", std::string("/dev/null")}) {
    const auto refused = tools::replace_file(path, bytes_of("new"));
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().code, Code::kInvalid);
  }
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(OutputFile, OfEveryCommandIsMadeSo) {
  const LogBuilder log = good_log();
  FakeServer server;
  server.serve(log);
  const std::string vkey = " --vkey " + format::format_vkey(log.first.verifier) + " ";
  for (const std::string& command : {"event " + server.url() + " 5" + vkey + "--out ",
                                     "proof " + server.url() + " 5" + vkey + "--out ",
                                     "renew " + server.url() + vkey + "--hash sha3-256 --out ",
                                     "renew " + server.url() + vkey + "--hash sha3-256 --out " +
                                         directory.file("s") + " --leaves "}) {
    fs::remove(target);
    fs::create_symlink(victim, target);
    fs::create_symlink(victim, target + ".new");
    EXPECT_EQ(run(command + target).exit, 0) << command;
    EXPECT_EQ(directory.read("elsewhere/victim"), "precious") << command;
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(target))) << command;
    fs::remove(target + ".new");
  }
  // What is remembered, and both kinds of copy.
  const std::string state = directory.file("out");
  const std::string name = state + "/audit.example.org%2Fward.checkpoint";
  fs::create_symlink(victim, name);
  fs::create_symlink(victim, name + ".new");
  directory.write("elsewhere/victim", log.checkpoint(log.records.size()));
  for (const char* verb : {"checkpoint ", "check "})
    EXPECT_EQ(run(verb + server.url() + vkey + "--state " + state).exit, 0);
  EXPECT_EQ(directory.read("elsewhere/victim"), log.checkpoint(log.records.size()));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(name)));
}

TEST_F(OutputFile, OfACopyIsWrittenThroughNoLink) {
  const LogBuilder log = good_log();
  FakeServer server;
  server.serve(log);
  for (const char* verb : {"fetch ", "mirror "}) {
    const std::string copy = directory.file(std::string("copy-") + verb[0]);
    const std::string command =
        verb + server.url() + " " + copy + " --vkey " + format::format_vkey(log.first.verifier);
    fs::create_directories(copy + "/tile");
    fs::create_symlink(victim, copy + "/checkpoint.new");
    fs::create_symlink(victim, copy + "/keys.json");
    fs::create_directory_symlink(directory.file("elsewhere"), copy + "/tile/entries");
    expect(run(command), 10, "/tile/entries is not a directory of this program's");
    EXPECT_EQ(names_in(directory.file("elsewhere")), std::set<std::string>{"victim"});
    fs::remove(copy + "/tile/entries");
    EXPECT_EQ(run(command).exit, 0);
    EXPECT_EQ(directory.read("elsewhere/victim"), "precious");
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(copy + "/keys.json")));
  }
}

}  // namespace
}  // namespace varve::audit
