// COSE receipts: what they say, who signs them, how often the token is asked, and who waits for it. What is in their
// bytes, tests/system has another implementation say.
#include <gtest/gtest.h>

#include <thread>

#include "ledger/format/cose_receipt.h"
#include "ledger/merkle/proof.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

constexpr std::string_view kInclusion = "/logs/open/proof/inclusion?";
constexpr std::string_view kConsistency = "/logs/open/proof/consistency?";

class Cose : public ::testing::Test {
 protected:
  Response ask(std::string_view path, const std::string& query) {
    return site.get(std::string(path) + query, "", {{"accept", "application/cose"}});
  }
  Response ask_record(std::uint64_t index) {
    return ask(kInclusion, "index=" + std::to_string(index));
  }
  void next_second() { site.clock.steady += 1'000; }
  void append() {
    ASSERT_EQ(site.post("/logs/open/events", kNdjson, "{}\n", "append").status, 201);
  }
  [[nodiscard]] std::uint64_t size() const { return site.world.size().value; }
  /// The newest checkpoint's root as `key` signs it. Ed25519 signs one message in one way.
  [[nodiscard]] format::SignedRoot root_by(const testing::SoftKey& key) const {
    const format::Checkpoint tree = site.world.log->latest()->checkpoint;
    return *format::make_signed_root(tree, key.key,
                                     key.sign(format::cose_signed_bytes(key.key, tree)));
  }
  [[nodiscard]] std::string receipt_of(std::uint64_t index, const testing::SoftKey& key) const {
    const Log& log = *site.world.log;
    return std::string(text_of(format::inclusion_receipt(
        root_by(key), LeafIndex{index},
        *merkle::prove_inclusion(LeafIndex{index}, site.world.size(), log))));
  }
  int post_key(const format::KeyEvent& event, const std::vector<const testing::SoftKey*>& by) {
    format::Note note{format::key_event_text(event), {}};
    for (const auto* key : by) note.signatures.push_back(key->note_signature(note.text));
    return site.post("/logs/open/keys", "text/plain", format::format_note(note), "operate").status;
  }

  static constexpr const char* kNdjson = "application/x-ndjson";
  Site site;
  const testing::SoftKey& first = site.world.first_key;
};

TEST_F(Cose, ReceiptsAreOfTheNewestCheckpointAndSayWhatItsProofsSay) {
  append();
  for (std::uint64_t i = 0; i < size(); ++i) {
    const Response response = ask_record(i);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header_of(response, "content-type"), "application/cose; cose-type=\"cose-sign1\"");
    EXPECT_EQ(header_of(response, "vary"), "accept, authorization");
    EXPECT_EQ(body_of(response), receipt_of(i, first));
  }
  for (std::uint64_t m = 1; m < size(); ++m) {
    const Response response = ask(kConsistency, "from=" + std::to_string(m));
    EXPECT_EQ(response.status, 200);
    const auto proof = merkle::prove_consistency(TreeSize{m}, site.world.size(), *site.world.log);
    EXPECT_EQ(body_of(response),
              text_of(format::consistency_receipt(root_by(first), TreeSize{m}, *proof)));
  }
  EXPECT_EQ(site.log->roots_asked, 1) << "one signature serves them all";
}

TEST_F(Cose, WhatNoReceiptCanSayIsRefused) {
  append();
  const std::string size_text = std::to_string(size());
  EXPECT_EQ(ask(kInclusion, "index=0&size=1").status, 400);
  EXPECT_EQ(ask(kInclusion, "").status, 400);
  EXPECT_EQ(ask(kInclusion, "index=" + size_text).status, 404);
  EXPECT_EQ(ask(kInclusion, "index=18446744073709551615").status, 404);
  EXPECT_EQ(ask(kConsistency, "from=1&to=2").status, 400);
  EXPECT_EQ(ask(kConsistency, "").status, 400);
  EXPECT_EQ(ask(kConsistency, "from=18446744073709551615").status, 404);
  EXPECT_EQ(ask(kConsistency, "from=0").status, 404) << "a receipt has one hash or more";
  EXPECT_EQ(ask(kConsistency, "from=" + size_text).status, 404) << "the same";
  EXPECT_EQ(site.log->roots_asked, 0);
  EXPECT_EQ(site.get("/logs/open/proof/consistency?from=1&to=1").status, 200) << "without COSE";
}

TEST_F(Cose, TheTokenIsAskedOnceASecondAndNotForATreeThatItSigned) {
  append();
  const std::uint64_t old_size = size();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask_record(0).status, 200);
  append();
  EXPECT_EQ(ask_record(0).status, 200) << "of the tree that was signed";
  const Response later = ask_record(old_size);
  EXPECT_EQ(later.status, 503) << "which does not have this record";
  EXPECT_EQ(header_of(later, "retry-after"), "1");
  EXPECT_EQ(site.log->roots_asked, 1);
  next_second();
  EXPECT_EQ(ask_record(old_size).status, 200);
  EXPECT_EQ(site.log->roots_asked, 2);
  next_second();
  EXPECT_EQ(ask_record(0).status, 200);
  EXPECT_EQ(site.log->roots_asked, 2) << "it is the newest still";
}

// The tree that was signed is exactly the one that is asked about: there is a proof, a second from now.
TEST_F(Cose, ATreeThatHasJustGrownIsNoReasonToSayThatThereIsNoReceipt) {
  append();
  const std::uint64_t old_size = size();
  EXPECT_EQ(ask_record(0).status, 200);
  append();
  const std::string from = "from=" + std::to_string(old_size);
  EXPECT_EQ(ask(kConsistency, from).status, 503);
  EXPECT_EQ(site.get(std::string(kConsistency) + from + "&to=" + std::to_string(size())).status,
            200);
  next_second();
  EXPECT_EQ(ask(kConsistency, from).status, 200);
}

TEST_F(Cose, AStrangerIsNotToldWhatTheOperatorHasToMend) {
  append();
  site.world.signer.lose(first);
  const Response refused = ask_record(0);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(body_of(refused).find("token"), std::string::npos);
  next_second();
  EXPECT_EQ(ask_record(0).status, 503);
}

TEST_F(Cose, ATokenThatIsAwayIsAskedOnceASecondToo) {
  append();
  site.world.signer.down = true;
  for (int i = 0; i < 5; ++i) {
    const Response refused = ask_record(0);
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(header_of(refused, "retry-after"), "1");
  }
  EXPECT_EQ(site.log->roots_asked, 1);
  site.world.signer.down = false;
  next_second();
  EXPECT_EQ(ask_record(0).status, 200);
}

TEST_F(Cose, ASignatureThatIsWrongReachesNobody) {
  append();
  site.world.signer.lies = true;
  EXPECT_EQ(ask_record(0).status, 503);
}

// Only who wants a receipt waits for the token, and on no worker.
TEST_F(Cose, NobodyElseWaitsForAToken) {
  append();
  std::vector<std::future<int>> waiting;
  {
    const std::lock_guard hangs(site.world.signer.pause);
    const int asked = site.world.signer.asked;
    for (int i = 0; i < 32; ++i)  // as many as may wait, and more than there are workers
      waiting.push_back(std::async(std::launch::async, [this] { return ask_record(0).status; }));
    while (site.world.signer.asked == asked) std::this_thread::yield();
    EXPECT_EQ(site.get("/readyz").status, 200) << "takes a worker";
    EXPECT_EQ(site.get("/logs/open/proof/inclusion?index=0").status, 200);
  }
  for (auto& one : waiting) EXPECT_EQ(one.get(), 200);
  EXPECT_EQ(site.log->roots_asked, 1);
}

TEST_F(Cose, NoKeySignsATreeOfBeforeItJoinedOrAfterItLeft) {
  append();
  const testing::SoftKey next{site.world.options.origin};
  site.world.signer.add(next);
  EXPECT_EQ(body_of(ask_record(0)), receipt_of(0, first));
  ASSERT_EQ(
      post_key({format::KeyAction::kRotate, site.world.options.origin, next.key}, {&first, &next}),
      201);
  next_second();
  EXPECT_EQ(body_of(ask_record(0)), receipt_of(0, first)) << "the older of two";
  ASSERT_EQ(post_key({format::KeyAction::kRetire, site.world.options.origin, first.key}, {&next}),
            201);
  EXPECT_EQ(body_of(ask_record(0)), receipt_of(0, next)) << "within the second too";
}

TEST_F(Cose, TheKeySetHasTheKeysOfPublicLogsThatSignNow) {
  const auto keys = [this] {
    const Response response = site.get("/.well-known/scitt-keys");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header_of(response, "content-type"), "application/cbor");
    return body_of(response);
  };
  const auto set_of = [](const std::vector<format::VerifierKey>& all) {
    return std::string(text_of(format::cose_key_set(all)));
  };
  EXPECT_EQ(keys(), set_of({first.key}));
  const std::string& origin = site.world.options.origin;
  const testing::SoftKey next{origin};
  site.world.signer.add(next);
  ASSERT_EQ(post_key({format::KeyAction::kRotate, origin, next.key}, {&first, &next}), 201);
  EXPECT_EQ(keys(), set_of({first.key, next.key}));
  ASSERT_EQ(post_key({format::KeyAction::kRetire, origin, first.key}, {&next}), 201);
  EXPECT_EQ(keys(), set_of({next.key})) << "a thief of the other could sign any tree";
  const testing::SoftKey third{origin};
  site.world.signer.add(third);
  ASSERT_EQ(post_key({format::KeyAction::kRotate, origin, third.key}, {&next, &third}), 201);
  const TreeSize all{1'000'000};
  ASSERT_EQ(post_key({format::KeyAction::kRevoke, origin, next.key, all}, {&third}), 201);
  EXPECT_EQ(keys(), set_of({third.key})) << "whatever the size up to which it counts";
}

TEST_F(Cose, WhoWaitsAtTheEndIsToldToComeBack) {
  append();
  std::future<int> waits;
  std::future<void> stops;
  {
    const std::lock_guard hangs(site.world.signer.pause);
    const int asked = site.world.signer.asked;
    waits = std::async(std::launch::async, [this] { return ask_record(0).status; });
    while (site.world.signer.asked == asked) std::this_thread::yield();
    stops = std::async(std::launch::async, [this] { site.roots->stop(); });
  }
  EXPECT_EQ(waits.get(), 200) << "which was asked for before";
  stops.get();
  EXPECT_EQ(ask_record(size() - 1).status, 200) << "which the last signature covers";
  next_second();
  append();
  EXPECT_EQ(ask_record(0).status, 503);
}

}  // namespace
}  // namespace varve::api
