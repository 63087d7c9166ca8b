// That all receipts are of one history: as they come, against a log that signs another one, and
// offline, out of what is stored.
#include "ledger/verify/history.h"

#include <gtest/gtest.h>

#include "ledger/env/durable.h"
#include "sender_test.h"
#include "tests/merkle/memory_tree.h"

namespace varve::collect {
namespace {

class OneHistory : public SenderTest {};

// Every range in every tree, and every size: a root that is shown is the root, and it is shown
// wherever the tree of that size ends within the range or just before it.
TEST(ReceiptShows, TheRootOfEveryTreeThatEndsWithinItsLeaves) {
  constexpr std::uint64_t kLeaves = 20;
  const merkle::MemoryTree tree(kLeaves);
  std::uint64_t before_the_range = 0;
  for (std::uint64_t n = 1; n <= kLeaves; ++n)
    for (std::uint64_t first = 0; first < n; ++first)
      for (std::uint64_t count = 1; first + count <= n; ++count) {
        format::Receipt receipt;
        receipt.first_index = LeafIndex{first};
        receipt.count = count;
        receipt.tree_size = TreeSize{n};
        receipt.root = *merkle::tree_root(receipt.tree_size, tree);
        receipt.range_proof =
            *merkle::prove_range(receipt.first_index, count, receipt.tree_size, tree);
        const auto leaves = tree.first(first + count).subspan(first);
        for (std::uint64_t size = 0; size <= n; ++size) {
          SCOPED_TRACE(testing::Message()
                       << size << " of " << n << " by " << first << "+" << count);
          const std::optional<Hash> shown = verify::root_shown(receipt, leaves, TreeSize{size});
          if (shown) {
            ASSERT_EQ(*shown, *merkle::tree_root(TreeSize{size}, tree));
          }
          ASSERT_TRUE(shown || size < first || (size > first + count && size < n));
          before_the_range += shown && size > 0 && size < first ? 1 : 0;
        }
      }
  EXPECT_GT(before_the_range, 100u);
}

/// What is in receipts/ under this name.
#define EXPECT_KEPT(path) EXPECT_TRUE(disk_.names().contains(path)) << (path)

// With others' records in between or without: one request for each receipt that does not show by
// itself that it continues the one before it.
TEST_F(OneHistory, ProvesThatEveryReceiptContinuesTheOneBefore) {
  for (int round = 0; round < 12; ++round) {
    log_.grow(static_cast<std::uint64_t>(round % 4));
    spool_events(2 * round, 2 * round + 2);
    ASSERT_TRUE(send());
  }
  expect_sent(24);
  EXPECT_GT(log_.consistency_requests(), 3u);
  EXPECT_LT(log_.consistency_requests(), 10u);
}

TEST_F(OneHistory, StopsAtAHistoryThatExcludesTheOneItHoldsAndKeepsBoth) {
  for (const std::uint64_t others : {0u, 1u, 3u})
    for (const std::uint64_t forked : {0u, 1u, 2u, 3u}) {
      SCOPED_TRACE(testing::Message() << others << " others, forked at " << forked);
      const int first = static_cast<int>(process_->spool().chain().next_event);
      spool_events(first, first + 2);
      ASSERT_TRUE(send());
      log_.fork_at(forked);
      log_.grow(others);
      spool_events(first + 2, first + 4);
      const Result<void> sent = send();
      expect_stopped(sent, Code::kCorrupt);
      ASSERT_FALSE(sent);
      EXPECT_NE(sent.error().message.find("two histories"), std::string::npos)
          << sent.error().message;
      const std::uint64_t batch = process_->spool().first_pending()->sequence;
      EXPECT_KEPT(receipt_path(batch) + ".refused");
      EXPECT_KEPT(receipt_path(batch - 1));
      log_.fork_at(forked);  // back again
      ASSERT_TRUE(process_->spool().acknowledged(batch));
    }
}

TEST_F(OneHistory, StopsWhenTheTreeOrTheIndexesAreSmallerThanPromised) {
  spool_events(0, 2);
  ASSERT_TRUE(send());
  const auto held = newest_promise(files_, 1);
  ASSERT_TRUE(held && *held);
  const StoredReceipt stored = *load_receipt(files_, 0);
  format::Receipt lesser = stored.receipt;
  lesser.tree_size.value -= 1;
  EXPECT_EQ(verify::shows_one_history(**held, lesser, stored.leaves).error().code, Code::kCorrupt);
  format::Receipt same = stored.receipt;  // the same leaves, promised to another batch
  EXPECT_EQ(verify::shows_one_history(**held, same, stored.leaves).error().code, Code::kCorrupt);
  same.first_index = (*held)->end;
  EXPECT_TRUE(*verify::shows_one_history(**held, same, stored.leaves));
  same.root.bytes[0] ^= std::byte{1};
  EXPECT_EQ(verify::shows_one_history(**held, same, stored.leaves).error().code, Code::kCorrupt);
}

/// What may answer in the place of the log, with any status.
const std::vector<std::string>& odd_answers() {
  static const std::vector<std::string> odd = {"",
                                               "<html><body>404 page not found</body></html>",
                                               "{}",
                                               R"({"detail":"not now"})",
                                               R"({"from":1,"to":2,"proof":[]})",
                                               R"({"from":5,"to":9,"proof":[)",
                                               R"(["from","to","proof"])"};
  return odd;
}

// No proof is no receipt, and is tried again: only a false proof about these two trees is evidence.
TEST_F(OneHistory, AcceptsNothingWhileTheLogProvesNothing) {
  spool_events(0, 2);
  ASSERT_TRUE(send());
  log_.grow(5);
  spool_events(2, 4);
  for (const int status : {200, 204, 301, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503})
    for (const std::string& body : odd_answers()) {
      SCOPED_TRACE(testing::Message() << status << " " << body);
      log_.answer_consistency_with(status, body);
      expect_stopped(send(1), Code::kBusy);
      EXPECT_FALSE(disk_.names().contains(receipt_path(1)));
      EXPECT_FALSE(disk_.names().contains(receipt_path(1) + ".refused"));
      EXPECT_FALSE(disk_.names().contains(consistency_path(1) + ".refused"));
    }
  const std::uint64_t from = (*newest_promise(files_, 1))->size.value;
  int evidence = 0;
  for (std::uint64_t to = from; to < from + 20; ++to) {
    log_.answer_consistency_with(200, R"({"from":)" + std::to_string(from) + R"(,"to":)" +
                                          std::to_string(to) + R"(,"proof":[]})");
    const Result<void> sent = send(1);
    ASSERT_FALSE(sent);
    if (sent.error().code == Code::kCorrupt) ++evidence;
    EXPECT_FALSE(disk_.names().contains(receipt_path(1)));
  }
  EXPECT_EQ(evidence, 1);
  EXPECT_KEPT(receipt_path(1) + ".refused");
  EXPECT_KEPT(consistency_path(1) + ".refused");
  log_.answer_consistency_with(0, "");
  ASSERT_TRUE(send());
  expect_sent(4);
}

TEST_F(OneHistory, SaysThatItHoldsNothingWhenEveryReceiptWasTakenAway) {
  spool_events(0, 2);
  ASSERT_TRUE(send());
  const std::vector<std::string> names = *files_.list(kReceiptsDirectory);
  for (const std::string& name : names)
    ASSERT_TRUE(files_.remove(std::string(kReceiptsDirectory) + "/" + name));
  spool_events(2, 4);
  ASSERT_TRUE(send());
  EXPECT_TRUE(was_said("not compared with what it promised before"));
}

// Receipts from before a proof was kept with them, or of which some were archived.
TEST_F(OneHistory, ReceiptsSayWhichProofTheyLackAndTakeItFromTheLog) {
  for (int round = 0; round < 6; ++round) {
    log_.grow(3);
    spool_events(2 * round, 2 * round + 2);
    ASSERT_TRUE(send());
  }
  ASSERT_TRUE(files_.remove(consistency_path(2)));
  for (const char* ending : {".json", ".leaves", ".consistency"})
    ASSERT_TRUE(files_.remove("receipts/000000000004" + std::string(ending)));
  const auto checked = verify_offline();
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->unproven, (std::vector<std::uint64_t>{2, 5}));
  auto keys = LogKeys::load(files_, log_.first_key());
  auto http = client::HttpClient::open(*client::parse_url(log_.url()), {});
  const FetchProof ask = [&](const std::string& path) -> Result<std::string> {
    return http->get(path)->body;
  };
  for (const std::string& odd : odd_answers()) {
    const FetchProof from_a_proxy = [&](const std::string&) -> Result<std::string> { return odd; };
    const auto asked = verify_receipts(files_, *keys, from_a_proxy);
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, Code::kIo) << asked.error().message;
  }
  const auto fetched = verify_receipts(files_, *keys, ask);
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_TRUE(fetched->unproven.empty());
  EXPECT_TRUE(verify_offline()->unproven.empty());
}

// Each receipt holds by itself.
TEST_F(OneHistory, ReceiptsOfTwoHistoriesAreFoundOffline) {
  spool_events(0, 2);
  ASSERT_TRUE(send());
  log_.fork_at(1);
  spool_events(2, 4);
  expect_stopped(send(), Code::kCorrupt);
  const Buffer json = *env::read_whole(files_, receipt_path(1) + ".refused", 1u << 20);
  const auto batch = format::decode_batch(*process_->spool().batch(1));
  ASSERT_TRUE(store_receipt(files_, 1, text_of(json), batch->leaves, ""));
  const auto checked = verify_offline();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::kCorrupt);
  EXPECT_NE(checked.error().message.find("two histories"), std::string::npos);
}

}  // namespace
}  // namespace varve::collect
