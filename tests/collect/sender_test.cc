// Sending against a log that loses replies, refuses and lies. Whatever it does, a batch leaves the
// spool only for a receipt that holds, and always with the same bytes.
#include "sender_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "ledger/env/durable.h"
#include "tests/env/failing_disk.h"

namespace varve::collect {
namespace {

constexpr std::size_t kMost = 1u << 20;

class Sending : public SenderTest {};

TEST_F(Sending, StoresAReceiptThatHoldsForEveryBatch) {
  spool_events(0, 9);
  ASSERT_TRUE(send());
  expect_sent(9);
  EXPECT_EQ(count_.events, 9u);
  EXPECT_EQ(log_.posts(), 5u);
}

// What is on disk is good; that it cannot be read says nothing of a receipt.
TEST_F(Sending, CallsNoReceiptDamagedThatCannotBeRead) {
  spool_events(0, 9);
  ASSERT_TRUE(send());
  const env::TemporaryDirectory directory;
  const auto real = env::open_posix(directory.path()).value();
  ASSERT_TRUE(real->make_directory(kReceiptsDirectory));
  std::vector<std::string> paths;
  const auto names = files_.list(kReceiptsDirectory);
  ASSERT_TRUE(names);
  for (const std::string& name : *names)
    paths.push_back(std::string(kReceiptsDirectory) + "/" + name);
  for (const std::string& path : paths)
    ASSERT_TRUE(env::write_durably(*real, path, *env::read_whole(files_, path, kMost)));
  env::FailingDisk disk(env::open_posix(directory.path()).value());
  for (env::Calls* const calls : {&disk.calls, &disk.reads})
    for (std::uint64_t at = 1, failed = 1; failed != 0; ++at) {
      SCOPED_TRACE(at);
      calls->fail(at, true);
      const auto checked = verify_offline(disk);
      failed = calls->made() >= at ? 1 : 0;
      calls->fail(0, false);
      EXPECT_EQ(checked.has_value(), failed == 0);
      if (!checked) {
        EXPECT_EQ(checked.error().code, Code::kIo) << checked.error().message;
      }
    }
}

TEST_F(Sending, TakesALostReplyForALostReplyAndGetsTheReceiptOnTheSecondAsking) {
  spool_events(0, 4);
  log_.next({Trick::Kind::kLoseReply, 0, "", "", {}});
  log_.next({Trick::Kind::kLoseReply, 0, "", "", {}});
  ASSERT_TRUE(send());
  expect_sent(4);
  EXPECT_EQ(count_.retries, 2u);
}

TEST_F(Sending, RepeatsWhatTheLogCannotTakeNow) {
  spool_events(0, 2);
  for (const int status : {429, 500, 502, 503, 507})
    log_.next({Trick::Kind::kRefuse, status, R"({"detail":"later"})", "", {}});
  ASSERT_TRUE(send());
  expect_sent(2);
  EXPECT_EQ(log_.posts(), 6u);
}

TEST_F(Sending, StopsAtWhatRepeatingCannotHelpAndDropsNothing) {
  const std::pair<int, Code> table[] = {
      {400, Code::kInvalid}, {401, Code::kInvalid}, {403, Code::kInvalid}, {404, Code::kNotFound},
      {409, Code::kWorm},    {413, Code::kInvalid}, {415, Code::kInvalid}, {422, Code::kInvalid}};
  spool_events(0, 2);
  for (const auto& [status, code] : table) {
    SCOPED_TRACE(status);
    log_.next({Trick::Kind::kRefuse, status, R"({"detail":"never"})", "", {}});
    const Result<void> sent = send();
    expect_stopped(sent, code);
    EXPECT_NE(sent.error().message.find("never"), std::string::npos);
    EXPECT_NE(sent.error().message.find("batch 0"), std::string::npos);
  }
  ASSERT_TRUE(send());
  expect_sent(2);
}

TEST_F(Sending, GivesUpWhenItsPatienceEndsAndGoesOnNextTime) {
  spool_events(0, 2);
  for (int i = 0; i < 20; ++i) log_.next({Trick::Kind::kRefuse, 503, "", "1", {}});
  expect_stopped(send(500), Code::kBusy);
}

TEST_F(Sending, WalksToANewKeyThatAloneSignsTheReceipt) {
  spool_events(0, 2);
  ASSERT_TRUE(send());
  log_.rotate(true);
  spool_events(2, 4);
  log_.rotate(true);
  spool_events(4, 6);
  ASSERT_TRUE(send());
  expect_sent(6);
}

TEST_F(Sending, RefusesEveryReceiptThatDoesNotHoldAndKeepsItAsEvidence) {
  const std::function<void(format::Receipt&)> lies[] = {
      [](format::Receipt& r) { r.first_index.value += 1; },
      [](format::Receipt& r) { r.count += 1; },
      [](format::Receipt& r) { r.tree_size.value += 1; },
      [](format::Receipt& r) { r.root.bytes[0] ^= std::byte{1}; },
      [](format::Receipt& r) { r.range_proof.pop_back(); },
      [](format::Receipt& r) { r.checkpoint.replace(0, 5, "other"); },
      [](format::Receipt& r) { r.checkpoint[r.checkpoint.size() - 20] ^= 1; }};
  for (std::size_t i = 0; i < std::size(lies); ++i) {
    SCOPED_TRACE(i);
    FakeLog& log = log_;
    const int first = static_cast<int>(process_->spool().chain().next_event);
    spool_events(first, first + 2);
    log.next({Trick::Kind::kChangeReceipt, 0, "", "", lies[i]});
    expect_stopped(send(), Code::kCorrupt);
    const std::uint64_t batch = process_->spool().first_pending()->sequence;
    EXPECT_TRUE(disk_.names().contains(receipt_path(batch) + ".refused"));
    EXPECT_FALSE(disk_.names().contains(receipt_path(batch)));
    ASSERT_TRUE(process_->spool().acknowledged(batch));  // so that the next lie has its turn
  }
}

// What is no receipt says nothing of the log: a proxy may have given it.
TEST_F(Sending, TakesWhatIsNoReceiptForNoAnswer) {
  int events = 0;
  for (const std::string body : {"", "<html>sign in here</html>", "{}", R"({"first_index":0})",
                                 R"({"checkpoint":"x"})", R"({"first_index":0,"checkpoint")"}) {
    SCOPED_TRACE(body);
    log_.next({Trick::Kind::kRefuse, events == 0 ? 200 : 201, body, "", {}});
    spool_events(events, events + 2);
    events += 2;
    ASSERT_TRUE(send());
    EXPECT_EQ(log_.tricks_left(), 0u);
  }
  expect_sent(events);
  for (const auto& entry : disk_.names())
    EXPECT_FALSE(entry.first.ends_with(".refused")) << entry.first;
}

TEST_F(Sending, SendsAgainWhatARestoredLogHasForgottenWhenItWasKept) {
  start({1u << 30, 0, true});
  spool_events(0, 6);
  ASSERT_TRUE(send());
  log_.set_back_to(1);
  spool_events(6, 8);
  ASSERT_TRUE(send());
  EXPECT_EQ(log_.payloads(), event_texts(0, 8));
}

// A log that was restored asks once. One that asks again and again is not asked without a pause.
TEST_F(Sending, PausesBeforeItSendsTheSameAgainASecondTime) {
  const Trick forgets{Trick::Kind::kForget, 0, "", "", {}};
  start({1u << 30, 0, true});
  spool_events(0, 2);
  ASSERT_TRUE(send());
  log_.set_back_to(0);
  for (int post = 0; post < 5; ++post) log_.next(forgets);  // batch 1, 0, 1, 0, 1
  spool_events(2, 4);
  ASSERT_TRUE(send());
  EXPECT_EQ(count_.retries, 2u);
  expect_sent(4);
  log_.set_back_to(1);
  for (int post = 0; post < 300; ++post) log_.next(forgets);
  spool_events(4, 6);
  expect_stopped(send(500), Code::kBusy);
}

// What is no answer of the log's says nothing of the batch.
TEST_F(Sending, RepeatsAfterAConflictThatAProxySpeaksOf) {
  spool_events(0, 2);
  for (const char* page : {"<html>409 Conflict</html>", ""})
    log_.next({Trick::Kind::kRefuse, 409, page, "", {}});
  ASSERT_TRUE(send());
  expect_sent(2);
  EXPECT_EQ(count_.retries, 2u);
}

TEST_F(Sending, SaysThatTheLogLostWhatItAcknowledgedWhenItIsNotHereAnyMore) {
  spool_events(0, 6);
  ASSERT_TRUE(send());
  log_.set_back_to(1);
  spool_events(6, 8);
  expect_stopped(send(), Code::kCorrupt);
}

TEST_F(Sending, GoesOnOnceARefusedCredentialIsMendedInItsFile) {
  const env::TemporaryDirectory directory;
  http_.token_file = directory.path() + "/token";
  const auto give = [&](const std::string& token) {
    std::ofstream(http_.token_file) << token << "\n";
    std::filesystem::permissions(http_.token_file, std::filesystem::perms(0600));
  };
  waits_to_be_mended_ = true;
  log_.demand("new");
  give("old");
  spool_events(0, 4);
  when_said_ = [&] {
    EXPECT_TRUE(was_said("sending pauses until this is mended"));
    std::filesystem::remove(http_.token_file);  // that it is missing for a moment is no end either
    when_said_ = [&] { give("new"); };
    give("new");
  };
  ASSERT_TRUE(send(0));
  expect_sent(4);
  EXPECT_TRUE(was_said("sending goes on"));
}

TEST_F(Sending, WaitsForWhateverCanBeMendedAndStopsAtWhatCannot) {
  waits_to_be_mended_ = true;
  spool_events(0, 2);
  for (const int status : {401, 404, 422})
    log_.next({Trick::Kind::kRefuse, status, R"({"detail":"mend it"})", "", {}});
  log_.next({Trick::Kind::kRefuse, 409, R"({"detail":"never"})", "", {}});
  expect_stopped(send(0), Code::kWorm);
  EXPECT_EQ(std::ranges::count_if(said_,
                                  [](const std::string& line) {
                                    return line.find("sending pauses") != std::string::npos;
                                  }),
            1);
  http_.token_file = "/nonexistent/token";
  when_said_ = [&] { http_.token_file.clear(); };
  ASSERT_TRUE(send(0));
  expect_sent(2);
}

TEST_F(Sending, StopsWhenAnotherCopyOfTheDirectorySentMore) {
  spool_events(0, 2);
  log_.next({Trick::Kind::kRefuse, 409, R"({"detail":"gap","expected_sequence":7})", "", {}});
  expect_stopped(send(), Code::kWorm);
}

}  // namespace
}  // namespace varve::collect
