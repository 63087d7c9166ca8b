// What the server says of witnesses: the checkpoint that they cosigned, /readyz and /metrics.
#include "api/access/witnessed.h"

#include <gtest/gtest.h>

#include "said_witnessed.h"
#include "site.h"

namespace varve::api {
namespace {

struct WitnessedOverHttp : ::testing::Test {
  SaidWitnessed said;
  Site site{{}, Level::kError, ReadAnswered::kBeforeItIsOnRecord, &said};

  [[nodiscard]] bool metrics_have(const std::string& line) {
    return body_of(site.get("/metrics")).find("\n" + line + "\n") != std::string::npos;
  }
};

constexpr const char* kPath = "/logs/open/checkpoint/witnessed";

TEST_F(WitnessedOverHttp, IsNotFoundForAReasonUntilThereIsOneOrWhereNobodyIsAsked) {
  const Response none = site.get(kPath);
  EXPECT_EQ(none.status, 404);
  EXPECT_NE(body_of(none).find("not enough witnesses have cosigned"), std::string::npos);
  const Response nobody = site.get("/logs/closed/checkpoint/witnessed", "read");
  EXPECT_EQ(nobody.status, 404);
  EXPECT_NE(body_of(nobody).find("no witness is asked"), std::string::npos);
  EXPECT_EQ(site.get("/logs/closed/checkpoint/witnessed").status, 401);
}

TEST_F(WitnessedOverHttp, IsTheNoteForEverybodyAndNoCacheKeepsIt) {
  said.note = std::make_shared<const std::string>("a note\n");
  const Response answer = site.get(kPath);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(body_of(answer), "a note\n");
  EXPECT_EQ(header_of(answer, "cache-control"), "public, no-cache");
  const std::string tag = header_of(answer, "etag");
  EXPECT_EQ(site.get(kPath, "", {{"if-none-match", tag}}).status, 304);
}

TEST_F(WitnessedOverHttp, LeavesTheLogReadyAndNamesWhoIsInTrouble) {
  EXPECT_EQ(body_of(site.get("/readyz")).find("witness"), std::string::npos);
  said.now.witnesses = {{"W1", TreeSize{3}, 7, 0, false, ""},
                        {"W2", TreeSize{2}, 6, 4, false, "it is asked too often (429)"},
                        {"W3", TreeSize{9}, 5, 5, true, "it has cosigned 9 records"}};
  said.now.trouble = "the file was changed";
  said.now.key_trouble = "the token is gone";
  const Response ready = site.get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_NE(body_of(ready).find(R"j("witnessed":"the file was changed",)j"
                                R"j("witness_key":"the token is gone","witnesses":[)j"
                                R"j({"name":"W2","trouble":"it is asked too often (429)"},)j"
                                R"j({"name":"W3","trouble":"it has cosigned 9 records",)j"
                                R"j("state":"witness_contradicts"}])j"),
            std::string::npos)
      << body_of(ready);
}

TEST_F(WitnessedOverHttp, IsCountedForEachWitnessOfEachLogThatAsks) {
  said.now = {TreeSize{2}, "", "", {{"W1", TreeSize{3}, 7, 4, true, "it lies"}}};
  for (const char* line :
       {R"(varve_log_witnessed_size{log="open"} 2)", R"(varve_log_witnessed_refused{log="open"} 0)",
        R"(varve_witness_size{log="open",witness="W1"} 3)",
        R"(varve_witness_cosigned_seconds{log="open",witness="W1"} 7)",
        R"(varve_witness_failures_total{log="open",witness="W1"} 4)",
        R"(varve_witness_contradicts{log="open",witness="W1"} 1)"})
    EXPECT_TRUE(metrics_have(line)) << line << body_of(site.get("/metrics"));
  EXPECT_EQ(body_of(site.get("/metrics")).find(R"(witnessed_size{log="closed"})"),
            std::string::npos);
  Site without;
  EXPECT_EQ(body_of(without.get("/metrics")).find("witness"), std::string::npos);
}

// Each witness would refuse the log once the only key that it knows has left.
TEST_F(WitnessedOverHttp, KeepsAKeyFromRetiringUntilThereIsAWitnessKeyAndNeverFromBeingRevoked) {
  const std::string& origin = site.world.options.origin;
  const testing::SoftKey second{origin};
  const testing::SoftKey third{origin};
  const testing::SoftKey named{origin};
  for (const auto* key : {&second, &third, &named}) site.world.signer.add(*key);
  const auto post = [&](const format::KeyEvent& event, std::vector<const testing::SoftKey*> by) {
    format::Note note{format::key_event_text(event), {}};
    for (const auto* key : by) note.signatures.push_back(key->note_signature(note.text));
    return site.post("/logs/open/keys", "text/plain", format::format_note(note), "operate");
  };
  const auto& first = site.world.first_key;
  const format::KeyEvent retire{format::KeyAction::kRetire, origin, second.key};
  ASSERT_EQ(post({format::KeyAction::kRotate, origin, second.key}, {&first, &second}).status, 201);
  ASSERT_EQ(post({format::KeyAction::kRotate, origin, third.key}, {&first, &third}).status, 201);
  const Response refused = post(retire, {&first});
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(body_of(refused).find("varve-keys witness-key"), std::string::npos);
  EXPECT_EQ(post({format::KeyAction::kRevoke, origin, third.key, TreeSize{1}}, {&first}).status,
            201);
  ASSERT_EQ(post({format::KeyAction::kWitnessKey, origin, named.key}, {&first, &named}).status,
            201);
  EXPECT_EQ(post(retire, {&first}).status, 201);
}

}  // namespace
}  // namespace varve::api
