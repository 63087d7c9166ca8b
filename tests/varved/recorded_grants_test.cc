// What a configuration grants, and the records that a log has of it.
#include "tools/varved/recorded_grants.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/log/world.h"

namespace varve::tools {
namespace {

const std::string kConfigured =
    "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n"
    "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n"
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n"
    "[[log]]\nname = \"b\"\norigin = \"example.org/b\"\nkey = \"pkcs11:object=b\"\npublic = false\n"
    "[[listener]]\nkind = \"relp\"\nlisten = \"127.0.0.1:1\"\nlog = \"a\"\nclient = \"devices\"\n"
    "[[issuer]]\nissuer = \"https://idp\"\naudience = [\"v\"]\nalgorithms = [\"ES256\"]\n"
    "keys = \"/k\"\nsmart_logs = [\"b\"]\n"
    "[[issuer.grant]]\nvalue = \"v r\"\nroles = [\"read\"]\nlogs = [\"*\"]\nsources = [\"w/1\"]\n";

std::vector<std::string> lines_on(const std::string& log) {
  const auto config = parse_config(kConfigured, "varved.toml");
  CHECK(config);
  const auto tokens = api::Tokens::parse(*api::token_line("t", "ann", "read,hold", "a") + "\n" +
                                         *api::token_line("u", "ann", "append", "a:w/1,b") +
                                         "\nward append b cert-dns:ward.example.org\n");
  CHECK(tokens);
  std::vector<std::string> out;
  for (const format::Grant& grant : configured_grants(*config, *tokens, log))
    out.push_back(format::grant_line(grant));
  std::ranges::sort(out);
  return out;
}

TEST(ConfiguredGrants, AreThoseOfTokensCertificatesIssuersListenersAndOpenReadsOnALog) {
  const std::vector<std::string> on_a = {"jwt read w/1 https://idp scope=v r\n",
                                         "listener append * devices\n",
                                         "open proofs * everyone\n",
                                         "token append w/1 ann\n",
                                         "token hold * ann\n",
                                         "token read * ann\n"};
  EXPECT_EQ(lines_on("a"), on_a);
  const std::vector<std::string> on_b = {
      "certificate append * ward\n", "jwt append * https://idp scopes of SMART\n",
      "jwt read * https://idp scopes of SMART\n", "jwt read w/1 https://idp scope=v r\n",
      "token append * ann\n"};
  EXPECT_EQ(lines_on("b"), on_b);
}

const format::Grant kAnn{"token", "read", "", "ann"};
const format::Grant kBob{"token", "read", "", "bob"};

/// Whether a record was appended. Errors: as Log::append_control.
Result<bool> record_on(varve::testing::World& world, const std::vector<format::Grant>& grants) {
  auto record = record_grants(*world.log, world.options.origin, grants);
  if (!record) return false;
  auto done = record->get();
  if (!done) return std::move(done).error();
  return true;
}

TEST(RecordedGrants, AreAppendedWhenTheyDifferAndKeptInAFile) {
  varve::testing::World world;
  ASSERT_TRUE(world.open());
  const auto record = [&world](const std::vector<format::Grant>& grants) {
    const auto done = record_on(world, grants);
    EXPECT_TRUE(done) << done.error().message;
    return done && *done;
  };
  EXPECT_FALSE(record({})) << "nothing was ever granted";
  ASSERT_TRUE(keep_grants(*world.log, world.directory));
  EXPECT_FALSE(*kept_grants(world.directory));
  EXPECT_TRUE(record({kAnn, kBob}));
  EXPECT_FALSE(record({kBob, kAnn, kAnn})) << "the same in another order";
  ASSERT_TRUE(world.reopen());
  EXPECT_FALSE(record({kAnn, kBob})) << "the same after a start";
  const std::uint64_t since_us = world.log->view().grants->grants.time_us;
  EXPECT_TRUE(record({kAnn}));
  EXPECT_EQ(world.log->view().grants->grants.grants[0].since_us, since_us);
  ASSERT_TRUE(keep_grants(*world.log, world.directory));
  EXPECT_EQ(**kept_grants(world.directory), world.log->view().grants->grants);
  EXPECT_TRUE(record({})) << "nothing is granted any more";
  std::ofstream(std::filesystem::path(world.directory) / "grants") << "x";
  EXPECT_NE(kept_grants(world.directory).error().message.find("grants"), std::string::npos);
}

// Two reloads in succession, the second of which takes back the first: what counted in between is on record.
TEST(RecordedGrants, OfAMomentAreOnRecordToo) {
  varve::testing::World world;
  ASSERT_TRUE(world.open());
  GrantsToRecord grants(*world.log, world.options.origin);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{2};
  grants.add({kAnn});
  EXPECT_TRUE(*grants.settle(deadline));
  const std::uint64_t first = world.log->view().grants->index.value;
  grants.add({kAnn, kBob});
  grants.start();
  grants.add({kAnn});
  EXPECT_FALSE(grants.settled());
  EXPECT_TRUE(*grants.settle(deadline));
  EXPECT_TRUE(grants.settled());
  EXPECT_EQ(world.log->view().grants->index.value, first + 2);
  EXPECT_EQ(world.log->view().grants->grants.grants.size(), 1U);
  EXPECT_FALSE(*grants.settle(deadline)) << "nothing is left";
}

// The token was away meanwhile.
TEST(RecordedGrants, ThatCouldNotBeRecordedComeOnceTheyCan) {
  varve::testing::World world;
  ASSERT_TRUE(world.open());
  GrantsToRecord grants(*world.log, world.options.origin);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{2};
  world.signer.down = true;
  grants.add({kAnn});
  EXPECT_FALSE(grants.settle(deadline));
  grants.add({kAnn, kBob});
  EXPECT_FALSE(grants.settle(deadline));
  EXPECT_FALSE(grants.settled());
  world.signer.down = false;
  while (!grants.settle(deadline) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_TRUE(grants.settled());
  EXPECT_TRUE(world.log->view().grants->grants.previous);
  EXPECT_EQ(world.log->view().grants->grants.grants.size(), 2U);
}

// The record is on the disk, and nobody knows: no signature, no answer.
TEST(RecordedGrants, AreThereOnceHoweverOftenTheTokenFailed) {
  for (const bool restarts : {false, true}) {
    varve::testing::World world;
    ASSERT_TRUE(world.open());
    world.signer.down = true;
    EXPECT_FALSE(record_on(world, {kAnn}));
    EXPECT_FALSE(record_on(world, {kAnn}));
    world.signer.down = false;
    if (restarts) {
      ASSERT_TRUE(world.reopen());
    }
    Result<bool> again = record_on(world, {kAnn});
    for (int tries = 0; !again && tries < 100; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
      again = record_on(world, {kAnn});
    }
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_FALSE(*again);
    EXPECT_EQ(world.log->view().grants->grants.previous, std::nullopt);
    EXPECT_EQ(world.size(), TreeSize{world.log->view().grants->index.value + 1});
  }
}

}  // namespace
}  // namespace varve::tools
