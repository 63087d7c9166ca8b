// A log that is older than clock records: its first one says which months were before it, and from
// there on it is a log like any other.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/format/checkpoint.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/segment_writer.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::SetClock;
using testing::Source;
using testing::World;

constexpr std::uint64_t kJuneUs = 1'780'272'000'000'000;   // 2026-06-01
constexpr std::uint64_t kMarchUs = 1'772'323'200'000'000;  // 2026-03-01

/// Writes the segments that a version before clock records wrote. Nothing of it is sealed by a
/// footer twice, and no catalogue is there: recovery makes one from the segments.
class OldStore {
 public:
  OldStore(World& world, Source& source) : world_(world), source_(source) {
    CHECK(world.files->make_directory("segments").has_value());
    const format::KeyEvent created{
        format::KeyAction::kCreate, world.options.origin, world.first_key.key, {}, {}};
    const std::string text = format::key_event_text(created);
    control(format::Kind::kKeyEvent,
            format::format_note({text, {world.first_key.note_signature(text)}}));
  }
  void register_source() { control(format::Kind::kSourceEvent, source_.register_note()); }

  /// Of the month YYYYMM, with so many batches, or what was added before in the first one.
  void segment(std::uint32_t month, int batches) {
    store::SegmentHeader header;
    header.ordinal = ordinal_++;
    header.first = end_of(tree_.size());
    header.created_us = kMarchUs;
    header.month = month;
    header.origin = merkle::sha256(bytes_of(world_.options.origin));
    header.previous = chain_;
    store::DataKeys keys(*world_.files, world_.vault, env::system_random(),
                         world_.options.kek_prefix);
    auto key = keys.create(header);
    CHECK(key.has_value());
    auto segment = *store::SegmentWriter::create(*world_.files, header, std::move(*key));
    for (int k = 0; k < batches; ++k) append(bundle_, source_.seal(events(3)));
    const std::vector<Bytes> records = *format::split_bundle(bundle_, 10'000);
    Buffer body = store::encode_requests({});
    append(body, bundle_);
    const store::Piece piece{std::move(body), {}};
    const store::FrameRef frame = *segment->write_records(
        header.first, static_cast<std::uint32_t>(records.size()), {&piece, 1});
    tree_.append_all(merkle::leaf_hashes(records));
    bundle_.clear();
    const std::string text =
        format::checkpoint_text({world_.options.origin, tree_.size(), tree_.root()});
    const std::string note = format::format_note({text, {world_.first_key.note_signature(text)}});
    const store::FrameRef signature = *segment->write_checkpoint(tree_.size(), note);
    CHECK(segment->sync().has_value());
    chain_ = segment->chain();
    const store::SegmentFooter footer{end_of(tree_.size()), segment->end(), chain_,
                                      tree_.root(),         {frame},        {signature}};
    CHECK(segment->seal(footer).has_value());
  }
  [[nodiscard]] TreeSize size() const { return tree_.size(); }

 private:
  void control(format::Kind kind, const std::string& payload) {
    format::Record record;
    record.kind = kind;
    record.source = format::kLogItself;
    record.sequence = next_control_++;
    record.time_us = kMarchUs;
    record.media_type = format::media_type_of(kind);
    record.payload = bytes_of(payload);
    env::system_random().fill(record.salt);
    format::append_to_bundle(bundle_, *format::encode_record(record));
  }

  World& world_;
  Source& source_;
  Buffer bundle_;
  merkle::Frontier tree_;
  Hash chain_;
  std::uint64_t ordinal_ = 0;
  std::uint64_t next_control_ = 0;
};

class OldLog : public ::testing::Test {
 protected:
  OldLog() : source_("ward-3", world_.options.origin) {
    world_.clock = &clock_;
    clock_.now = kJuneUs;
  }

  /// What the first clock record says, once the log has taken a batch.
  format::Clock first_clock(TreeSize old) {
    const auto done = world_.append(source_.seal(events(2)));
    EXPECT_TRUE(done) << done.error().message;
    const Buffer bytes = world_.log->records(LeafIndex{old.value}, 1)->front();
    const format::Record record = *format::decode_record(bytes);
    EXPECT_EQ(record.kind, format::Kind::kClock);
    return *format::parse_clock(text_of(record.payload));
  }
  void expect_sound() {
    world_.log.reset();
    const auto report = testing::audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->findings.empty());
  }

  SetClock clock_;
  World world_;
  Source source_;
};

// Before senders had sources, whoever sealed could register such a name; it keeps it.
TEST_F(OldLog, RefusesAListenerWhoseNameAnotherSourceHas) {
  Source taken("listener/relay", world_.options.origin);
  OldStore old(world_, taken);
  old.register_source();
  old.segment(202'603, 1);
  ASSERT_TRUE(world_.open());
  const auto send_as = [this](format::SenderKind kind) {
    EventRequest request;
    request.sender = {kind, "relay"};
    request.body = to_buffer(bytes_of("{}"));
    request.events.push_back({"application/json", request.body, 7});
    std::promise<Result<Appended>> done;
    world_.log->append(std::move(request),
                       [&](Result<Appended> r) { done.set_value(std::move(r)); });
    return done.get_future().get();
  };
  const TreeSize before = world_.size();
  const auto refused = send_as(format::SenderKind::kListener);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  EXPECT_EQ(refused.error().message,
            "the source listener/relay is another's already: give this sender another name");
  EXPECT_EQ(world_.size(), before);
  EXPECT_TRUE(send_as(format::SenderKind::kClient)) << "a client of that name is another source";
  EXPECT_TRUE(world_.append(taken.seal(events(1)))) << "and whoever has the name goes on";
  expect_sound();
}

TEST_F(OldLog, NamesItsMonthsInItsFirstClockRecord) {
  OldStore old(world_, source_);
  old.register_source();
  old.segment(202'603, 2);
  const LeafIndex april = end_of(old.size());
  old.segment(202'604, 2);
  old.segment(202'604, 1);  // of the same month
  const TreeSize before = old.size();
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(world_.size(), before) << "nothing is written until something is appended";
  const format::Clock clock = first_clock(before);
  EXPECT_EQ(clock.number, 0u);
  EXPECT_EQ(clock.reading_us, kJuneUs);
  EXPECT_EQ(clock.earlier,
            (std::vector<format::EarlierMonth>{{202'603, LeafIndex{0}}, {202'604, april}}));
  EXPECT_EQ(world_.log->view().retention->policy().period, 2'192u) << "locked at six years";
  const TreeSize begun = world_.size();
  ASSERT_TRUE(world_.reopen());
  ASSERT_TRUE(world_.append(source_.seal(events(2))));
  const Buffer next = world_.log->records(LeafIndex{begun.value}, 1)->front();
  const auto second = format::parse_clock(text_of(format::decode_record(next)->payload));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->number, 1u);
  EXPECT_TRUE(second->earlier.empty()) << "said once";
  expect_sound();
}

// The host's clock lost its battery: no month is opened again.
TEST_F(OldLog, IsInNoMonthBeforeItsNewest) {
  OldStore old(world_, source_);
  old.register_source();
  old.segment(202'612, 2);
  clock_.now = 0;
  ASSERT_TRUE(world_.open());
  const format::Clock clock = first_clock(old.size());
  EXPECT_EQ(clock.host_us, 0u);
  EXPECT_EQ(clock.reading_us, 1'796'083'200'000'000u) << "2026-12-01";
  expect_sound();
}

// A store that is rebuilt from its segments alone says the same.
TEST_F(OldLog, IsRebuiltFromItsSegments) {
  OldStore old(world_, source_);
  old.register_source();
  old.segment(202'603, 2);
  ASSERT_TRUE(world_.open());
  static_cast<void>(first_clock(old.size()));
  const std::string note = world_.log->latest()->note;
  world_.log.reset();
  for (const char* folder : {"tree", "leaves", "appends", "catalogue"})
    std::filesystem::remove_all(std::filesystem::path(world_.directory) / folder);
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(world_.log->latest()->note, note);
  expect_sound();
}

// It may write down what it counts as, and nothing shorter, also where it has no other record.
TEST_F(OldLog, TakesAFirstPolicyThatChangesNothing) {
  OldStore old(world_, source_);
  old.segment(202'603, 0);
  ASSERT_TRUE(world_.open());
  ASSERT_EQ(world_.size(), TreeSize{1});
  format::Policy policy;
  policy.origin = world_.options.origin;
  policy.key = world_.first_key.key;
  const auto sent = [&] {
    const std::string text = format::policy_text(policy);
    return world_.append_control(
        format::Kind::kPolicy,
        format::format_note({text, {world_.first_key.note_signature(text)}}));
  };
  policy.period = 30;
  EXPECT_FALSE(sent());
  policy.period = 3'653;
  EXPECT_FALSE(sent()) << "a longer one takes approvals";
  EXPECT_EQ(world_.size(), TreeSize{1});
  policy.period = format::kSixYearsDays;
  const auto done = sent();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(world_.log->view().retention->policy_place()->index, done->first);
  EXPECT_FALSE(sent()) << "it is in force";
  expect_sound();
}

}  // namespace
}  // namespace varve
