// Who sent what: each client has a source of its own, from its first event on.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <map>
#include <thread>

#include "ledger/log/server_batch.h"
#include "ledger/read/reader.h"
#include "tests/log/stepped_log.h"

namespace varve {
namespace {

using format::Kind;
using format::SenderKind;
using testing::Source;
using testing::World;

SourceId id_of_sender(const format::Sender& sender) {
  return *format::source_id(format::source_name(sender));
}

/// Records of an open log, decoded; views into `bytes`.
struct Read {
  std::vector<Buffer> bytes;
  std::vector<format::Record> records;
};

Read read_from(const Log& log, std::uint64_t first) {
  Read read;
  const std::uint64_t end = log.latest()->checkpoint.size.value;
  while (first + read.bytes.size() < end) {
    auto more = log.records(LeafIndex{first + read.bytes.size()}, end);
    CHECK(more.has_value());
    std::ranges::move(*more, std::back_inserter(read.bytes));
  }
  for (const Buffer& bytes : read.bytes) read.records.push_back(*format::decode_record(bytes));
  return read;
}

std::vector<Kind> kinds_of(const Read& read) {
  std::vector<Kind> kinds;
  for (const format::Record& record : read.records) kinds.push_back(record.kind);
  return kinds;
}

/// Where the first append's records begin: behind the clock that comes before whatever else.
std::uint64_t first_append(World& world) {
  const auto done = world.append_events({"of the first"});
  CHECK(done.has_value());
  return world.size().value;
}

TEST(Sender, JoinsBeforeItsFirstEventAndNeverAgain) {
  World world;
  ASSERT_TRUE(world.open());
  const std::uint64_t begin = first_append(world);
  world.sender = "EHR@ward-7";
  ASSERT_TRUE(world.append_events({"one", "two"}));
  ASSERT_TRUE(world.append_events({"three"}));
  const Read read = read_from(*world.log, begin);
  EXPECT_EQ(kinds_of(read), (std::vector{Kind::kSender, Kind::kEvent, Kind::kEvent,
                                         Kind::kBatchSeal, Kind::kEvent, Kind::kBatchSeal}));
  EXPECT_EQ(text_of(read.records[0].payload),
            "varve sender v1\norigin " + world.options.origin + "\nclient EHR@ward-7\n");
  const SourceId id = id_of_sender({SenderKind::kClient, "EHR@ward-7"});
  for (const auto& [at, sequence] :
       std::vector<std::pair<int, std::uint64_t>>{{1, 0}, {2, 1}, {4, 2}}) {
    EXPECT_EQ(read.records[static_cast<std::size_t>(at)].source, id);
    EXPECT_EQ(read.records[static_cast<std::size_t>(at)].sequence, sequence);
  }
  const auto seal = format::decode_seal(read.bytes[5]);
  ASSERT_TRUE(seal);
  EXPECT_EQ(seal->runs, (std::vector<format::SealedRun>{{id, 2, 1}}));
}

TEST(Sender, KeepsItsNumbersOverStartsWithAndWithoutWhatIsDerived) {
  World world;
  ASSERT_TRUE(world.open());
  const SourceId id = id_of_sender({SenderKind::kClient, "tester"});
  std::uint64_t sent = 0;
  for (const bool derived_is_lost : {false, true}) {
    ASSERT_TRUE(world.append_events({"a", "b"}));
    sent += 2;
    const SourceState before = *world.log->source(id);
    world.log.reset();
    if (derived_is_lost)
      for (const char* derived : {"tree", "leaves", "appends", "catalogue"})
        std::filesystem::remove_all(world.directory + "/" + derived);
    ASSERT_TRUE(world.open());
    const SourceState after = *world.log->source(id);
    EXPECT_EQ(after.name, "client/tester");
    EXPECT_FALSE(after.key);
    EXPECT_EQ(after.next_event, sent);
    EXPECT_EQ(after.last_event, before.last_event);
    EXPECT_EQ(after.last_sealed_us, before.last_sealed_us);
    EXPECT_EQ(world.log->records(after.last_event, 1)->size(), 1u);
    EXPECT_EQ(format::decode_record(world.log->records(after.last_event, 1)->front())->source, id);
  }
}

TEST(Sender, AndAListenerOfTheSameNameAreTwo) {
  EXPECT_NE(id_of_sender({SenderKind::kClient, "relay"}),
            id_of_sender({SenderKind::kListener, "relay"}));
}

TEST(Sender, WithoutANameIsRefusedAndLeavesNothing) {
  World world;
  ASSERT_TRUE(world.open());
  const std::uint64_t begin = first_append(world);
  for (const std::string& name : {std::string(), std::string("a b"), std::string(128, 'a')}) {
    world.sender = name;
    const auto refused = world.append_events({"{}"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kInvalid);
  }
  EXPECT_EQ(world.size().value, begin);
}

TEST(Sender, WhoseEventFitsNoRecordJoinsNot) {
  World world;
  ASSERT_TRUE(world.open());
  const std::uint64_t begin = first_append(world);
  world.sender = "large";
  ASSERT_FALSE(world.append_events({"small", std::string(70'000, 'x')}));
  EXPECT_EQ(world.size().value, begin);
  EXPECT_FALSE(world.log->source(id_of_sender({SenderKind::kClient, "large"})));
}

TEST(Sender, HasAReceiptThatNamesIt) {
  World world;
  ASSERT_TRUE(world.open());
  const auto appended = world.append_events({"a"}, "key 1");
  ASSERT_TRUE(appended);
  const auto receipt = world.log->receipt(*appended);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->sender, "client/tester");
  const std::string text = format::format_receipt(*receipt);
  ASSERT_TRUE(world.reopen());
  const auto again = world.append_events({"a"}, "key 1");
  ASSERT_TRUE(again && again->repeated);
  EXPECT_EQ(format::format_receipt(*world.log->receipt(*again)), text);
}

TEST(Sender, HasANameThatNoRegistrationTakes) {
  World world;
  ASSERT_TRUE(world.open());
  for (const char* name : {"client/lab", "listener/relay"}) {
    Source thief(name, world.options.origin);
    const TreeSize before = world.size();
    const auto refused = world.append_control(Kind::kSourceEvent, thief.register_note());
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, Code::kInvalid);
    EXPECT_EQ(world.size(), before) << "nothing is written in front of what is refused";
  }
}

TEST(Sender, IsRegisteredByTheLogAlone) {
  World world;
  ASSERT_TRUE(world.open());
  const std::string text =
      format::sender_text({world.options.origin, {SenderKind::kClient, "lab"}});
  const auto refused = world.append_control(Kind::kSender, text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalid);
}

TEST(Sender, HasNoBatchesOfItsOwn) {
  World world;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events({"{}"}));
  Source thief("client/tester", world.options.origin);
  const auto refused = world.append(thief.seal({"{}"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kNotFound);
}

/// Signs where it is asked to.
class SignsAtOnce final : public log::BackgroundTask {
 public:
  void start(std::function<void()> job) override { job(); }
  [[nodiscard]] bool ended() override { return true; }
  void wait() override {}
};

class GroupOfSenders : public testing::SteppedLog<SignsAtOnce> {
 protected:
  GroupOfSenders() { recover(); }

  void send(const std::string& name, const std::string& payload) {
    EventRequest request;
    request.sender = {SenderKind::kClient, name};
    request.body = to_buffer(bytes_of(payload));
    request.events.push_back({"text/plain", request.body, 7});
    log::Item item{{}, {}, 0, {}, {}};
    item.what = std::move(request);
    item.done = [this](Result<Appended> done) {
      if (done)
        answered_.push_back(done->first);
      else
        refused_.push_back(done.error().code);
    };
    items_.push_back(std::move(item));
  }
  /// All that was sent, as one group.
  std::vector<Buffer> commit() {
    const std::uint64_t begin = storage_->latest() ? storage_->latest()->checkpoint.size.value : 0;
    sequencer_->step(std::exchange(items_, {}));
    while (answered_.empty()) sequencer_->step({});
    const std::uint64_t end = storage_->latest()->checkpoint.size.value;
    read::Reader reader(*storage_);
    std::vector<Buffer> records;
    while (begin + records.size() < end)
      std::ranges::move(*reader.records(LeafIndex{begin + records.size()}, end - begin),
                        std::back_inserter(records));
    return records;
  }

  std::vector<log::Item> items_;
  std::vector<LeafIndex> answered_;
  std::vector<Code> refused_;
};

TEST_F(GroupOfSenders, HasOneSealThatListsThemInOrderAndKeepsTheOrderOfEach) {
  send("b", "b0");
  send("a", "a0");
  send("b", "b1");
  send("a", "a1");
  const std::vector<Buffer> records = commit();
  std::vector<format::Seal> seals;
  std::map<SourceId, std::vector<std::string>> sent;
  for (const Buffer& bytes : records) {
    const format::Record record = *format::decode_record(bytes);
    if (record.kind == Kind::kEvent) {
      EXPECT_EQ(record.sequence, sent[record.source].size());
      sent[record.source].emplace_back(text_of(record.payload));
    }
    if (record.kind == Kind::kBatchSeal && record.source == format::kLogItself)
      seals.push_back(*format::decode_seal(bytes));
  }
  const SourceId a = id_of_sender({SenderKind::kClient, "a"});
  const SourceId b = id_of_sender({SenderKind::kClient, "b"});
  EXPECT_EQ(sent[a], (std::vector<std::string>{"a0", "a1"}));
  EXPECT_EQ(sent[b], (std::vector<std::string>{"b0", "b1"}));
  ASSERT_FALSE(seals.empty());
  std::vector<format::SealedRun> expected{{a, 0, 2}, {b, 0, 2}};
  std::ranges::sort(expected, {}, &format::SealedRun::source);
  EXPECT_EQ(seals.back().runs, expected);
}

TEST_F(GroupOfSenders, OfWhichTheLogTakesNoMoreStillHasThoseThatItKnows) {
  world_.options.senders_max = 2;
  recover();
  for (const char* name : {"a", "b", "c", "a"}) send(name, "{}");
  commit();
  EXPECT_EQ(answered_.size(), 3U);
  EXPECT_EQ(refused_, std::vector{Code::kFull});
  EXPECT_EQ(storage_->sources(format::kLogItself, 10).size(), 2U);
  world_.options.senders_max = 3;
  recover();
  answered_.clear();
  send("c", "{}");
  send("b", "{}");
  commit();
  EXPECT_EQ(answered_.size(), 2U);
  EXPECT_EQ(storage_->sources(format::kLogItself, 10).size(), 3U);
}

TEST_F(GroupOfSenders, ThatOneSealCannotListHasMoreSealsAndEachSenderStillOneSequence) {
  const std::size_t senders = format::kSealRunsMax + 5;
  for (int round = 0; round < 2; ++round)
    for (std::size_t k = 0; k < senders; ++k) send("c" + std::to_string(k), "{}");
  const std::vector<Buffer> records = commit();
  EXPECT_EQ(answered_.size(), 2 * senders);
  std::map<SourceId, std::uint64_t> next;
  std::size_t seals = 0;
  for (const Buffer& bytes : records) {
    const format::Record record = *format::decode_record(bytes);
    if (record.kind == Kind::kEvent) {
      EXPECT_EQ(record.sequence, next[record.source]++);
    }
    seals += record.kind == Kind::kBatchSeal ? 1u : 0u;
  }
  EXPECT_EQ(next.size(), senders);
  for (const auto& [source, events] : next) EXPECT_EQ(events, 2u);
  EXPECT_GE(seals, 2u);
  recover();  // what was written is what the rules allow
  EXPECT_EQ(storage_->sources(format::kLogItself, 10 * senders).size(), senders);
}

/// As if two names gave one number, which takes some 2^32 tries.
TEST(Sender, OfAnothersNumberIsRefusedAndLeavesNoGapInTheOthersEvents) {
  const SourceId shared{7};
  const Buffer body = to_buffer(bytes_of("{}"));
  std::vector<std::string> refused;
  std::vector<log::PendingRequest> requests;
  for (const char* name : {"one", "another", "one"}) {
    EventRequest request;
    request.sender = {SenderKind::kClient, name};
    request.body = body;
    request.events.push_back({"application/json", request.body, 1});
    requests.push_back({std::move(request), shared});
    requests.back().done.push_back([&refused, name](const Result<Appended>& done) {
      EXPECT_FALSE(done);
      refused.emplace_back(name);
    });
  }
  const auto batch = log::encode_requests(
      requests, [](SourceId) { return 5; }, env::system_random());
  EXPECT_EQ(refused, std::vector<std::string>{"another"});
  EXPECT_EQ(log::runs_of(batch), (std::vector<format::SealedRun>{{shared, 5, 2}}));
}

// The thread sanitizer looks on: sources are added while a collector's batches are verified.
TEST(Sender, JoinsWhileBatchesOfASealingSourceAreVerified) {
  World world;
  ASSERT_TRUE(world.open());
  Source source("ward", world.options.origin);
  ASSERT_TRUE(world.append_control(Kind::kSourceEvent, source.register_note()));
  std::thread newcomers([&world] {
    for (int k = 0; k < 50; ++k) {
      EventRequest request;
      request.sender = {SenderKind::kClient, "client-" + std::to_string(k)};
      request.body = to_buffer(bytes_of("{}"));
      request.events.push_back({"application/json", request.body, 1});
      std::promise<bool> done;
      world.log->append(std::move(request),
                        [&done](const Result<Appended>& to) { done.set_value(to.has_value()); });
      EXPECT_TRUE(done.get_future().get());
    }
  });
  for (int k = 0; k < 50; ++k) EXPECT_TRUE(world.append(source.seal({"{}"})));
  newcomers.join();
  EXPECT_EQ(world.log->sources(format::kLogItself, 100).size(), 51U);
}

}  // namespace
}  // namespace varve
