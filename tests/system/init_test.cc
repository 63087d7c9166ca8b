// varved init: what it makes starts as it is, the commands it prints work as they stand, and a run
// that fails or is killed leaves nothing that hinders the next.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "installation.h"
#include "ledger/base/text.h"
#include "ledger/format/note.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

/// The commands that init printed: indented by four spaces, further lines of one by more.
Words printed_commands(const std::string& printed) {
  std::istringstream in(printed);
  Words commands;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("    ")) continue;
    if (line[4] != ' ')
      commands.push_back(line + "\n");
    else if (!commands.empty())
      commands.back() += line + "\n";
  }
  return commands;
}

class Init : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = (fs::temp_directory_path() / "varve init XXXXXX").string();
    ASSERT_NE(::mkdtemp(root_.data()), nullptr);
  }
  void TearDown() override {
    run({"chattr", "-R", "-i", root_});
    fs::remove_all(root_);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(root_), fs::directory_iterator()));
  }

  /// A fresh shell: it knows the programs, and nothing of a token.
  [[nodiscard]] static Variables fresh_shell() {
    std::string path = std::getenv("PATH");
    for (const char* program : {"varved", "varve-audit", "varve-keys"})
      path.append(":").append(fs::path(Installation::program(program)).parent_path().string());
    return {{"PATH", path}, {"SOFTHSM2_CONF", "/nowhere"}};
  }
  [[nodiscard]] Words words(const std::string& directory, const Words& more = {}) const {
    Words all{Installation::program("varved"), "init",     directory,    "--origin",
              "audit.example.org/main",        "--listen", "127.0.0.1:0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] Outcome init(const std::string& directory, const Words& more = {},
                             const Variables& variables = fresh_shell()) const {
    return run(words(directory, more), variables);
  }
  void expect_complete(const std::string& directory) const {
    const Outcome checked = run({Installation::program("varved"), "check-config", "--token",
                                 "--config", directory + "/varved.toml"},
                                fresh_shell());
    EXPECT_EQ(checked.exit_code, 0) << checked.output;
  }
  static void expect_refused(const Outcome& outcome, int exit_code, const std::string& message) {
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.output;
    EXPECT_NE(outcome.output.find(message), std::string::npos) << outcome.output;
  }

  std::string root_;
};

TEST_F(Init, PrintsThreeCommandsThatWorkAsTheyStand) {
  const Outcome made = init(path("it's mine"));
  ASSERT_EQ(made.exit_code, 0) << made.output;
  const Words commands = printed_commands(made.output);
  ASSERT_EQ(commands.size(), 3U) << made.output;

  Process server({"bash", "-c", "exec " + commands[0]}, path("log"), fresh_shell());
  ASSERT_TRUE(wait_until([&] {
    return read_text(path("log")).find("\"listening\"") != std::string::npos || !server.running();
  }));
  const Outcome appended = run({"sh", "-c", commands[1]}, fresh_shell());
  EXPECT_EQ(appended.exit_code, 0) << appended.output << read_text(path("log"));
  EXPECT_NE(appended.output.find("\"first_index\""), std::string::npos) << appended.output;
  const Outcome checked = run({"sh", "-c", commands[2]}, fresh_shell());
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
  EXPECT_NE(checked.output.find("intact"), std::string::npos) << checked.output;
  EXPECT_TRUE(fs::exists(path("it's mine/marks/main.mark")));
  server.send(SIGTERM);
  EXPECT_EQ(server.wait_ms(), 0);
}

TEST_F(Init, KeepsItsSecretsToItsUserWhateverTheUmask) {
  Words open{"sh", "-c", "umask 0; exec \"$@\"", "sh"};
  for (const std::string& word : words(path("a"))) open.push_back(word);
  const Outcome made = run(open, fresh_shell());
  ASSERT_EQ(made.exit_code, 0) << made.output;
  for (const auto& entry : fs::recursive_directory_iterator(path("a"))) {
    struct stat status {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 077U, 0U) << entry.path();
  }
  Words secrets{path("a/pin"), path("a/so-pin")};
  for (const auto& entry : fs::directory_iterator(path("a/credentials")))
    secrets.push_back(entry.path());
  EXPECT_GT(secrets.size(), 6U);
  for (const std::string& secret : secrets) {
    const std::string text = read_text(secret);
    EXPECT_GE(text.size(), 24U) << secret;
    EXPECT_EQ(made.output.find(text.substr(0, 24)), std::string::npos) << secret;
  }
}

TEST_F(Init, LeavesNothingWhereItIsRefused) {
  fs::create_directory(path("full"));
  write_text(path("full/file"), "of somebody");
  expect_refused(init(path("full")), 10, path("full") + " is not empty");
  expect_refused(init(path("no/a")), 11, "make this directory first");
  expect_refused(init(path("a"), {"--log", "A b"}), 10, "a log's name is");
  expect_refused(init(path("a#b")), 10, "choose a path without #");
  expect_refused(
      init(path("a"), {"--module", "/no.so", "--token", "pkcs11:token=a", "--pin", "file:/no"}), 11,
      "/no.so: No such file or directory: install the token's PKCS#11 library");
  expect_refused(
      init(path("a"), {"--module", kSoftHsm, "--token", "pkcs11:token=a", "--pin", "env:PIN"}), 10,
      "--pin is file: and an absolute path");
  Words bad = words(path("a"));
  bad[4] = "audit example";
  expect_refused(run(bad, fresh_shell()), 10, "is no origin");
  bad[4] = "audit.example.org/main";
  bad[6] = "192.0.2.99:0";
  expect_refused(run(bad, fresh_shell()), 14, "192.0.2.99:0");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Init, TakesOneNameAfterEachHost) {
  const Outcome made =
      run({Installation::program("varved"), "init", "--origin", "audit.example.org/main",
           "--listen", "127.0.0.1:0", "--host", "a.example", "--host", "192.0.2.7", path("a")},
          fresh_shell());
  EXPECT_EQ(made.exit_code, 0) << made.output;
  EXPECT_NE(made.output.find("a.example, 192.0.2.7.\n"), std::string::npos) << made.output;
}

TEST_F(Init, SaysThatItsAddressIsInUse) {
  ASSERT_EQ(init(path("a")).exit_code, 0);
  const std::string config = read_text(path("a/varved.toml"));
  const std::size_t at = config.find("127.0.0.1:");
  const std::string address = config.substr(at, config.find('"', at) - at);
  Process server({Installation::program("varved"), "--config", path("a/varved.toml")}, path("log"),
                 fresh_shell());
  ASSERT_TRUE(wait_until(
      [&] { return read_text(path("log")).find("\"listening\"") != std::string::npos; }));
  Words again = words(path("b"));
  again[6] = address;
  expect_refused(run(again, fresh_shell()), 15, address + ": Address already in use");
  EXPECT_FALSE(fs::exists(path("b")));
}

// Each kill is at another moment; whichever it is, there is a whole installation or none, and the
// next run succeeds.
TEST_F(Init, CanBeRunAgainAfterAKillAtAnyMoment) {
  for (const char* seconds : {"0.005", "0.02", "0.04", "0.06", "0.08", "0.1", "0.15", "0.2"}) {
    SCOPED_TRACE(seconds);
    Words killed{"timeout", "-s", "KILL", seconds};
    for (const std::string& word : words(path("a"))) killed.push_back(word);
    run(killed, fresh_shell());
    if (!fs::exists(path("a"))) continue;
    expect_complete(path("a"));
    fs::remove_all(path("a"));
  }
  const Outcome made = init(path("a"));
  ASSERT_EQ(made.exit_code, 0) << made.output;
  expect_complete(path("a"));
  EXPECT_EQ(entries(), 1U);
  expect_refused(init(path("a")), 10, "is not empty");
}

class InitOnAToken : public Init {
 protected:
  [[nodiscard]] Words token(const std::string& pin) const {
    return {"--module", kSoftHsm, "--token", "pkcs11:token=system", "--pin", "file:" + pin};
  }
  [[nodiscard]] Outcome keys(const Words& command) const {
    Words all{Installation::program("varve-keys")};
    all.insert(all.end(), command.begin(), command.end());
    for (const std::string& word : varve_.token_words()) all.push_back(word);
    return run(all, varve_.variables());
  }
  [[nodiscard]] bool has_key() const {
    return keys({"list"}).output.find("main-1") != std::string::npos;
  }

  Installation varve_;
};

TEST_F(InitOnAToken, MakesTheKeyThereAndAWrongPinMakesNothing) {
  write_text(path("wrong"), "wrong-0815\n");
  const Outcome wrong = init(path("a"), token(path("wrong")), varve_.variables());
  expect_refused(wrong, 14, "PIN");
  EXPECT_EQ(wrong.output.find("wrong-0815"), std::string::npos);
  EXPECT_EQ(entries(), 1U);
  EXPECT_FALSE(has_key());

  const Outcome made = init(path("a"), token(varve_.path("pin")), varve_.variables());
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_EQ(made.output.find("SoftHSM"), std::string::npos) << made.output;
  EXPECT_TRUE(has_key());
  const Outcome checked = run({Installation::program("varved"), "check-config", "--token",
                               "--config", path("a/varved.toml")},
                              varve_.variables());
  EXPECT_EQ(checked.exit_code, 0) << checked.output;

  expect_refused(init(path("b"), token(varve_.path("pin")), varve_.variables()), 12,
                 "the token has a key with the label main-1 already");
  EXPECT_TRUE(has_key()) << "that of the other installation";
  EXPECT_FALSE(fs::exists(path("b")));
}

// Its note names the key. Another one with that label may be a log's.
TEST_F(InitOnAToken, ReplacesTheKeyOfARunThatWasKilledAndNoOther) {
  const Outcome created =
      keys({"create", "--label", "main-1", "--origin", "audit.example.org/main"});
  const auto key = format::parse_vkey(created.output.substr(0, created.output.find('\n')));
  ASSERT_TRUE(key) << created.output;
  const auto init_after = [&](const std::string& note) {
    fs::create_directory(path(".a.varve-new"));
    fs::permissions(path(".a.varve-new"), fs::perms::owner_all);
    write_text(path(".a.varve-new/note-for-the-next-run"), note);
    return init(path("a"), token(varve_.path("pin")), varve_.variables());
  };
  expect_refused(init_after(std::string(64, '0')), 12, "main-1");
  EXPECT_TRUE(has_key());
  const Outcome made = init_after(hex(key->key));
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_FALSE(fs::exists(path("a/note-for-the-next-run")));
  EXPECT_NE(read_text(path("a/first.vkey")), created.output);
}

// The server that is there calls its log "main", too, and its signing key otherwise.
TEST_F(InitOnAToken, SharesNoMonthsKeyWithAnotherLog) {
  varve_.start();
  ASSERT_EQ(varve_.stop(), 0);
  expect_refused(init(path("a"), token(varve_.path("pin")), varve_.variables()), 12,
                 "the token has a month's key of another log already, varve/main/");
  EXPECT_FALSE(has_key());
  EXPECT_EQ(entries(), 0U);
}

}  // namespace
}  // namespace varve::system
