// docs/operating/runbooks.md, typed by a machine: every command of a section, in its order, against
// a real server and real tokens. What a person would edit in varved.toml, the test edits.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "sender.h"
#include "tests/hsm/nss_token.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

// Plays the service manager: a server that cannot start is told of by its last words.
constexpr const char* kSystemctl = R"sh(
end_varved() {
  kill $1 "$(cat varved.pid)" 2>/dev/null || true
  while kill -0 "$(cat varved.pid)" 2>/dev/null; do sleep 0.05; done
  rm varved.pid
}
systemctl() {
  if [ "$1" != start ] && [ -e varved.pid ]; then end_varved -TERM; fi
  [ "$1" = stop ] && return 0
  varved --config varved.toml >>server.log 2>&1 &
  echo $! >varved.pid
  for try in $(seq 2400); do
    if curl -s -o /dev/null --cacert ca.pem "$log_url/checkpoint"; then return 0; fi
    [ -n "$(jobs -r)" ] || { tail -3 server.log; return 1; }
    sleep 0.05
  done
  return 1
}
)sh";

/// The shell blocks of each section, in their order; those before the first section under "".
std::map<std::string, std::vector<std::string>> blocks_of_runbooks() {
  std::istringstream in(read_text(VARVE_SOURCE_DIR "/docs/operating/runbooks.md"));
  std::map<std::string, std::vector<std::string>> blocks;
  std::string section;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (line == "```sh") {
      inside = true;
      blocks[section].emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks[section].back().append(line).append("\n");
    }
  }
  return blocks;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// What varved.toml of the example is here: the log is "main", its first key is made by the runbook.
class Runbook : public ::testing::Test {
 protected:
  Runbook() {
    varve_.start();  // chooses the port
    EXPECT_EQ(varve_.stop(), 0);
    run({"chattr", "-R", "-i", varve_.path("data")});
    fs::remove_all(varve_.path("data/main"));
    std::string config = read_text(varve_.path("varved.toml"));
    config = replaced(config, "pkcs11:token=system", "pkcs11:token=varve");
    config = replaced(config, "pkcs11:object=first", "pkcs11:object=cardiology-1");
    configure(config);
    for (const char* pin : {"ann-pin", "bob-pin", "eve-pin", "spare-pin"})
      write_text(varve_.path(pin), std::string(pin) + "-4711\n");
    fs::copy_file(varve_.token_file("operate"), varve_.path("operator-token"));
    fs::copy_file(varve_.token_file("read"), varve_.path("read-token"));
  }
  ~Runbook() override { shell("systemctl stop varved"); }

  void configure(const std::string& config) {
    config_ = config;
    write_text(varve_.path("varved.toml"), config);
  }

  /// Runs commands of the document, after what it says to set once. `systemctl` is played.
  Outcome shell(const std::string& commands) {
    std::string script = "set -euo pipefail\ncd " + varve_.path("") + "\n" + kSystemctl;
    script += blocks_[""].at(0) + commands;
    script = replaced(script, "https://audit.example.org:8443", varve_.server_url());
    script = replaced(script, "/logs/cardiology", "/logs/main");
    script = replaced(script, "--log cardiology", "--log main");
    script = replaced(script, "audit.example.org/cardiology", kOrigin);
    script = replaced(script, "/var/lib/varve/cardiology", varve_.path("data/main"));
    script = replaced(script, "varve/cardiology", "varve/main");
    script = replaced(script, "/usr/lib/vendor/libpkcs11.so", varve::testing::NssToken::kModule);
    script = replaced(script, "pkcs11:token=new", varve::testing::NssToken::kUri);
    write_text(varve_.path("script"), script);
    Variables variables = varve_.variables();
    std::string path(std::getenv("PATH"));
    for (const char* program : {"varved", "varve-keys", "varve-audit"})
      path.append(":").append(fs::path(Installation::program(program)).parent_path().string());
    variables["PATH"] = path;
    return run({"bash", varve_.path("script")}, variables);
  }
  void do_section(const std::string& name, std::size_t block) {
    const Outcome outcome = shell(blocks_[name].at(block));
    ASSERT_EQ(outcome.exit_code, 0) << name << ", block " << block << ": " << outcome.output;
  }
  /// The server with its first key.
  void begin() {
    do_section("First ceremony", 0);
    ASSERT_EQ(append_status("first"), 201);
  }
  /// Who edits the configuration puts another token beside the first.
  static std::string further(const std::string& token, const std::string& pin,
                             const std::string& module = kSoftHsm) {
    return "\n[[further_hsm]]\nmodule = \"" + module + "\"\ntoken = \"" + token +
           "\"\npin = \"file:" + pin + "\"\ntimeout_ms = " + std::to_string(kPatienceMs) + "\n";
  }
  int append_status(const std::string& key) {
    client::HttpClient client = varve_.connect("append");
    const auto response = post_events(client, key, {"{\"key\":\"" + key + "\"}"});
    return response ? response->status : 0;
  }
  std::string first_vkey() { return replaced(read_text(varve_.path("first.vkey")), "\n", ""); }

  Installation varve_;
  std::string config_;
  std::map<std::string, std::vector<std::string>> blocks_ = blocks_of_runbooks();
};

TEST_F(Runbook, FirstCeremony) {
  begin();
  for (std::size_t block = 1; block < blocks_["First ceremony"].size(); ++block)
    do_section("First ceremony", block);
  EXPECT_EQ(append_status("after"), 201);
  const Outcome alone = shell(blocks_["Yearly rotation"].at(0));
  EXPECT_NE(alone.exit_code, 0) << "nobody approved: " << alone.output;
  EXPECT_EQ(alone.output.find("run it again"), std::string::npos) << "that would not help";
}

TEST_F(Runbook, YearlyRotation) {
  begin();
  do_section("Yearly rotation", 0);
  EXPECT_EQ(append_status("overlap"), 201);
  do_section("Yearly rotation", 1);
  EXPECT_EQ(append_status("after"), 201);
  configure(replaced(config_, "pkcs11:object=cardiology-1", first_vkey()));
  ASSERT_EQ(shell("systemctl restart varved").exit_code, 0);
  EXPECT_EQ(append_status("restarted"), 201);
}

TEST_F(Runbook, CompromisedKey) {
  begin();
  do_section("Compromised key", 0);
  EXPECT_EQ(append_status("after"), 201);
}

TEST_F(Runbook, RenewalToAnotherHashFunction) {
  begin();
  const std::string section = "Renewal to another hash function";
  const Outcome old = shell(
      "varve-audit proof $log_url 1 --vkey \"$(cat first.vkey)\" --out old.tlog-proof --ca ca.pem "
      "--bearer-file read-token");
  ASSERT_EQ(old.exit_code, 0) << old.output;
  const Outcome renewed = shell(blocks_[section].at(0));
  ASSERT_EQ(renewed.exit_code, 0) << renewed.output;
  EXPECT_NE(renewed.output.find("record 3 renews the first 3 records under sha3-256"),
            std::string::npos)
      << renewed.output;
  EXPECT_EQ(append_status("after"), 201);
  do_section(section, 1);
  const Outcome verified = shell(blocks_[section].at(2));
  ASSERT_EQ(verified.exit_code, 0) << verified.output;
  EXPECT_NE(verified.output.find("bound under sha3-256 by the renewal in record 3"),
            std::string::npos)
      << verified.output;
}

TEST_F(Runbook, LostToken) {
  begin();
  const std::string without = config_;
  // Before the token is there, the server cannot be told of it: the first two commands, then the rest.
  const std::string prepare = blocks_["Lost token"].at(0);
  const std::size_t restart = prepare.find("systemctl");
  ASSERT_EQ(shell(prepare.substr(0, restart)).exit_code, 0);
  configure(without + further("pkcs11:token=spare", varve_.path("spare-pin")));
  const std::string spare = prepare.substr(0, prepare.find('\n') + 1);
  const Outcome prepared = shell(spare + prepare.substr(restart));
  ASSERT_EQ(prepared.exit_code, 0) << prepared.output;
  write_text(varve_.path("spare.vkey"), prepared.output);
  ASSERT_EQ(append_status("both"), 201);

  ASSERT_EQ(run({"softhsm2-util", "--delete-token", "--token", "spare"}, varve_.variables()).exit_code,
            0);
  ASSERT_EQ(shell("end_varved -KILL").exit_code, 0);
  ASSERT_NE(shell("systemctl start varved").exit_code, 0) << "it is still configured";
  configure(without);
  ASSERT_EQ(shell("systemctl restart varved").exit_code, 0);
  EXPECT_EQ(append_status("nobody-signs"), 503);
  ASSERT_EQ(shell("end_varved -KILL").exit_code, 0);
  do_section("Lost token", 1);  // with a tail that only both could have signed
  EXPECT_NE(varve_.server_log().find("tail_not_signed"), std::string::npos);
  EXPECT_EQ(append_status("nobody-signs"), 200) << "it was durable";
  EXPECT_EQ(append_status("after"), 201);
}

TEST_F(Runbook, LostTokenThatHasABackup) {
  begin();
  ASSERT_EQ(shell("systemctl stop varved; cp -a softhsm backup; rm -r softhsm/*").exit_code, 0);
  EXPECT_NE(shell("systemctl start varved").exit_code, 0);
  ASSERT_EQ(shell("rm varved.pid; rm -r softhsm; cp -a backup softhsm; systemctl start varved").exit_code,
            0);
  EXPECT_EQ(append_status("after"), 201);
}

TEST_F(Runbook, LostTail) {
  fs::create_directory(varve_.path("marks"));
  const std::string before = config_ + "high_water_mark = \"" + varve_.path("marks") + "\"\n";
  configure(before);
  begin();
  const std::string unlock = "chattr -R -f -i data || true; ";
  ASSERT_EQ(shell("systemctl stop varved; " + unlock + "cp -a data/main older; systemctl start varved")
                .exit_code,
            0);
  ASSERT_EQ(append_status("lost"), 201);
  ASSERT_EQ(shell("systemctl stop varved; " + unlock + "rm -r data/main; mv older data/main").exit_code,
            0);
  EXPECT_NE(shell("systemctl start varved").exit_code, 0);
  const Outcome seen = shell(blocks_["Lost tail"].at(0));
  EXPECT_EQ(seen.exit_code, 0) << seen.output;
  EXPECT_NE(seen.output.find("older than its high-water mark"), std::string::npos) << seen.output;

  configure(before + "ended = true\n");
  const Outcome ended = shell(blocks_["Lost tail"].at(1));
  ASSERT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_NE(ended.output.find("intact: 3 records"), std::string::npos) << ended.output;
  EXPECT_EQ(append_status("lost"), 409);
  ASSERT_EQ(shell("systemctl stop varved").exit_code, 0);
  configure(before);
  EXPECT_NE(shell("systemctl start varved").exit_code, 0) << "the way back is closed";

  configure(before + "ended = true\n\n[[log]]\nname = \"main-2\"\norigin = \"" + kOrigin +
            "-2\"\nkey = \"pkcs11:object=cardiology-2-1\"\n");
  write_text(varve_.path("statement.json"), "{\"ended\":\"" + std::string(kOrigin) + "\"}");
  const Outcome token = run({Installation::program("varved"), "token", "late", "append", "main-2"});
  std::istringstream lines(token.output);
  std::vector<std::string> words;
  for (std::string line; std::getline(lines, line);) words.push_back(line);
  ASSERT_GT(words.size(), 4U) << token.output;
  write_text(varve_.path("append-token"), words[1] + "\n");
  write_text(varve_.path("access"), read_text(varve_.path("access")) + words[4] + "\n");
  const Outcome begun = shell(blocks_["Lost tail"].at(2));
  EXPECT_EQ(begun.exit_code, 0) << begun.output;
  EXPECT_NE(begun.output.find("\"first_index\":1"), std::string::npos) << begun.output;
}

TEST_F(Runbook, ChangeOfHsmVendor) {
  const varve::testing::NssToken nss;
  nss.make_key("cardiology-2");  // varve-keys makes none on a token that fails the probe
  fs::copy_file(nss.pin_file(), varve_.path("new-pin"));
  begin();
  const std::string with_old = config_;
  configure(with_old + further(varve::testing::NssToken::kUri, varve_.path("new-pin"),
                               varve::testing::NssToken::kModule));
  do_section("Change of HSM vendor", 0);
  EXPECT_EQ(append_status("overlap"), 201);
  std::string config = replaced(with_old, "pkcs11:object=cardiology-1", first_vkey());
  config = replaced(config, "pkcs11:token=varve", varve::testing::NssToken::kUri);
  config = replaced(config, kSoftHsm, varve::testing::NssToken::kModule);
  configure(replaced(config, varve_.path("pin"), varve_.path("new-pin")));
  fs::rename(varve_.path("softhsm"), varve_.path("sold"));
  fs::create_directory(varve_.path("softhsm"));
  const std::string assignments = blocks_["Change of HSM vendor"].at(0);
  const Outcome after = shell(assignments.substr(0, assignments.find("systemctl")) +
                              blocks_["Change of HSM vendor"].at(1));
  ASSERT_EQ(after.exit_code, 0) << after.output;
  EXPECT_NE(after.output.find("intact: "), std::string::npos) << after.output;
  EXPECT_EQ(append_status("after"), 201);
}

}  // namespace
}  // namespace varve::system
