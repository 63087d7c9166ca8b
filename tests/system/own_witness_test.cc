// varve-witness as a process: a client of another make (Go's x/mod) agrees with every answer; a server of logs asks
// it, also after the log's key has changed; the second of two histories is refused, and the evidence is there.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "runbook.h"
#include "second_server.h"
#include "tests/directories.h"
#include "varve_witness.h"
#include "witnessed_log.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPage = "docs/operating/running-a-witness.md";

// Plays the service manager, and says where the witness listens. Its user is the one who runs the test.
constexpr const char* kPlayed = R"sh(
runuser() { shift 3; "$@"; }
chown() { [ "$1" = root:varve-witness ] && ls "${@:2}"; }
made="-d -o varve-witness -g varve-witness -m 0700 $marks"
install() { [ "$*" = "$made" ] && mkdir -m 0700 "$marks"; }
systemctl() {
  if [ "$1" = reload ]; then kill -HUP "$witness"; return; fi
  varve-witness --config "$PWD/varve-witness.toml" >page.log 2>&1 &
  witness=$!
  until grep -q '"listening"' page.log; do kill -0 "$witness"; sleep 0.01; done
  witness_url=https://$address:$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' page.log)
}
)sh";

/// The block of the page that begins so; it is indented there.
std::string block_of(const std::string& language, const std::string& first_line) {
  const std::string page = replaced(read_text(source_file(kPage)), "\n   ", "\n");
  const std::string opening = "\n```" + language + "\n";
  const std::size_t begin = page.find(opening + first_line + "\n") + opening.size();
  return page.substr(begin, page.find("```\n", begin) - begin);
}

class OwnWitness : public WitnessedLog {
 protected:
  static std::string asker() { return built_file("tests/go/ask_witness"); }
  static std::string logs_of_others() {
    const std::string list = must_run({asker(), "list", "1", "2", "3"});
    return list.substr(list.find('\n') + 1);
  }
  [[nodiscard]] Outcome ask(const std::string& what, const std::string& seed,
                            const std::string& count) const {
    return run(
        {asker(), what, seed, count, witness_->url(), varve_.path("ca.pem"), witness_->vkey()});
  }
  void make_witness(const std::string& list) {
    witness_ = std::make_unique<VarveWitness>(varve_, "own.example", list);
    witness_->start();
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  /// The second line of a checkpoint.
  static std::string size_at(const std::string& note) {
    const std::size_t line = note.find('\n') + 1;
    return note.empty() ? "0" : note.substr(line, note.find('\n', line) - line);
  }
  /// The log asks the witness, of which the policy has the line alone: any key of the log will do.
  void ask_of_varved() {
    write_text(varve_.path("policy"), witness_->line() + "quorum own.example\n");
    varve_.add_configuration("witness_policy = \"" + varve_.path("policy") + "\"\nwitness_ca = \"" +
                             varve_.path("ca.pem") + "\"\nwitness_interval_s = 1\n");
  }
  /// From now on the witness follows the log, whose address is known.
  void follow_varved() const {
    witness_->set_list(VarveWitness::item(varve_.vkey(), varve_.url()));
    witness_->reload();
    ASSERT_TRUE(wait_until([this] { return has(witness_->log(), "\"logs_reloaded\""); }));
  }
  void expect_witnessed() const {
    EXPECT_TRUE(wait_until([this] { return newest_is_witnessed(); }))
        << varve_.server_log() << witness_->log();
  }
  /// A command of varve-keys that the server is told of.
  void change_keys(Words words) const {
    words.insert(words.begin(), Installation::program("varve-keys"));
    for (const std::string& word : varve_.token_words()) words.push_back(word);
    for (const std::string& word :
         {std::string("--origin"), std::string(kOrigin), std::string("--server"),
          varve_.server_url(), std::string("--log"), std::string("main"), std::string("--ca"),
          varve_.path("ca.pem"), std::string("--bearer-file"), varve_.token_file("operate")})
      words.push_back(word);
    must_run(words, varve_.variables());
  }
  /// While it asks witnesses, a server lets no Ed25519 key retire that they know the log by.
  void restart_without_witnesses_to(const std::function<void()>& work) {
    EXPECT_EQ(varve_.stop(), 0);
    const std::string with = read_text(varve_.path("varved.toml"));
    write_text(varve_.path("varved.toml"), with.substr(0, with.find("witness_policy")));
    varve_.start();
    work();
    EXPECT_EQ(varve_.stop(), 0);
    write_text(varve_.path("varved.toml"), with);
    varve_.start();
  }
  [[nodiscard]] std::string log_hash() const {
    const std::string sum =
        must_run({"sh", "-c", std::string("printf %s ") + kOrigin + " | sha256sum"});
    return sum.substr(0, sum.find(' '));
  }

  /// Commands of the page, in the installation's directory.
  [[nodiscard]] Outcome shell(const std::string& commands) const {
    std::string path;
    for (const char* program : {"varve-witness", "varve-audit"})
      path += fs::path(Installation::program(program)).parent_path().string() + ":";
    return run({"bash", "-ec",
                "cd " + varve_.path("") + "\nexport PATH=" + path +
                    "$PATH CURL_CA_BUNDLE=ca.pem\n" + commands},
               varve_.variables());
  }

  const Blocks page_ = blocks_of(kPage);
  std::unique_ptr<VarveWitness> witness_;
};

TEST_F(OwnWitness, GivesEveryAnswerThatAWitnessOfAnotherMakeGives) {
  make_witness(logs_of_others());
  const Outcome asked = ask("ask", "1", "1000");
  EXPECT_EQ(asked.exit_code, 0) << asked.output << witness_->log();
  for (const char* status : {"200 ", "400 ", "403 ", "404 ", "409 ", "422 ", "caught "})
    EXPECT_TRUE(has("\n" + asked.output, std::string("\n") + status)) << asked.output;
  const Outcome second = witness_->start_on_other_state();
  EXPECT_EQ(second.exit_code, 12) << "with the place of its mark: " << second.output;
  const Outcome raced = ask("race", "2", "200");
  EXPECT_EQ(raced.exit_code, 0) << raced.output << witness_->log();
  EXPECT_EQ(witness_->stop(), 0);
}

TEST_F(OwnWitness, StartsAsItsPageSays) {
  const auto here = [this](std::string text) {
    text = replaced(text, "/etc/varve-witness/", varve_.path(""));
    text = replaced(text, "/var/lib/varve-witness-marks", varve_.path("page-marks"));
    return replaced(text, "/var/lib/varve-witness", varve_.path("page-data"));
  };
  std::string config =
      replaced(here(block_of("toml", "[witness]")), "token=witness", "token=system");
  config = replaced(config, "0.0.0.0:8444", varve_.address() + ":0");
  write_text(varve_.path("varve-witness.toml"), config);
  const std::string list = block_of("", "logs/v0");
  write_text(varve_.path("logs"), list.substr(0, list.find("vkey log.example.com")));
  fs::create_directory(varve_.path("page-data"));
  std::string commands =
      "address=" + varve_.address() + " marks=" + varve_.path("page-marks") + kPlayed;
  for (const std::string& block : page_.at("First start")) commands += here(block);
  commands += "until grep -q logs_reloaded page.log; do sleep 0.01; done\nkill $witness; wait";
  const Outcome done = shell(commands);
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_TRUE(has(done.output, " is right: 1 log, cosigned as witness.example.org/w1+"))
      << done.output;
  EXPECT_TRUE(has(done.output, "{\"name\":\"witness.example.org/w1\"")) << done.output;
}

// The first key retires, and nobody tells the witness.
TEST_F(OwnWitness, FollowsALogOfVarveThroughARotationWithoutItsOperator) {
  make_witness(VarveWitness::item(varve_.vkey()));
  ask_of_varved();
  varve_.start();
  follow_varved();
  append();
  expect_witnessed();
  restart_without_witnesses_to([this] {
    change_keys({"rotate", "--key", "pkcs11:object=first", "--label", "second"});
    change_keys({"retire", "--key", "pkcs11:object=first", "--signer", "pkcs11:object=second",
                 "--yes", "first"});
  });
  append();
  expect_witnessed();
  EXPECT_TRUE(has(witness_->log(), "\"keys_followed\"")) << witness_->log();
  EXPECT_EQ(witness_->stop(), 0);
  witness_->start();
  append();
  expect_witnessed();
  EXPECT_FALSE(has(witness_->log(), "\"keys_followed\"")) << "it has kept them";
  EXPECT_EQ(varve_.stop(), 0);
  EXPECT_EQ(witness_->stop(), 0);
}

// Two servers with one token, each on a copy of one store and with half of the clients.
TEST_F(OwnWitness, CatchesASplitViewLiveAndHoldsTheEvidence) {
  make_witness(VarveWitness::item(varve_.vkey()));
  ask_of_varved();
  varve_.start();
  EXPECT_EQ(varve_.stop(), 0);
  fs::copy(varve_.path("data"), varve_.path("other"), fs::copy_options::recursive);
  varve_.start();
  append();
  expect_witnessed();
  const SecondServer other(varve_, "other");
  const auto caught = [&] {
    append();  // a size that is a power of two holds no evidence
    other.append();
    return has(witness_->log(), "\"log_contradicts\"");
  };
  ASSERT_TRUE(wait_until(caught)) << witness_->log() << other.log();
  const auto told = [&] {
    append();
    return has(varve_.server_log() + other.log(), "\"event\":\"witness_contradicts\"");
  };
  EXPECT_TRUE(wait_until(told)) << varve_.server_log();
  write_text(varve_.path("first.vkey"), varve_.vkey() + "\n");
  const Outcome shown = shell("witness_url=" + witness_->url() + " log_hash=" + log_hash() + "\n" +
                              page_.at("A log that contradicts itself").at(0));
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_TRUE(has(witness_->get("/readyz"), kOrigin));
  EXPECT_EQ(varve_.stop(), 0);
  EXPECT_EQ(witness_->stop(), 0);
}

// kill -9 while eight sides ask at once, two of them for another history: whatever was answered is kept, and of one.
TEST_F(OwnWitness, ForgetsNothingThatItAnsweredWhereverItIsKilled) {
  make_witness(logs_of_others());
  const std::string hash =
      must_run({"sh", "-c", "printf log.example/3-0 | sha256sum"}).substr(0, 64);
  std::string newest = "0";
  for (int kill = 0; kill < 6; ++kill) {
    Outcome raced;
    std::thread asking([&] { raced = ask("race", "3", "8"); });
    const std::string before = newest;
    wait_until([&] { return size_at(witness_->get("/" + hash + "/checkpoint")) != before; }, 2'000);
    witness_->kill_9();
    asking.join();
    ASSERT_EQ(raced.exit_code, 0) << raced.output;
    witness_->start();
    newest = size_at(witness_->get("/" + hash + "/checkpoint"));
    const std::string answered = raced.output.substr(raced.output.find("newest ") + 7);
    EXPECT_GE(std::stoi(newest), std::stoi(answered));
  }
  const Outcome split = ask("split", "2", "200");
  EXPECT_EQ(split.exit_code, 0) << split.output << witness_->log();
  EXPECT_EQ(witness_->stop(), 0);
}

}  // namespace
}  // namespace varve::system
