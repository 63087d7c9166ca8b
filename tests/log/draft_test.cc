// A draft log: the whole life of a record in minutes, with keys of minutes. Each rule of months holds for its key
// periods, and nothing of it is ever taken for a month's.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "ledger/recovery/segment_period.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/mark_file.h"
#include "ledger/store/rewrap.h"
#include "ledger/store/segment_writer.h"
#include "ledger/upkeep/restore.h"
#include "tests/log/disposing.h"
#include "tests/log/restoring.h"

namespace varve::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBeginUs =
    29'920'320 * format::kMinuteUs + 10'000'000;  // 2026-11-21T00:00:10Z

format::Policy draft(std::uint32_t key_period_minutes) {
  format::Policy policy;
  policy.mode = format::Mode::kDraft;
  policy.period = 5;
  policy.notice = policy.wait = 1;
  policy.key_period_minutes = key_period_minutes;
  return policy;
}

class Drafts : public ::testing::Test {
 protected:
  void begin(std::uint32_t key_period_minutes) {
    world_.clock = &clock_;
    world_.other_vault = &token_;
    world_.holders = {{"pkcs11:token=one", &token_}};
    world_.options.first_policy = draft(key_period_minutes);
    clock_.now = kBeginUs;
    ASSERT_TRUE(world_.open());
    people_.name();
    append("first");
  }
  void append(const std::string& word) {
    const auto done = world_.append_events({"{\"" + word + "\":1}"}, word);
    ASSERT_TRUE(done) << done.error().message;
  }
  void pass(std::uint64_t seconds) {
    clock_.now = clock_.now + seconds * 1'000'000;
    append("at " + std::to_string(clock_.now));
  }
  /// The first key period is noticed, old enough, and let go.
  void dispose_of_the_first() {
    const std::uint32_t first = view().retention->months().front().month;
    for (int k = 0; k < 5; ++k) pass(100);  // ages count from the second one on
    const auto noticed = people_.give(people_.notice({first}));
    ASSERT_TRUE(noticed) << noticed.error().message;
    pass(70);
    const auto disposed = people_.send(people_.disposal(), {&people_.ann, &people_.bob});
    ASSERT_TRUE(disposed) << disposed.error().message;
    const auto is_gone = [this] { return view().retention->months().front().keys_are_gone(); };
    for (int k = 0; !is_gone() && k < 60'000; ++k)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(is_gone()) << "nobody destroyed the keys";
  }
  LedgerView view() { return world_.log->view(); }
  [[nodiscard]] Buffer record(std::uint64_t i) const {
    auto read = world_.log->records(LeafIndex{i}, 1);
    for (int k = 0; !read && read.error().code == Code::kBusy && k < 1'000; ++k)
      read = world_.log->records(LeafIndex{i}, 1);
    EXPECT_TRUE(read) << read.error().message;
    return read ? read->front() : Buffer{};
  }
  [[nodiscard]] std::uint64_t gone() const {
    std::uint64_t events = 0;
    for (std::uint64_t i = 0; i < world_.size().value; ++i)
      if (format::is_tombstone(record(i))) ++events;
    return events;
  }
  void expect_intact(std::uint64_t events_gone) {
    world_.log.reset();
    const auto report = audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
    EXPECT_EQ(report->unreadable_records, events_gone);
    EXPECT_TRUE(report->is_draft);
  }
  [[nodiscard]] std::vector<std::string> labels() { return *token_.kek_labels(); }

  SetClock clock_;
  SoftToken token_;
  SoftToken second_;
  World world_;
  TwoApprovers people_{world_};
};

TEST_F(Drafts, LiveAWholeLifeInMinutes) {
  begin(1);
  EXPECT_TRUE(token_.has("varve/test/p29920320"));
  dispose_of_the_first();
  EXPECT_FALSE(token_.has("varve/test/p29920320"));
  EXPECT_EQ(gone(), 2U) << "the event, and the secret of the key period";
  for (const bool rebuilt : {false, true}) {
    SCOPED_TRACE(rebuilt);
    expect_intact(2);
    for (const char* folder : {"tree", "leaves", "appends", "catalogue"})
      if (rebuilt) fs::remove_all(fs::path(world_.directory) / folder);
    ASSERT_TRUE(world_.open());
    EXPECT_TRUE(view().retention->months().front().disposal);
    EXPECT_EQ(view().retention->policy().mode, format::Mode::kDraft);
    EXPECT_EQ(gone(), 2U);
  }
}

TEST_F(Drafts, AreNotLetGoBeforeTheirMinutesHavePassed) {
  begin(1);
  const std::uint32_t first = view().retention->months().front().month;
  pass(60);  // its age counts from here on
  pass(290);
  const auto early = people_.give(people_.notice({first}));
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().message.find("R23: "), std::string::npos) << early.error().message;
  pass(20);
  ASSERT_TRUE(people_.give(people_.notice({first})));
  const auto hasty = people_.send(people_.disposal(), {&people_.ann, &people_.bob});
  ASSERT_FALSE(hasty);
  EXPECT_NE(hasty.error().message.find("R26: "), std::string::npos) << hasty.error().message;
}

// A key for each period in which something came, and for no other.
TEST_F(Drafts, MakeNoKeysAtRest) {
  begin(1);
  const std::size_t before = labels().size();
  ASSERT_TRUE(world_.reopen());
  clock_.now = clock_.now + 600 * 1'000'000;
  EXPECT_EQ(labels().size(), before);
  append("after a rest");
  EXPECT_EQ(labels().size(), before + 1);
  EXPECT_TRUE(token_.has("varve/test/p29920330"));
  append("at once");
  EXPECT_EQ(labels().size(), before + 1);
}

// In the middle of a key period too.
TEST_F(Drafts, HaveAClockRecordInFrontOfAnAppendAfterAMinute) {
  begin(30);
  const std::uint64_t begun = view().retention->clocks();
  pass(59);
  EXPECT_EQ(view().retention->clocks(), begun);
  pass(2);
  EXPECT_EQ(view().retention->clocks(), begun + 1);
  pass(61);
  EXPECT_EQ(view().retention->clocks(), begun + 2);
  EXPECT_EQ(view().retention->months().size(), 1U);
  EXPECT_EQ(labels().size(), 1U);
}

// What the configuration says later changes nothing.
TEST_F(Drafts, NeverBecomeLocked) {
  begin(1);
  world_.options.first_policy = {};
  ASSERT_TRUE(world_.reopen());
  pass(60);
  EXPECT_EQ(view().retention->policy().mode, format::Mode::kDraft);
  const auto segments = *store::all_segments(*world_.files);
  for (const store::SegmentHeader& header : segments)
    EXPECT_EQ(header.period(), key_period_of(header.created_us, 1));
  format::Policy locked = view().retention->policy();
  locked.number += 1;
  locked.previous = view().retention->policy_place()->leaf;
  locked.mode = format::Mode::kLocked;
  locked.period = 2192;
  locked.notice = 7;
  locked.wait = 30;
  locked.key_period_minutes = 0;
  const auto refused = world_.append_control(
      format::Kind::kPolicy,
      TwoApprovers::signed_by(format::policy_text(locked),
                              {&world_.first_key, &people_.ann, &people_.bob}));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("R12: "), std::string::npos) << refused.error().message;
}

TEST_F(Drafts, HaveSegmentsThatNoLockedLogTakesForItsOwn) {
  begin(1);
  const auto segments = *store::all_segments(*world_.files);
  store::SegmentHeader header = segments.front();
  EXPECT_TRUE(recovery::check_period(header, *view().retention));
  EXPECT_FALSE(recovery::check_period(header, rules::Retention()));
  header.key_minutes = 2;
  EXPECT_FALSE(recovery::check_period(header, *view().retention));
  header.key_minutes = 0;
  const auto other = recovery::check_period(header, *view().retention);
  ASSERT_FALSE(other);
  EXPECT_EQ(
      other.error().message,
      "its header says that the log's keys are of months, and the log's policy says key periods "
      "of 1 minutes");
  EXPECT_TRUE(recovery::check_period(header, rules::Retention()));
}

// The same records, whole and signed, under a key of a month: the records say what the log is.
TEST_F(Drafts, NeitherStartNorAuditTakesASegmentOfMonths) {
  begin(1);
  World forged;
  forged.clock = &clock_;
  forged.first_key = world_.first_key;
  forged.options = world_.options;
  forged.signer.add(world_.first_key);
  forged.other_vault = &second_;
  store::SegmentHeader header;
  header.month = 202'611;
  header.created_us = kBeginUs;
  header.origin = merkle::sha256(bytes_of(world_.options.origin));
  ASSERT_TRUE(forged.files->make_directory("segments"));
  store::DataKeys keys(*forged.files, second_, env::system_random(), "varve/test");
  auto key = keys.create(header);
  ASSERT_TRUE(key) << key.error().message;
  auto segment = *store::SegmentWriter::create(*forged.files, header, std::move(*key));
  const TreeSize size = world_.size();
  store::Piece piece{store::encode_requests({}), {}};
  for (std::uint64_t i = 0; i < size.value; ++i) format::append_to_bundle(piece.plain, record(i));
  ASSERT_TRUE(segment->write_records({}, static_cast<std::uint32_t>(size.value), {&piece, 1}));
  ASSERT_TRUE(segment->write_checkpoint(size, world_.log->latest()->note));
  ASSERT_TRUE(segment->sync());
  segment.reset();
  const auto report = audit_store(forged.options, forged.environment());
  ASSERT_TRUE(report) << report.error().message;
  const std::string why = "its header says that the log's keys are of months";
  std::size_t named = 0;
  for (const auto& finding : report->findings)  // what follows from the records is not there yet
    if (finding.what.find(why) != std::string::npos) ++named;
  EXPECT_EQ(named, 1U);
  const auto started = forged.open();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find(why), std::string::npos) << started.error().message;
}

TEST_F(Drafts, GetOtherKeysAsMonthsDo) {
  begin(1);
  pass(120);
  world_.log.reset();
  const KeyPeriod first{29'920'320, 1};
  store::DataKeys keys(*world_.files, token_, env::system_random(), "varve/test");
  const auto rotated =
      store::rewrap_month(*world_.files, first, keys, token_, "varve/test/p29920320.2");
  ASSERT_TRUE(rotated) << rotated.error().message;
  EXPECT_EQ(*rotated, 1U);
  EXPECT_TRUE(fs::exists(world_.directory + "/data-keys/p29920320"));
  ASSERT_TRUE(token_.destroy_kek("varve/test/p29920320"));
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(gone(), 0U);
  dispose_of_the_first();
  EXPECT_FALSE(token_.has("varve/test/p29920320.2"));
  EXPECT_EQ(gone(), 2U);
  world_.log.reset();
  const auto late =
      store::rewrap_month(*world_.files, first, keys, token_, "varve/test/p29920320.3");
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("the events of 29920320 were disposed of"), std::string::npos)
      << late.error().message;
}

// A mirror knows the records alone; what comes of them has the same key periods.
TEST_F(Drafts, AreRestoredInTheirKeyPeriods) {
  begin(1);
  const std::string mirror = world_.directory + "-mirror";
  fs::create_directories(mirror);
  const auto mirror_files = std::move(*env::open_posix(mirror));
  const auto mark = store::mark_file(*mirror_files, "log.mark");
  world_.marks = mark.get();
  ASSERT_TRUE(world_.reopen());
  dispose_of_the_first();
  const TreeSize size = world_.size();
  Buffer bundle;
  for (std::uint64_t i = 0; i < size.value; ++i) format::append_to_bundle(bundle, record(i));
  put(mirror + "/tile/entries/" + merkle::bundle_path({0, 0, merkle::tile_width(0, 0, size)}),
      bundle);
  put(mirror + "/checkpoint", bytes_of(world_.log->latest()->note));
  world_.log.reset();

  World fresh;
  fresh.clock = &clock_;
  fresh.first_key = world_.first_key;
  fresh.options = world_.options;
  fresh.signer.add(world_.first_key);
  fresh.marks = mark.get();
  fresh.other_vault = &second_;
  const upkeep::Disposals known{
      {}, [](KeyPeriod) { return Result<std::vector<std::string>>(std::vector<std::string>()); }};
  const upkeep::Disposals of_months{{"2026-11"}, known.keys};
  const auto refused =
      upkeep::restore_store(fresh.options, fresh.environment(), *mirror_files, of_months);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalid) << refused.error().message;
  EXPECT_NE(refused.error().message.find("reading --destroyed 2026-11"), std::string::npos);
  const auto restored =
      upkeep::restore_store(fresh.options, fresh.environment(), *mirror_files, known);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_TRUE(restored->is_draft);
  EXPECT_EQ(restored->destroyed.at("29920320"), 2U);
  ASSERT_TRUE(fresh.open());
  const auto log = fresh.log->view().retention;
  const auto segments = *store::all_segments(*fresh.files);
  for (const store::SegmentHeader& header : segments) {
    EXPECT_EQ(header.key_minutes, 1U);
    if (const rules::Month* const month = log->month_of(header.first);
        month != nullptr && contains(size, header.first)) {
      EXPECT_EQ(month->month, header.month);
    }
  }
  fresh.log.reset();
  const auto report = audit_store(fresh.options, fresh.environment());
  ASSERT_TRUE(report) << report.error().message;
  for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
  fs::remove_all(mirror);
}

}  // namespace
}  // namespace varve::testing
