// What the server says of witnesses: the checkpoint that they cosigned, /readyz and /metrics.
#include "api/access/witnessed.h"

#include <gtest/gtest.h>

#include <deque>

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
  said.now.witnesses = {{"W1", TreeSize{3}, 7, 0, "", ""},
                        {"W2", TreeSize{2}, 6, 4, "", "it is asked too often (429)"},
                        {"W3", TreeSize{9}, 5, 5, "it has cosigned 9 records", ""}};
  said.now.trouble = "the file was changed";
  said.now.key_trouble = "the token is gone";
  said.now.record_trouble = "the disk is full";
  said.now.evidence_trouble = "R5";
  const Response ready = site.get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_NE(body_of(ready).find(R"j("witnessed":"the file was changed",)j"
                                R"j("witness_key":"the token is gone",)j"
                                R"j("witnessed_record":"the disk is full",)j"
                                R"j("cosigned_evidence":"R5","witnesses":[)j"
                                R"j({"name":"W2","trouble":"it is asked too often (429)"},)j"
                                R"j({"name":"W3","state":"witness_contradicts",)j"
                                R"j("alarm":"it has cosigned 9 records"}])j"),
            std::string::npos)
      << body_of(ready);
}

TEST_F(WitnessedOverHttp, IsCountedForEachWitnessOfEachLogThatAsks) {
  said.now = {TreeSize{2}, "", "gone", {{"W1", TreeSize{3}, 7, 4, "it lies", ""}}, "full", "R5"};
  for (const char* line :
       {R"(varve_log_witnessed_size{log="open"} 2)", R"(varve_log_witnessed_refused{log="open"} 0)",
        R"(varve_log_witness_key_in_trouble{log="open"} 1)",
        R"(varve_log_witnessed_record_refused{log="open"} 1)",
        R"(varve_log_cosigned_evidence_refused{log="open"} 1)",
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

// Quotes and backslashes in a name end no label.
TEST_F(WitnessedOverHttp, SpellsANameWithQuotesSoThatAMetricsReaderReadsIt) {
  said.now.witnesses = {{R"(a"b\c)", TreeSize{3}, 7, 4, "", ""}};
  said.now.evidence_trouble = "R5";
  said.now.evidence_waits = true;
  EXPECT_TRUE(metrics_have(R"(varve_log_cosigned_evidence_refused{log="open"} 0)"));
  EXPECT_TRUE(metrics_have(R"(varve_witness_size{log="open",witness="a\"b\\c"} 3)"))
      << body_of(site.get("/metrics"));
}

// Each witness would refuse the log once the only key that it knows has left.
TEST_F(WitnessedOverHttp, LetsNoKeyRetireBeforeThereIsAWitnessKeyAndEveryStolenOrLostOneLeave) {
  const std::string& origin = site.world.options.origin;
  const auto& first = site.world.first_key;
  const auto post = [&](const format::KeyEvent& event, std::vector<const testing::SoftKey*> by) {
    format::Note note{format::key_event_text(event), {}};
    for (const auto* key : by) note.signatures.push_back(key->note_signature(note.text));
    return site.post("/logs/open/keys", "text/plain", format::format_note(note), "operate");
  };
  std::deque<testing::SoftKey> keys;
  for (int k = 0; k < 5; ++k) site.world.signer.add(keys.emplace_back(origin));
  for (const std::size_t k : {0u, 1u, 2u, 4u})
    ASSERT_EQ(post({format::KeyAction::kRotate, origin, keys[k].key}, {&first, &keys[k]}).status,
              201);
  const auto retire = [&](std::size_t k) {
    return post({format::KeyAction::kRetire, origin, keys[k].key}, {&first});
  };
  const Response refused = retire(0);
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(body_of(refused).find("varve-keys witness-key"), std::string::npos);
  site.log->pretended = site.world.log->status();
  site.log->pretended->state = LogState::kSignerDown;
  EXPECT_EQ(retire(0).status, 201);
  site.log->pretended.reset();
  ASSERT_EQ(site.world.log->status().state, LogState::kServing);
  site.world.signer.lose(keys[4]);  // and the log, which is at rest, does not know it yet
  EXPECT_EQ(retire(4).status, 201);
  EXPECT_EQ(site.post("/logs/open/events", "application/x-ndjson", "{}\n", "append").status, 201);
  EXPECT_EQ(post({format::KeyAction::kRevoke, origin, keys[1].key, TreeSize{1}}, {&first}).status,
            201);
  EXPECT_EQ(retire(2).status, 422);
  ASSERT_EQ(post({format::KeyAction::kWitnessKey, origin, keys[3].key}, {&first, &keys[3]}).status,
            201);
  EXPECT_EQ(retire(2).status, 201);
}

}  // namespace
}  // namespace varve::api
