// The real server and witnesses of another make (Go's x/mod): cosignatures, restarts, and a split view that
// the first shared witness refuses.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "go_witness.h"
#include "ledger/format/note.h"
#include "second_server.h"
#include "witnessed_log.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

class Witnessed : public WitnessedLog {
 protected:
  /// One that knows the log by its first key, or by another.
  std::string start_witness(const std::string& name, const std::string& vkey = "") {
    witnesses_.emplace_back(varve_, name, vkey.empty() ? varve_.vkey() : vkey);
    return witnesses_.back().line();
  }
  void ask_for(const std::string& policy, const std::string& vkey = "") {
    const std::string log = "log " + (vkey.empty() ? varve_.vkey() : vkey) + "\n";
    write_text(varve_.path("policy"), log + policy);
    varve_.add_configuration("witness_policy = \"" + varve_.path("policy") + "\"\nwitness_ca = \"" +
                             varve_.path("ca.pem") + "\"\nwitness_interval_s = 1\n");
  }
  [[nodiscard]] Outcome audit(Words words) const {
    words.insert(words.begin(), Installation::program("varve-audit"));
    for (const std::string& word :
         {std::string("--vkey"), varve_.vkey(), std::string("--policy"), varve_.path("policy")})
      words.push_back(word);
    return run(words);
  }

  /// A key on the server's token; its vkey.
  [[nodiscard]] std::string made(const std::string& label, const std::string& origin) const {
    Words words{Installation::program("varve-keys"), "create"};
    for (const std::string& word : varve_.token_words()) words.push_back(word);
    for (const std::string& word : {std::string("--label"), label, std::string("--origin"), origin})
      words.push_back(word);
    const std::string vkey = must_run(words, varve_.variables());
    return vkey.substr(0, vkey.find('\n'));
  }
  /// A command of varve-keys that the server is told of.
  std::string change_keys(Words words) const {
    words.insert(words.begin(), Installation::program("varve-keys"));
    for (const std::string& word : varve_.token_words()) words.push_back(word);
    for (const std::string& word :
         {std::string("--origin"), std::string(kOrigin), std::string("--server"),
          varve_.server_url(), std::string("--log"), std::string("main"), std::string("--ca"),
          varve_.path("ca.pem"), std::string("--bearer-file"), varve_.token_file("operate")})
      words.push_back(word);
    return must_run(words, varve_.variables());
  }
  [[nodiscard]] static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  std::vector<GoWitness> witnesses_;
};

TEST_F(Witnessed, CheckpointsAreCosignedKeptAndVerifiedByAPolicy) {
  ask_for(start_witness("w1.example") + start_witness("w2.example") +
          "group g all w1.example w2.example\nquorum g\n");
  varve_.start();
  append();
  ASSERT_TRUE(wait_until([this] { return newest_is_witnessed(); })) << varve_.server_log();
  const Outcome online = audit({"checkpoint", varve_.url(), "--ca", varve_.path("ca.pem")});
  EXPECT_EQ(online.exit_code, 0) << online.output;
  EXPECT_NE(online.output.find("; cosigned by w1.example at "), std::string::npos) << online.output;
  EXPECT_NE(online.output.find(", w2.example at "), std::string::npos) << online.output;
  const std::string note = body("/checkpoint/witnessed");
  write_text(varve_.path("witnessed"), note);
  EXPECT_EQ(audit({"verify", varve_.path("witnessed")}).exit_code, 0);
  write_text(varve_.path("bare"), body("/checkpoint"));
  EXPECT_EQ(audit({"verify", varve_.path("bare")}).exit_code, 11);
  varve_.kill_9();
  witnesses_.clear();
  varve_.start();
  EXPECT_EQ(size_of(body("/checkpoint/witnessed")), size_of(note));
  EXPECT_EQ(varve_.stop(), 0);
}

// Two histories under one key: the store as it was goes on in another way than the witness has seen. The two
// checkpoints are the evidence.
TEST_F(Witnessed, AreNotCosignedForASecondHistoryAndTheServerSaysSo) {
  ask_for(start_witness("w1.example") + "quorum w1.example\n");
  varve_.start();
  ASSERT_TRUE(wait_until([this] { return newest_is_witnessed(); })) << varve_.server_log();
  EXPECT_EQ(varve_.stop(), 0);
  fs::copy(varve_.path("data"), varve_.path("other"), fs::copy_options::recursive);
  varve_.start();
  append();
  ASSERT_TRUE(wait_until([this] { return newest_is_witnessed(); })) << varve_.server_log();
  const std::string first = body("/checkpoint/witnessed");
  EXPECT_EQ(varve_.stop(), 0);

  run({"chattr", "-R", "-i", varve_.path("data")});
  fs::remove_all(varve_.path("data"));
  fs::rename(varve_.path("other"), varve_.path("data"));
  varve_.start();
  for (int i = 0; i < 4; ++i) append();
  const auto told = [this] {
    return has(varve_.server_log(), "\"event\":\"witness_contradicts\"");
  };
  ASSERT_TRUE(wait_until(told)) << varve_.server_log();
  EXPECT_TRUE(varve_.ready());
  EXPECT_NE(body("/checkpoint/witnessed"), first) << "the copy keeps what it has";
  write_text(varve_.path("first"), first);
  write_text(varve_.path("second"), body("/checkpoint"));
  const std::string evidence = varve_.path("evidence");
  EXPECT_EQ(run({Installation::program("varve-audit"), "compare", varve_.path("first"),
                 varve_.path("second"), varve_.url(), "--vkey", varve_.vkey(), "--ca",
                 varve_.path("ca.pem"), "--out", evidence})
                .exit_code,
            13);
  const Outcome shown =
      run({Installation::program("varve-audit"), "verify", evidence, "--vkey", varve_.vkey()});
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_EQ(varve_.stop(), 0);
}

// Each serves half of the clients, from copies of one store with one token.
TEST_F(Witnessed, AreRefusedToTheSecondOfTwoServersThatServeAtOnce) {
  ask_for(start_witness("w1.example") + "quorum w1.example\n");
  varve_.start();
  EXPECT_EQ(varve_.stop(), 0);
  fs::copy(varve_.path("data"), varve_.path("other"), fs::copy_options::recursive);
  varve_.start();
  ASSERT_TRUE(wait_until([this] { return newest_is_witnessed(); })) << varve_.server_log();
  const SecondServer other(varve_, "other");
  append();
  ASSERT_TRUE(wait_until([this] { return newest_is_witnessed(); })) << varve_.server_log();
  const auto told = [&] {
    other.append();
    return has(other.log(), "\"event\":\"witness_contradicts\"");
  };
  ASSERT_TRUE(wait_until(told)) << other.log();
  append();
  ASSERT_TRUE(wait_until([this] { return newest_is_witnessed(); })) << varve_.server_log();
  EXPECT_FALSE(has(varve_.server_log(), "witness_contradicts"));
  EXPECT_EQ(varve_.stop(), 0);
}

// The witness knows one key of the log, which never signs for anybody else. Every other key is exchanged, at the
// end for one that no witness takes.
TEST_F(Witnessed, AreCosignedByTheWitnessKeyBeforeAndAfterARotationToP256) {
  const std::string vkey = made("for-witnesses", kOrigin);
  ask_for(start_witness("w1.example", vkey) + "quorum w1.example\n", vkey);
  varve_.start();
  const char* const not_known = R"("witness":"w1.example","message":"it knows no key that signed)";
  ASSERT_TRUE(wait_until([&] { return has(varve_.server_log(), not_known); }));
  change_keys(
      {"rotate", "--key", "pkcs11:object=first", "--label", "unknown", "--algorithm", "p256"});
  change_keys({"retire", "--key", "pkcs11:object=unknown", "--signer", "pkcs11:object=first",
               "--yes", "unknown"});  // which no witness can know
  const std::string said =
      change_keys({"witness-key", "--key", "pkcs11:object=first", "--label", "for-witnesses"});
  EXPECT_TRUE(has(said, vkey + "\nGive this vkey to the operator of each witness")) << said;
  ASSERT_TRUE(wait_until([this] { return newest_is_witnessed(); })) << varve_.server_log();
  change_keys({"rotate", "--key", "pkcs11:object=first", "--label", "p256", "--algorithm", "p256"});
  change_keys({"retire", "--key", "pkcs11:object=first", "--signer", "pkcs11:object=p256", "--yes",
               "first"});
  append();
  ASSERT_TRUE(wait_until([this] { return newest_is_witnessed(); })) << varve_.server_log();
  const Outcome online = audit({"checkpoint", varve_.url(), "--ca", varve_.path("ca.pem")});
  EXPECT_EQ(online.exit_code, 0) << online.output;
  EXPECT_TRUE(has(online.output, "; cosigned by w1.example at ")) << online.output;
  const auto signatures = [this](const char* path) {
    return format::parse_note(body(path))->signatures.size();
  };
  EXPECT_EQ(signatures("/checkpoint"), 1U) << "by the P-256 key alone";
  EXPECT_EQ(signatures("/checkpoint/witnessed"), 3U) << "and the witness key, and the witness";
  EXPECT_EQ(varve_.stop(), 0);
}

TEST_F(Witnessed, AreRefusedByAWitnessThatDoesNotKnowTheLogOrItsKeyAndTheJournalSaysWhy) {
  ask_for(start_witness("w1.example", made("elsewhere", "elsewhere.example.org")) +
          start_witness("w2.example", made("later", kOrigin)) +
          "group g any w1.example w2.example\nquorum g\n");
  varve_.start();
  for (const char* why : {R"("witness":"w1.example","message":"it does not know the log (404))",
                          R"("witness":"w2.example","message":"it knows no key that signed)"})
    EXPECT_TRUE(wait_until([&] { return has(varve_.server_log(), why); })) << varve_.server_log();
  EXPECT_EQ(body("/checkpoint/witnessed"), "");
  EXPECT_EQ(varve_.stop(), 0);
}

}  // namespace
}  // namespace varve::system
