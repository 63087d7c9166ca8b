// Runs docs/operating/witnesses.md: a witness key, a rotation that its witness does not notice, and another key
// where the first one is lost.
#include <sstream>

#include "go_witness.h"
#include "runbook.h"

namespace varve::system {
namespace {

/// Of nobody here.
constexpr const char* kSouth =
    "south.example.org/w+1a597e51+BOHvL+byEfc5mopqVf3IEe6S7H8B7hJZQtqH72WVU0mf";

class WitnessRunbook : public Runbook {
 protected:
  [[nodiscard]] std::string file(const char* name) const {
    return replaced(read_text(varve_.path(name)), "\n", "");
  }
  /// The policy names one witness, and the log by its witness key.
  void ask(const std::string& name) {
    configure(site_.config + "witness_policy = \"" + varve_.path("cardiology.policy") +
              "\"\nwitness_ca = \"" + varve_.path("ca.pem") + "\"\nwitness_interval_s = 1\n");
    witnesses_.emplace_back(varve_, name, file("witness.vkey"));
    write_text(
        varve_.path("cardiology.policy"),
        "log " + file("witness.vkey") + "\n" + witnesses_.back().line() + "quorum " + name + "\n");
    do_commands("systemctl restart varved");
  }
  /// Behind whatever was done before: a witness has cosigned what is appended now.
  void expect_witnessed() {
    expect_appended();
    const auto size = [this](const std::string& path) {
      const auto answer = varve_.connect("read").get(path);
      const std::string note = answer && answer->status == 200 ? answer->body : path;
      return note.substr(0, note.find('\n', note.find('\n') + 1));
    };
    EXPECT_TRUE(wait_until([&] { return size("/checkpoint/witnessed") == size("/checkpoint"); }))
        << varve_.server_log();
  }
  static std::string word_of(const std::string& line, std::size_t number) {
    std::istringstream words(line);
    std::string word;
    for (std::size_t i = 0; i <= number; ++i) words >> word;
    return word;
  }
  [[nodiscard]] std::string page(const std::string& section, std::size_t number) const {
    return replaced(blocks_.at(section).at(number), "/etc/varve/varved.toml", "varved.toml");
  }

  const Blocks blocks_ = blocks_of("docs/operating/witnesses.md");
  std::vector<GoWitness> witnesses_;
};

TEST_F(WitnessRunbook, WitnessKeyAndARotationThatNoWitnessNotices) {
  begin();
  do_commands(page("Witness key", 0));
  ask("w1.example");
  do_commands(page("Witnesses of a log", 0));
  expect_witnessed();
  ceremony();
  yearly_rotation();
  expect_witnessed();
  do_commands("curl -s --cacert ca.pem $log_url/checkpoint/witnessed >kept.checkpoint\n" +
              page("Verification", 0));
  // The page says which vkeys these are. One will do: the log is not sent this policy.
  const std::string vkey = word_of(witnesses_.back().line(), 2);
  do_commands("north=" + vkey + "\nsouth=" + kSouth + "\n" +
              page("Witnesses as sources of time", 0) +
              "\n[ $(grep -c '^source witness ' policy) = 2 ]\n"
              "varve-keys clock evidence --checkpoint kept.checkpoint --witness $north "
              "--vkey \"$(cat witness.vkey)\" | grep -q 'was there at .* 60000000 us'\n"
              "! varve-keys clock evidence --checkpoint kept.checkpoint --witness $south "
              "--vkey \"$(cat witness.vkey)\" 2>why\n"
              "grep -q 'no cosignature by south.example.org/w' why\n");
}

TEST_F(WitnessRunbook, ReceiptsUnderAWitnessedCheckpoint) {
  begin();
  do_commands(page("Witness key", 0));
  ask("w1.example");
  write_text(varve_.path("events.ndjson"), "{\"a\":1}\n{\"a\":2}\n");
  do_commands(
      "varve-collect init --dir collector --source clinic-a/ehr --origin $origin --url $log_url "
      "--vkey \"$(cat first.vkey)\" --bearer-file " +
      varve_.token_file("append") +
      " --ca ca.pem\n"
      "varve-collect register --dir collector --bearer-file operator-token\n"
      "varve-collect append --dir collector --keep events.ndjson\n");
  expect_witnessed();
  std::string typed = blocks_of("docs/operating/collecting.md").at("Receipts").at(1);
  typed = replaced(typed, "/var/lib/varve-collect", "collector");
  do_commands("VKEY=$(cat first.vkey)\n" + typed);
  EXPECT_TRUE(wait_until([&] {
    return varve_.server_log().find("witnessed_checkpoint_recorded") != std::string::npos;
  })) << varve_.server_log();
  do_commands(
      "varve-collect receipts upgrade --dir collector --policy cardiology.policy | grep -q "
      "'^0 receipts lifted .* 1 lifted before'\n"
      "varve-audit check $log_url --vkey \"$(cat first.vkey)\" --ca ca.pem --bearer-file " +
      varve_.token_file("read") +
      " --policy cardiology.policy | grep -q '^1 record of checkpoints that name others as "
      "signers.*1 by a quorum'\n");
}

TEST_F(WitnessRunbook, AnotherWitnessKeyWhereTheFirstIsLost) {
  begin();
  do_commands(page("Witness key", 0));
  const std::string lost = file("witness.vkey");
  do_commands(page("Another witness key", 0));
  const std::string made = file("witness.vkey");
  EXPECT_NE(made, lost);
  do_commands(page("Another witness key", 1) + page("Another witness key", 2));
  EXPECT_EQ(file("witness.vkey"), made) << "the one that was made is the one that is named";
  ask("w1.example");
  expect_witnessed();
}

}  // namespace
}  // namespace varve::system
