// A token of one kind takes over from another while senders append, and gives the log back: nobody
// is refused, nothing that was acknowledged is lost, and all of it verifies from the first key.
#include <gtest/gtest.h>

#include "tests/hsm/network_token.h"
#include "tests/hsm/nss_token.h"
#include "tests/hsm/tpm_token.h"
#include "two_tokens.h"

namespace varve::system {
namespace {

using varve::testing::NetworkToken;
using varve::testing::NssToken;
using varve::testing::TpmToken;

constexpr std::size_t kPromisesAStage = 15;

/// From SoftHSM, Ed25519, to the token at `other` and back, each time by way of an overlap.
void expect_replaced_and_back(const TokenPlace& other) {
  TwoTokens tokens(other, kPatienceMs);
  tokens.plan_overlap_with_other("other");
  tokens.plan_finish();
  tokens.plan_overlap_with_own("second");
  tokens.plan_finish();
  tokens.start();
  Senders senders(tokens.varve(), 3, "kinds");
  const auto& keys = tokens.known();
  const std::vector<std::vector<std::uint32_t>> stages{
      {keys[0].id}, {keys[0].id, keys[1].id}, {keys[1].id}, {keys[1].id, keys[2].id}, {keys[2].id}};
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    SCOPED_TRACE(stage);
    if (stage > 0) tokens.send_next();
    const std::size_t before = senders.promises();
    ASSERT_TRUE(wait_until([&] { return senders.promises() >= before + kPromisesAStage; }));
    EXPECT_EQ(tokens.signers(), stages[stage]);
  }
  senders.stop();
  EXPECT_TRUE(senders.refusals().empty()) << "one of them with " << senders.refusals().front();
  tokens.expect_kept(senders.all());
}

TEST(TokenKinds, NssReplacesSoftHsmUnderAppendsAndIsReplacedByIt) {
  const NssToken nss;
  nss.make_key("other");
  expect_replaced_and_back({NssToken::module(), NssToken::kUri, nss.pin_file(), "p256"});
}

TEST(TokenKinds, ANetworkTokenReplacesSoftHsmUnderAppendsAndIsReplacedByIt) {
  const NetworkToken network;
  expect_replaced_and_back({NetworkToken::kModule, NetworkToken::kUri, network.pin_file(), "p256"});
}

TEST(TokenKinds, ATpmReplacesSoftHsmUnderAppendsAndIsReplacedByIt) {
  const TpmToken tpm;
  tpm.make_key("other");
  expect_replaced_and_back({TpmToken::kModule, TpmToken::kUri, tpm.pin_file(), "p256"});
}

}  // namespace
}  // namespace varve::system
