// The real server and witnesses of another make (Go's x/mod): cosignatures, restarts, and a split view that
// the first shared witness refuses.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "installation.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

class Witnessed : public ::testing::Test {
 protected:
  /// One that knows the log by its first key.
  std::string start_witness(const std::string& name) {
    const std::string log = varve_.path(name + ".log");
    write_text(log, "");
    witnesses_.push_back(std::make_unique<Process>(
        Words{built_file("tests/go/witness"), varve_.address() + ":0", varve_.path("tls.pem"),
              varve_.path("tls.key"), name, varve_.vkey()},
        log));
    const auto printed = [&] { return read_text(log).find("\n") != std::string::npos; };
    EXPECT_TRUE(wait_until(printed)) << read_text(log);
    const std::string text = read_text(log);
    return text.substr(0, text.find('\n') + 1);
  }
  void ask_for(const std::string& policy) {
    write_text(varve_.path("policy"), "log " + varve_.vkey() + "\n" + policy);
    varve_.add_configuration("witness_policy = \"" + varve_.path("policy") + "\"\nwitness_ca = \"" +
                             varve_.path("ca.pem") + "\"\nwitness_interval_s = 1\n");
  }
  void append() const {
    const auto done =
        varve_.connect("append").post("/events", "application/x-ndjson", bytes_of("{\"a\":1}\n"));
    ASSERT_TRUE(done && done->status == 201);
  }
  [[nodiscard]] std::string body(const std::string& path) const {
    const auto answer = varve_.connect("read").get(path);
    return answer && answer->status == 200 ? answer->body : "";
  }
  /// The first two lines: origin and size.
  [[nodiscard]] static std::string size_of(const std::string& note) {
    return note.substr(0, note.find('\n', note.find('\n') + 1));
  }
  [[nodiscard]] bool newest_is_witnessed() const {
    const std::string note = body("/checkpoint/witnessed");
    return !note.empty() && size_of(note) == size_of(body("/checkpoint"));
  }
  [[nodiscard]] Outcome audit(Words words) const {
    words.insert(words.begin(), Installation::program("varve-audit"));
    for (const std::string& word :
         {std::string("--vkey"), varve_.vkey(), std::string("--policy"), varve_.path("policy")})
      words.push_back(word);
    return run(words);
  }

  Installation varve_;
  std::vector<std::unique_ptr<Process>> witnesses_;
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
    return varve_.server_log().find("\"event\":\"witness_contradicts\"") != std::string::npos;
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

}  // namespace
}  // namespace varve::system
