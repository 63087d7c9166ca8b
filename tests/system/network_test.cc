// A log whose signing key is on a token behind a network, and that network at its worst: the server
// goes on serving reads, says why it takes no appends, loses nothing, and needs no restart.
#include <gtest/gtest.h>

#include "tests/hsm/network_token.h"
#include "two_tokens.h"

namespace varve::system {
namespace {

using varve::testing::NetworkToken;

class RemoteToken : public ::testing::Test {
 protected:
  RemoteToken() {
    tokens_.plan_overlap_with_other("remote");
    tokens_.plan_finish();
    tokens_.start();
    tokens_.send_next();
    tokens_.send_next();
  }
  /// Until the signer is missed: an append is refused, and the server says what it lacks.
  void expect_refused(const std::string& key) {
    ASSERT_TRUE(wait_until([&] { return tokens_.append_status(key) == 503; }));
    const auto refused = tokens_.append(key);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 503) << refused->body;
    EXPECT_TRUE(refused->retry_after_s()) << refused->body;
    EXPECT_TRUE(wait_until([&] {
      return tokens_.readiness().body.find("\"state\":\"signer-down\"") != std::string::npos;
    }));
    const auto ready = tokens_.readiness();
    EXPECT_EQ(ready.status, 503);
    EXPECT_NE(ready.body.find("the token gives no signature; appends are refused until it does: "),
              std::string::npos)
        << ready.body;
    for (const char* path : {"/checkpoint", "/keys", "/events/1", "/proof/inclusion?index=1"}) {
      const auto read = tokens_.varve().connect("read").get(path);
      ASSERT_TRUE(read) << path;
      EXPECT_EQ(read->status, 200) << path;
    }
  }

  NetworkToken network_;
  TwoTokens tokens_{{NetworkToken::kModule, NetworkToken::kUri, network_.pin_file(), "p256"},
                    6'000};
};

TEST_F(RemoteToken, KilledPausedAndRestartedUnderAppendsLosesNothing) {
  const pid_t before = tokens_.varve().server().id();
  Senders senders(tokens_.varve(), 3, "remote");
  ASSERT_TRUE(wait_until([&] { return senders.promises() >= 20; }));
  network_.kill();
  expect_refused("killed");
  network_.start();
  EXPECT_TRUE(tokens_.takes("killed"));
  network_.pause();
  expect_refused("paused");
  network_.resume();
  EXPECT_TRUE(tokens_.takes("paused"));
  EXPECT_TRUE(wait_until([&] { return tokens_.readiness().status == 200; }));
  const std::size_t so_far = senders.promises();
  EXPECT_TRUE(wait_until([&] { return senders.promises() >= so_far + 20; }));
  senders.stop();
  for (const int status : senders.refusals()) EXPECT_EQ(status, 503);
  EXPECT_EQ(tokens_.varve().server().id(), before);
  for (const char* event : {"\"signature_missing\"", "\"signed_again\""})
    EXPECT_TRUE(wait_until([&] {
      return tokens_.varve().server_log().find(event) != std::string::npos;
    })) << event;
  tokens_.expect_kept(senders.all());
}

TEST_F(RemoteToken, ThatRefusesThePinAfterARestartIsNotAskedAgainUntilAnOperatorSaysSo) {
  ASSERT_TRUE(tokens_.takes("before"));
  network_.kill();
  expect_refused("meanwhile");
  network_.change_pin(NetworkToken::kPin, "other-4711");
  const std::size_t before = network_.logins();
  network_.start();
  ASSERT_TRUE(wait_until([&] {
    const auto response = tokens_.append("meanwhile");
    return response && response->body.find("not tried again") != std::string::npos;
  }));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(tokens_.append_status("meanwhile"), 503);
  EXPECT_EQ(network_.logins(), before + 1);
  EXPECT_NE(tokens_.readiness().body.find("not tried again"), std::string::npos);
  network_.kill();
  network_.change_pin("other-4711", NetworkToken::kPin);
  network_.start();
  EXPECT_EQ(tokens_.append_status("meanwhile"), 503);
  EXPECT_EQ(network_.logins(), before + 1) << "nobody has said so yet";
  static_cast<void>(tokens_.varve().stop());
  EXPECT_NE(tokens_.varve().start_in_vain().exit_code, 0) << "a restart says nothing";
  EXPECT_EQ(network_.logins(), before + 1);
  tokens_.varve().say_the_pin_is_right();
  tokens_.varve().start();
  EXPECT_TRUE(tokens_.takes("meanwhile"));
  EXPECT_EQ(tokens_.append_status("before"), 200);
}

}  // namespace
}  // namespace varve::system
