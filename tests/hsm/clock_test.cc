// varve-keys clock, with an authority that the openssl program plays.
#include <filesystem>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "tests/format/test_keys.h"
#include "tests/format/time_authority.h"
#include "tests/hsm/key_tool.h"

namespace varve::testing {
namespace {

class Clock : public KeyTool {
 protected:
  Clock() {
    put("checkpoint", checkpoint_);
    vkey_ = format::format_vkey(key_.verifier());
  }

  void put(const char* name, std::string_view text) const {
    std::ofstream(soft_.directory() / name, std::ios::binary) << text;
  }
  /// What the authority answers to the query that varve-keys writes.
  void answered() {
    const Outcome asked = run("clock request checkpoint --out query");
    ASSERT_EQ(asked.exit_code, 0) << asked.output;
    authority_.write("query", bytes_of(contents("query")));
    authority_.openssl("ts -reply -config tsa.cnf -section tsa -queryfile query -out reply");
    authority_.openssl("ts -reply -in reply -token_out -out token");
    put("reply", text_of(authority_.file("reply")));
    put("token", text_of(authority_.file("token")));
  }
  [[nodiscard]] Outcome evidence(const std::string& file) const {
    return run("clock evidence " + file + " --checkpoint checkpoint --authority-key " + expected_ +
               " --vkey '" + vkey_ + "'");
  }
  void expect_refused(const std::string& file, const std::string& words) const {
    const Outcome outcome = evidence(file);
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_NE(outcome.output.find(words), std::string::npos) << outcome.output;
  }

  const format::TestKey key_ = format::TestKey::ed25519(std::string(kOrigin), 1);
  const std::string checkpoint_ = format::signed_note(
      format::checkpoint_text({std::string(kOrigin), TreeSize{42}, {}}), {&key_});
  format::TimeAuthority authority_;
  std::string expected_ = authority_.key_hash();
  std::string vkey_;
};

TEST_F(Clock, EvidenceByTheAuthoritysKeyIsTold) {
  answered();
  for (const char* file : {"reply", "token"}) {
    const Outcome outcome = evidence(file);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("the tree of 42 records was there at "), std::string::npos);
    EXPECT_NE(outcome.output.find("by key " + authority_.key_hash()), std::string::npos);
  }
}

TEST_F(Clock, EvidenceThatDoesNotCountSaysWhy) {
  answered();
  put("nonsense", "nonsense");
  expect_refused("nonsense", "not a time-stamp token in DER");
  put("busy", text_of(*decode_hex("300d300b02010230060c0462757379")));
  expect_refused("busy", "gave no token: busy");
  expect_refused("absent", "absent");
  expected_ = std::string(64, '7');
  expect_refused("reply", "is signed by the key " + authority_.key_hash());
  expected_ = "7";
  expect_refused("reply", "hex");
  expected_ = authority_.key_hash();
  put("checkpoint",
      format::signed_note(format::checkpoint_text({std::string(kOrigin), TreeSize{43}, {}}),
                          {&key_}));
  expect_refused("reply", "over another text");
  const format::TestKey stranger = format::TestKey::ed25519(std::string(kOrigin), 2);
  put("checkpoint",
      format::signed_note(format::checkpoint_text({std::string(kOrigin), TreeSize{42}, {}}),
                          {&stranger}));
  expect_refused("reply", "verifying checkpoint");
}

}  // namespace
}  // namespace varve::testing
