// varve-keys clock, with an authority that the openssl program plays.
#include <filesystem>

#include "ledger/base/text.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/retention.h"
#include "tests/format/test_keys.h"
#include "tests/format/time_authority.h"
#include "tests/hsm/key_tool.h"

namespace varve::testing {
namespace {

class Clock : public KeyTool {
 protected:
  Clock() {
    put("checkpoint", checkpoint_);
    put("policy", policy_naming(authority_.key_hash()));
    vkey_ = format::format_vkey(key_.verifier());
  }

  void put(const char* name, std::string_view text) const {
    std::ofstream(soft_.directory() / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string policy_naming(const std::string& hash) const {
    format::Policy policy;
    policy.origin = kOrigin;
    policy.quorum = 1;
    policy.sources = {{"tsa.example.org", *decode_hex_hash(hash)}};
    policy.key = key_.verifier();
    return format::signed_note(format::policy_text(policy), {&key_});
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
    return run("clock evidence " + file + " --checkpoint checkpoint --policy policy --vkey '" +
               vkey_ + "'");
  }
  void expect_refused(const std::string& file, const char* words) const {
    const Outcome outcome = evidence(file);
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_NE(outcome.output.find(words), std::string::npos) << outcome.output;
  }

  const format::TestKey key_ = format::TestKey::ed25519(std::string(kOrigin), 1);
  const std::string checkpoint_ = format::signed_note(
      format::checkpoint_text({std::string(kOrigin), TreeSize{42}, {}}), {&key_});
  format::TimeAuthority authority_;
  std::string vkey_;
};

TEST_F(Clock, EvidenceOfASourceThatThePolicyNamesIsTold) {
  answered();
  for (const char* file : {"reply", "token"}) {
    const Outcome outcome = evidence(file);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("the tree of 42 records was there at "), std::string::npos);
    EXPECT_NE(outcome.output.find("tsa.example.org, key " + authority_.key_hash()),
              std::string::npos);
  }
}

TEST_F(Clock, EvidenceThatDoesNotCountSaysWhy) {
  answered();
  put("nonsense", "nonsense");
  expect_refused("nonsense", "not a time-stamp token in DER");
  put("busy", text_of(*decode_hex("300d300b02010230060c0462757379")));
  expect_refused("busy", "gave no token: busy");
  expect_refused("absent", "absent");
  put("policy", policy_naming(std::string(64, '7')));
  expect_refused("reply", "the policy names no source with the key");
  put("policy", checkpoint_);
  expect_refused("reply", "not a varve policy v1");
  put("checkpoint",
      format::signed_note(format::checkpoint_text({std::string(kOrigin), TreeSize{43}, {}}),
                          {&key_}));
  put("policy", policy_naming(authority_.key_hash()));
  expect_refused("reply", "over another text");
  const format::TestKey stranger = format::TestKey::ed25519(std::string(kOrigin), 2);
  put("checkpoint",
      format::signed_note(format::checkpoint_text({std::string(kOrigin), TreeSize{42}, {}}),
                          {&stranger}));
  expect_refused("reply", "verifying checkpoint");
}

}  // namespace
}  // namespace varve::testing
