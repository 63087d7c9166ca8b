// varve-audit reads: who read what, as the records of an audited log say, and nothing of a log that is not
// intact.
#include <gtest/gtest.h>

#include "fake_server.h"
#include "ledger/format/access.h"
#include "run_program.h"
#include "tests/verify/good_log.h"

namespace varve::audit {

using namespace verify;

namespace {

constexpr const char* kRoute = "/logs/{log}/events/{item}";
constexpr std::uint64_t kTimeUs = 1'795'256'120'000'000;

struct ReadsCommand : ::testing::Test {
  ReadsCommand() : log(good_log()) {
    add_access(
        {"ann", "jwt", "sha256:aa", "CN=ann", "https://idp", "t-1", "192.0.2.7"},
        {{"GET", kRoute, 200, 3, {{{1}, {2}}, {{5}, {5}}}}, {"GET", kRoute, 410, 1, {{{4}, {4}}}}});
    add_access({"bob", "token", "sha256:bb", "", "", "", "192.0.2.8"},
               {{"HEAD", kRoute, 404, 1, {{{70}, {70}}}}});
    log.own_batch(format::Kind::kRefusal,
                  format::refusals_text({log.origin,
                                         kTimeUs,
                                         kTimeUs + 1'000'000,
                                         {{{"no-credential", "GET", kRoute, "192.0.2.9", ""}, 40},
                                          {{"not-allowed", "GET", kRoute, "192.0.2.8", "bob"}, 1}},
                                         2}));
    log.own_batch(format::Kind::kLoss,
                  format::loss_text({log.origin, kTimeUs + 5'000'000, kTimeUs + 9'000'000}));
    server.serve(log);
  }
  void add_access(const format::Reader& reader, const std::vector<format::Reading>& readings) {
    log.own_batch(format::Kind::kAccess,
                  format::access_text({log.origin, reader, kTimeUs, kTimeUs, readings}));
  }
  [[nodiscard]] Ran ask(const std::string& more = "", const std::string& before = "") const {
    return run(before + "reads " + server.url() + " --vkey " +
               format::format_vkey(log.first.verifier) + more);
  }
  static bool tells(const Ran& ran, const std::string& of) {
    return ran.text.find(of) != std::string::npos;
  }

  LogBuilder log;
  FakeServer server;
  const std::string ann =
      "ann (jwt, CN=ann of https://idp, number t-1) at 192.0.2.7, "
      "2026-11-21T10:15:20Z\n"
      "  read 1-2, 5, by 3 requests GET /logs/{log}/events/{item}\n"
      "  asked for, and its key is destroyed: 4, by 1 request GET ";
  const std::string bob = "bob (token) at 192.0.2.8, ";
  const std::string refused =
      "refused, 2026-11-21T10:15:20Z to 2026-11-21T10:15:21Z\n"
      "  40 requests of nobody that is known at 192.0.2.9, no-credential: ";
  const std::string loss = "who read events from 2026-11-21T10:15:25Z on may be missing";
};

TEST_F(ReadsCommand, ListsWhoReadWhatWhoWasRefusedAndWhatMayBeMissing) {
  const Ran ran = ask();
  const std::string place = "\nrecord " + std::to_string(good_log().records.size()) + ": ";
  expect(ran, 0, place + ann);
  for (const std::string& each : {bob, refused, loss}) EXPECT_TRUE(tells(ran, each)) << ran.text;
  expect(ran, 0, "asked for, and not there: 70, by 1 request HEAD");
  expect(ran, 0, "\n  2 requests more, of others\n");
}

TEST_F(ReadsCommand, IsJsonToo) {
  const Ran json = ask("", "--json ");
  expect(
      json, 0,
      R"("client":"ann","proof":"jwt","credential":"sha256:aa","subject":"CN=ann",)"
      R"("issuer":"https://idp","token_id":"t-1","address":"192.0.2.7","first_us":1795256120000000)");
  expect(json, 0, R"("status":200,"requests":3,"records":[[1,2],[5,5]]})");
  expect(json, 0, R"({"requests":1,"reason":"not-allowed","method":"GET",)");
  expect(json, 0, R"("more":2}],"losses":[{"record":)");
}

TEST_F(ReadsCommand, SaysWhoAskedForOneRecord) {
  const Ran ran = ask(" --index 5");
  EXPECT_TRUE(tells(ran, ann) && !tells(ran, bob) && !tells(ran, refused) && tells(ran, loss))
      << ran.text;
  EXPECT_FALSE(tells(ask(" --index 3"), "ann"));
  EXPECT_TRUE(tells(ask(" --index 4"), "ann"));
}

TEST_F(ReadsCommand, SaysWhatOneClientDid) {
  const Ran ran = ask(" --client bob");
  EXPECT_TRUE(!tells(ran, ann) && tells(ran, bob) && tells(ran, refused)) << ran.text;
  EXPECT_FALSE(tells(ask(" --client ann"), "refused"));
}

TEST_F(ReadsCommand, SaysThatNothingIsOnRecord) {
  server.serve(good_log());
  log = good_log();
  expect(ask(), 0, "\nno record says that anybody read it so");
}

TEST_F(ReadsCommand, SaysNothingOfALogThatIsNotIntact) {
  log.own_batch(format::Kind::kAccess, "varve access v1\n");
  server.serve(log);
  const Ran ran = ask();
  expect(ran, 13, "corrupt: ");
  EXPECT_FALSE(tells(ran, ann));
}

TEST_F(ReadsCommand, IsCountedByACheck) {
  const std::string check =
      "check " + server.url() + " --vkey " + format::format_vkey(log.first.verifier);
  expect(
      run(check), 0,
      "\n2 records say who read events, 1 who was refused, and 1 that some of that may be missing");
  expect(run("--json " + check), 0, R"("access_records":2,"refusal_records":1,"loss_records":1)");
}

TEST_F(ReadsCommand, IsWhatAnEventOfThatKindIsExplainedAs) {
  const std::string place = std::to_string(good_log().records.size());
  expect(run("event " + server.url() + " " + place + " --explain --vkey " +
             format::format_vkey(log.first.verifier)),
         0, "\n" + ann);
}

}  // namespace
}  // namespace varve::audit
