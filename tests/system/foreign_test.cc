// Implementations that are not ours agree with the running server: Go's note and tlog packages
// over HTTP, before and after a key rotation, for both algorithms.
#include <gtest/gtest.h>

#include "sender.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

constexpr unsigned kRequests = 8;
constexpr unsigned kEventsEach = 100;  // together several full tiles and entry bundles

class Foreign : public ::testing::TestWithParam<const char*> {
 protected:
  void append_many(const std::string& name) {
    client::HttpClient client = varve_.connect("append");
    for (unsigned n = 0; n < kRequests; ++n) {
      std::vector<std::string> events;
      for (unsigned i = 0; i < kEventsEach; ++i)
        events.push_back("{\"n\":" + std::to_string(n * kEventsEach + i) + "}");
      ASSERT_EQ(post_events(client, name + std::to_string(n), events)->status, 201);
    }
  }

  void expect_go_agrees(const Words& vkeys) {
    const std::string token = read_text(varve_.token_file("read"));
    Words words{built_file("tests/go/verify_log"), "-ca",       varve_.path("ca.pem"), "-token",
                token.substr(0, token.find('\n')), "-all-keys", varve_.server_url(),   "main"};
    words.insert(words.end(), vkeys.begin(), vkeys.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("\nverified"), std::string::npos) << outcome.output;
  }

  std::string keys_command(Words words) {
    words.insert(words.begin(), Installation::program("varve-keys"));
    for (const std::string& word : varve_.token_words()) words.push_back(word);
    for (const std::string& word :
         Words{"--origin", kOrigin, "--server", varve_.server_url(), "--log", "main",
               "--bearer-file", varve_.token_file("operate"), "--ca", varve_.path("ca.pem")})
      words.push_back(word);
    const std::string output = must_run(words, varve_.variables());
    return output.substr(0, output.find('\n'));
  }

  Installation varve_;
};

TEST_P(Foreign, ImplementationsVerifyTheLogAcrossARotation) {
  varve_.start();
  append_many("before");
  expect_go_agrees({varve_.vkey()});
  const std::string second = keys_command(
      {"rotate", "--key", "pkcs11:object=first", "--label", "second", "--algorithm", GetParam()});
  append_many("overlap");
  expect_go_agrees({varve_.vkey(), second});
  keys_command({"retire", "--key", "pkcs11:object=first", "--signer", "pkcs11:object=second",
                "--yes", "first"});
  append_many("after");
  expect_go_agrees({second});
  const Outcome ours =
      run({Installation::program("varve-audit"), "check", varve_.url(), "--vkey", varve_.vkey(),
           "--ca", varve_.path("ca.pem"), "--bearer-file", varve_.token_file("read")});
  EXPECT_EQ(ours.exit_code, 0) << "from the first key only: " << ours.output;
}

// What the README tells a sender to do that cannot seal.
TEST(Curl, IsEnoughToAppendAndTheReceiptVerifiesOffline) {
  Installation varve;
  varve.start();
  write_text(varve.path("events.ndjson"), "{\"n\":1}\n{\"n\":2}\n");
  const std::string token = read_text(varve.token_file("append"));
  const Words post{"curl",
                   "--fail",
                   "--silent",
                   "--cacert",
                   varve.path("ca.pem"),
                   "--header",
                   "Authorization: Bearer " + token.substr(0, token.find('\n')),
                   "--header",
                   "Idempotency-Key: ehr-2026-11-21-0001",
                   "--header",
                   "Content-Type: application/x-ndjson",
                   "--data-binary",
                   "@" + varve.path("events.ndjson"),
                   varve.url() + "/events"};
  const std::string receipt = must_run(post);
  EXPECT_EQ(must_run(post), receipt) << "the same key, so the same receipt";
  write_text(varve.path("receipt.json"), receipt);
  Words verify{Installation::program("varve-audit"),
               "verify",
               varve.path("receipt.json"),
               "--vkey",
               varve.vkey(),
               "--payload",
               varve.path("events.ndjson")};
  const Outcome good = run(verify);
  EXPECT_EQ(good.exit_code, 0) << good.output;
  write_text(varve.path("events.ndjson"), "{\"n\":1}\n{\"n\":3}\n");
  EXPECT_EQ(run(verify).exit_code, 13);
}

INSTANTIATE_TEST_SUITE_P(To, Foreign, ::testing::Values("ed25519", "p256"));

}  // namespace
}  // namespace varve::system
