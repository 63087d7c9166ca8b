// What an acknowledgement promises, and what is refused: the real log on a real disk.
#include <gtest/gtest.h>

#include <thread>

#include "ledger/state/sealing.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::Source;
using testing::World;

/// A receipt that a stranger with nothing but the first key accepts.
void expect_proven(World& world, const Appended& appended, const std::vector<Hash>& leaves) {
  const auto receipt = world.log->receipt(appended);
  ASSERT_TRUE(receipt) << receipt.error().message;
  const auto parsed = format::parse_receipt(format::format_receipt(*receipt));
  ASSERT_TRUE(parsed);
  const auto keys = world.log->view().keys->history.all();
  const auto ok = format::verify_receipt(*parsed, world.options.origin, keys, leaves);
  EXPECT_TRUE(ok) << ok.error().message;
}

std::vector<Hash> leaves_of(const Buffer& batch) {
  return format::decode_batch(batch)->leaves;
}

TEST(SealedBatch, IsAcknowledgedWithAReceiptThatVerifies) {
  World world;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  for (const std::size_t count : {1u, 2u, 7u, 300u}) {
    const Buffer batch = source.seal(events(count));
    const auto appended = world.append(batch);
    ASSERT_TRUE(appended) << appended.error().message;
    EXPECT_EQ(appended->count, count + 1);
    EXPECT_FALSE(appended->repeated);
    expect_proven(world, *appended, leaves_of(batch));
  }
}

// Five batches of 4 MB are three frames. The repetition finds its first in an earlier frame.
TEST(SealedBatch, AllThatWaitedForTheTokenAreCommittedTogetherHoweverManyFramesTheyNeed) {
  World world;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  std::vector<Buffer> batches;
  for (int k = 0; k < 6; ++k)
    batches.push_back(source.seal(std::vector(k == 0 ? 1u : 80u, std::string(50'000, 'x'))));
  batches.push_back(batches[1]);
  std::vector<std::promise<Result<Appended>>> promises(batches.size());
  const auto send = [&](std::size_t k) {
    AppendDone done = [&promises, k](auto result) { promises[k].set_value(std::move(result)); };
    world.log->append(*format::decode_batch(Buffer(batches[k])), std::move(done));
  };
  const int asked = world.signer.asked;
  {
    const std::lock_guard token_takes_its_time(world.signer.pause);
    send(0);
    while (world.signer.asked == asked) std::this_thread::yield();
    for (std::size_t k = 1; k < batches.size(); ++k) send(k);
    while (world.log->status().records < 2 + 2 + 5 * 81) std::this_thread::yield();
  }
  for (std::size_t k = 0; k < batches.size(); ++k) {
    const auto appended = promises[k].get_future().get();
    ASSERT_TRUE(appended) << appended.error().message;
    expect_proven(world, *appended, leaves_of(batches[k]));
    EXPECT_EQ(appended->repeated, k == 6);
  }
  EXPECT_EQ(world.signer.asked, asked + 2);
}

TEST(SealedBatch, RepeatedGetsTheSameReceiptAlsoAfterARestart) {
  World world;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  const Buffer batch = source.seal(events(3));
  const auto first = world.append(batch);
  ASSERT_TRUE(first);
  const std::string receipt = format::format_receipt(*world.log->receipt(*first));
  ASSERT_TRUE(world.append(source.seal(events(2))));
  for (int round = 0; round < 2; ++round) {
    const auto again = world.append(batch);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->repeated);
    EXPECT_EQ(format::format_receipt(*world.log->receipt(*again)), receipt);
    ASSERT_TRUE(world.reopen());
  }
}

TEST(SealedBatch, WithATakenNumberAndAnotherContentIsRefusedForEver) {
  World world;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  Source twin = source;
  ASSERT_TRUE(world.append(source.seal(events(3))));
  const auto other = world.append(twin.seal(events(3, "other")));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kWorm);
}

TEST(SealedBatch, ThatCameTooEarlyIsRefusedAfterAMomentAndSaysWhatIsMissing) {
  World world;
  world.options.reorder_wait_ms = 20;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  const Buffer first = source.seal(events(1));
  const Buffer second = source.seal(events(1));
  const auto early = world.append(second);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::kOutOfOrder);
  EXPECT_EQ(world.log->source(source.id)->next_batch, 0u);
  EXPECT_TRUE(world.append(first));
  EXPECT_TRUE(world.append(second));
}

TEST(SealedBatch, ThatOvertookTheOneBeforeItIsHeldUntilThatArrives) {
  World world;
  world.options.reorder_wait_ms = 60'000;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  std::vector<Buffer> batches;
  for (int k = 0; k < 5; ++k) batches.push_back(source.seal(events(2)));
  std::vector<std::promise<Result<Appended>>> promises(5);
  for (std::size_t k = 5; k-- > 0;)
    world.log->append(*format::decode_batch(batches[k]),
                      [&p = promises[k]](Result<Appended> done) { p.set_value(std::move(done)); });
  for (std::size_t k = 0; k < 5; ++k) {
    const auto done = promises[k].get_future().get();
    ASSERT_TRUE(done) << done.error().message;
    expect_proven(world, *done, leaves_of(batches[k]));
  }
}

TEST(SealedBatch, OfAnUnknownSourceOrWithAForgedSealIsRefused) {
  World world;
  ASSERT_TRUE(world.open());
  Source stranger("stranger", world.options.origin);
  EXPECT_EQ(world.append(stranger.seal(events(1))).error().code, Code::kNotFound);

  Source source = world.registered("ward-3");
  Source forger("ward-3", world.options.origin);  // same name, another key
  EXPECT_EQ(world.append(forger.seal(events(1))).error().code, Code::kInvalid);

  Source elsewhere("ward-3", "another.example.org/log");
  elsewhere.key = source.key;  // a batch for another log, replayed here
  EXPECT_EQ(world.append(elsewhere.seal(events(1))).error().code, Code::kInvalid);

  Source cut = source;
  cut.last_seal.bytes[0] = std::byte{1};  // does not continue the chain
  EXPECT_EQ(world.append(cut.seal(events(1))).error().code, Code::kInvalid);
  Source gap = source;
  gap.next_event = 5;  // hides five events
  EXPECT_EQ(world.append(gap.seal(events(1))).error().code, Code::kInvalid);
  EXPECT_TRUE(world.append(source.seal(events(1)))) << "a refusal leaves the chain where it was";
}

TEST(Events, AreSealedByTheServerAndTheClientCanComputeEachLeaf) {
  World world;
  ASSERT_TRUE(world.open());
  const auto payloads = events(5);
  const auto appended = world.append_events(payloads);
  ASSERT_TRUE(appended);
  const auto receipt = world.log->receipt(*appended);
  ASSERT_TRUE(receipt);
  ASSERT_EQ(receipt->record_headers.size(), payloads.size());
  std::vector<Hash> leaves;
  for (std::size_t k = 0; k < payloads.size(); ++k) {
    Buffer record = receipt->record_headers[k];
    append(record, bytes_of(payloads[k]));
    leaves.push_back(merkle::leaf_hash(record));
  }
  expect_proven(world, *appended, leaves);
}

TEST(Events, WithAnIdempotencyKeyAreAppendedOnceAlsoAfterARestart) {
  World world;
  ASSERT_TRUE(world.open());
  const auto first = world.append_events(events(3), "key-1");
  ASSERT_TRUE(first);
  const std::string receipt = format::format_receipt(*world.log->receipt(*first));
  for (int round = 0; round < 2; ++round) {
    const auto again = world.append_events(events(3), "key-1");
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->repeated);
    EXPECT_EQ(format::format_receipt(*world.log->receipt(*again)), receipt);
    EXPECT_EQ(world.append_events(events(3, "other"), "key-1").error().code, Code::kWorm);
    ASSERT_TRUE(world.reopen());
  }
  EXPECT_FALSE(world.append_events(events(3), "key-2")->repeated);
  EXPECT_FALSE(world.append_events(events(3))->repeated) << "without a key each request is new";
}

TEST(Events, OfOneRequestAreAllTakenOrAllRefused) {
  World world;
  ASSERT_TRUE(world.open());
  const TreeSize before = world.log->latest()->checkpoint.size;
  auto payloads = events(2);
  payloads.emplace_back(format::kRecordMax, 'x');
  EXPECT_EQ(world.append_events(payloads).error().code, Code::kInvalid);
  EXPECT_EQ(world.log->latest()->checkpoint.size, before);
  EXPECT_EQ(world.append_events({}).error().code, Code::kInvalid);
}

TEST(Signer, ThatIsGoneRefusesAppendsServesReadsAndComesBackByItself) {
  World world;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  const Buffer batch = source.seal(events(3));
  const TreeSize before = world.log->latest()->checkpoint.size;
  world.signer.down = true;
  EXPECT_EQ(world.append(batch).error().code, Code::kBusy);
  EXPECT_EQ(world.log->latest()->checkpoint.size, before) << "nothing unsigned is visible";
  EXPECT_TRUE(world.log->records(LeafIndex{0}, 1));
  EXPECT_EQ(world.append_events(events(1)).error().code, Code::kBusy);
  EXPECT_EQ(world.log->status().state, LogState::kSignerDown);
  EXPECT_GE(world.log->status().signature_failures, 1U);
  world.signer.down = false;
  Result<Appended> again = world.append(batch);
  while (!again) again = world.append(batch);
  EXPECT_TRUE(again->repeated) << "it was durable, the next checkpoint adopted it";
  expect_proven(world, *again, leaves_of(batch));
  EXPECT_EQ(world.log->status().state, LogState::kServing);
}

TEST(Signer, WhoseSignatureDoesNotVerifyIsNotBelieved) {
  World world;
  ASSERT_TRUE(world.open());
  const TreeSize before = world.log->latest()->checkpoint.size;
  world.signer.lies = true;
  EXPECT_EQ(world.append_events(events(1)).error().code, Code::kBusy);
  EXPECT_EQ(world.log->latest()->checkpoint.size, before);
}

TEST(KeyRotation, BothKeysSignDuringTheOverlapAndTheFirstKeyLeadsToTheLast) {
  World world;
  ASSERT_TRUE(world.open());
  const testing::SoftKey second(world.options.origin);
  world.signer.add(second);
  ASSERT_TRUE(world.append_control(format::Kind::kKeyEvent, world.rotation_to(second)));
  EXPECT_EQ(format::parse_note(world.log->latest()->note)->signatures.size(), 2u);
  const std::string retire = format::key_event_text(
      {format::KeyAction::kRetire, world.options.origin, world.first_key.key});
  ASSERT_TRUE(world.append_control(format::Kind::kKeyEvent,
                                   format::format_note({retire, {second.note_signature(retire)}})));
  ASSERT_TRUE(world.append_events(events(1)));
  EXPECT_EQ(format::parse_note(world.log->latest()->note)->signatures.size(), 1u);
  for (int round = 0; round < 2; ++round) {
    auto history = rules::KeyHistory::trusting(world.options.origin, world.first_key.key);
    for (const LeafIndex i : world.log->view().keys->events) {
      const Buffer record = (*world.log->records(i, 1))[0];
      ASSERT_TRUE(history.apply(text_of(format::decode_record(record)->payload)));
    }
    EXPECT_TRUE(
        format::open_checkpoint(world.log->latest()->note, world.options.origin, history.active()));
    ASSERT_TRUE(world.reopen());
  }
}

TEST(Segments, ThatAreNotImmutableAreCountedAndToldOfOnce) {
  World world;
  const auto hashes = *store::HashFiles::open(*world.files);
  state::Storage storage(*world.files, {}, {}, {}, {*world.files, *hashes, {}, 0});
  std::vector<std::string> told;
  world.notice = [&](std::string_view event, const std::string&) { told.emplace_back(event); };
  for (const bool immutable : {true, false, false, true, false})
    state::note_sealed(storage, world.environment(), immutable);
  EXPECT_EQ(storage.mutable_segments, 3U);
  EXPECT_EQ(told, std::vector<std::string>{"segment_not_immutable"});
}

TEST(Reads, FindEveryRecordByIndexAndByLeafHashInOpenAndSealedSegments) {
  World world;
  world.options.segment_bytes_max = 4'096;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  for (std::size_t k = 0; k < 40; ++k) ASSERT_TRUE(world.append(source.seal(events(10))));
  EXPECT_GT(world.log->status().segments, 3u);
  const std::uint64_t size = world.log->latest()->checkpoint.size.value;
  for (std::uint64_t i = 0; i < size; ++i) {
    const auto record = world.log->records(LeafIndex{i}, 1);
    ASSERT_TRUE(record) << record.error().message;
    const Hash leaf = merkle::leaf_hash((*record)[0]);
    EXPECT_EQ(*world.log->node({0, i}), leaf);
    const auto found = world.log->find_leaf(leaf);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->value, i);
  }
  EXPECT_EQ(world.log->find_leaf(Hash{}).error().code, Code::kNotFound);
  EXPECT_EQ(world.log->records(LeafIndex{size}, 1).error().code, Code::kNotFound);
}

// A group of the smallest events, as many as the queue lets in: as records they are a hundred times
// as large, and still fit into frames.
TEST(Events, ThatAreTinyAndManyFitIntoFrames) {
  World world;
  world.options.queue_bytes_max = std::uint64_t{1} << 40;
  ASSERT_TRUE(world.open());
  constexpr std::size_t kRequests = 60;
  std::vector<std::promise<Result<Appended>>> promises(kRequests);
  for (auto& promise : promises) {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, "tester"};
    request.body = Buffer(format::kBatchRecordsMax, std::byte{'1'});
    for (std::size_t k = 0; k < request.body.size(); ++k)
      request.events.push_back({"text/plain", Bytes{request.body}.subspan(k, 1), 0});
    world.log->append(std::move(request),
                      [&promise](Result<Appended> done) { promise.set_value(std::move(done)); });
  }
  for (auto& promise : promises) EXPECT_TRUE(promise.get_future().get());
}

TEST(Segments, AreSealedOnTimeAlsoWhenAppendsNeverPause) {
  World world;
  world.options.segment_bytes_max = 2'048;
  ASSERT_TRUE(world.open());
  std::atomic<int> done = 0;
  for (int k = 0; k < 2'000; ++k) {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, "tester"};
    request.body = Buffer(300, std::byte{'1'});
    request.events.push_back({"text/plain", request.body, 0});
    world.log->append(std::move(request), [&done](const Result<Appended>&) { ++done; });
    while (k - done > 16) std::this_thread::yield();
  }
  world.log->stop();
  EXPECT_EQ(done, 2'000);
  EXPECT_GT(world.log->status().segments, 10u);
}

TEST(OneLog, HasOneWriter) {
  World world;
  ASSERT_TRUE(world.open());
  const auto second = Log::open(world.options, world.environment());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kWorm);
}

// The reserve is for what an operator needs when the disk is full, and its last quarter for sealing.
TEST(Append, BelowTheReserveOnlyControlRecordsAreTakenAndBelowAQuarterOfItNothing) {
  World world;
  ASSERT_TRUE(world.open());
  Source source = world.registered("ward-3");
  const Buffer batch = source.seal(events(2));
  const std::uint64_t free = *world.files->free_bytes();
  world.options.reserve_bytes = free + (std::uint64_t{1} << 30);
  ASSERT_TRUE(world.reopen());
  EXPECT_EQ(world.append(batch).error().code, Code::kFull);
  EXPECT_EQ(world.append_events(events(1)).error().code, Code::kFull);
  const Source second("ward-4", world.options.origin);
  EXPECT_TRUE(world.append_control(format::Kind::kSourceEvent, second.register_note()));
  world.options.reserve_bytes = 8 * free;
  ASSERT_TRUE(world.reopen());
  const Source third("ward-5", world.options.origin);
  EXPECT_EQ(world.append_control(format::Kind::kSourceEvent, third.register_note()).error().code,
            Code::kFull);
  world.options.reserve_bytes = 0;
  ASSERT_TRUE(world.reopen());
  EXPECT_TRUE(world.append(batch));
}

}  // namespace
}  // namespace varve
