// Reads that are answered once they are on record.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "ledger/env/durable.h"
#include "ledger/format/access.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

using namespace std::chrono_literals;
using format::Kind;

class AnsweredOnceRecorded : public ::testing::Test {
 protected:
  AnsweredOnceRecorded() { EXPECT_TRUE(site.access->reads().start()); }
  ~AnsweredOnceRecorded() override { site.access->reads().stop(); }

  [[nodiscard]] std::future<Response> ask(const std::string& target) {
    return std::async(std::launch::async, [this, target] { return site.get(target, "read"); });
  }
  /// Requests by status, of all access records.
  [[nodiscard]] std::map<std::uint32_t, std::uint64_t> on_record() const {
    std::map<std::uint32_t, std::uint64_t> requests;
    for (std::uint64_t i = 0; i < site.world.size().value; ++i) {
      const Buffer bytes = site.world.log->records({i}, 1)->front();
      const format::Record record = *format::decode_record(bytes);
      if (record.kind != Kind::kAccess) continue;
      const auto access = format::parse_access(text_of(record.payload));
      for (const format::Reading& reading : access->readings)
        requests[reading.status] += reading.requests;
    }
    return requests;
  }

  Site site{{}, Level::kError, ReadAnswered::kOnceItIsOnRecord};
};

TEST_F(AnsweredOnceRecorded, WaitForTheirRecordAndForNothingElse) {
  std::promise<AppendDone> handed_over;
  site.log->take_reports = [&](std::vector<Report>, AppendDone done) {
    handed_over.set_value(std::move(done));
  };
  std::future<Response> answer = ask("/logs/open/events/1");
  const AppendDone done = handed_over.get_future().get();
  EXPECT_EQ(answer.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(site.get("/logs/open/checkpoint", "read").status, 200) << "no read of an event";
  EXPECT_EQ(site.get("/logs/open/events/2", "read").status, 200) << "a clock record";
  EXPECT_EQ(site.get("/logs/open/events/1", "append").status, 403);
  EXPECT_EQ(answer.wait_for(0s), std::future_status::timeout);
  site.log->take_reports = nullptr;
  done(Appended{});
  EXPECT_EQ(answer.get().status, 200);
}

TEST_F(AnsweredOnceRecorded, AreOnRecordWhenTheAnswerIsThere) {
  for (std::uint64_t k = 1; k <= 3; ++k) {
    EXPECT_EQ(site.get("/logs/open/events/1", "read").status, 200);
    EXPECT_EQ(on_record()[200], k);
  }
  EXPECT_EQ(site.get("/logs/open/tile/entries/000.p/3", "read").status, 200);
  EXPECT_EQ(on_record()[200], 4U);
}

TEST_F(AnsweredOnceRecorded,
       AreRefusedWhereNoRecordCanBeWrittenAndThenNoRecordSaysThatTheyWereRead) {
  site.log->refusal = full("the disk has 3 MiB left");
  const Response refused = site.get("/logs/open/events/1", "read");
  EXPECT_EQ(refused.status, 507);
  EXPECT_NE(body_of(refused).find("the log takes no record: the disk has 3 MiB left"),
            std::string::npos)
      << body_of(refused);
  EXPECT_EQ(site.get("/logs/open/fhir/AuditEvent/1", "read").status, 507);
  EXPECT_EQ(site.access->reads().status(site.access->logs().front()).refused, 2U);
  site.log->refusal.reset();
  EXPECT_EQ(site.get("/logs/open/events/1", "read").status, 200);
  EXPECT_EQ(on_record(), (std::map<std::uint32_t, std::uint64_t>{{200, 1}}));
}

// What was refused was not given: the next one waits as well.
TEST_F(AnsweredOnceRecorded, OfABundleAreRefusedAgainAndAgain) {
  const std::string bundle = "/logs/open/tile/entries/000.p/4";
  site.log->refusal = full("the disk has 3 MiB left");
  for (int k = 0; k < 3; ++k) EXPECT_EQ(site.get(bundle, "read").status, 507);
  site.log->refusal.reset();
  EXPECT_EQ(site.get(bundle, "read").status, 200);
  EXPECT_EQ(on_record()[200], 1U);
  EXPECT_EQ(site.get(bundle, "read").status, 200);
  EXPECT_EQ(on_record()[200], 2U) << "each time it is on record first";
}

TEST_F(AnsweredOnceRecorded, ManyAtOnceEachWaitForOneRecordOfThem) {
  constexpr std::size_t kReaders = 32;
  std::vector<std::future<Response>> answers;
  for (std::size_t k = 0; k < kReaders; ++k) answers.push_back(ask("/logs/open/events/1"));
  for (std::future<Response>& answer : answers) EXPECT_EQ(answer.get().status, 200);
  EXPECT_EQ(on_record()[200], kReaders);
}

/// Reads by break-glass of a log that a test makes refuse, or leaves without an answer.
class BrokenGlass : public ::testing::Test {
 protected:
  static constexpr auto kBefore = ReadAnswered::kOnceItIsOnRecord;
  BrokenGlass() {
    CHECK(world.open().has_value());
    log.emplace(*world.log);
  }
  ~BrokenGlass() override {
    if (reads) reads->stop();
    world.log->stop();
  }
  void start(ReadAnswered answered = kBefore) {
    log->take_reports = [this](std::vector<Report> reports, AppendDone done) {
      const std::lock_guard lock(mutex);
      if (!is_held) return world.log->append_reports(std::move(reports), std::move(done));
      held.push_back(std::move(done));
    };
    logs.emplace(
        std::vector<HostedLog>{{"main", world.options.origin, false, &*log, world.files.get()}});
    reads.emplace(*logs, clock, journal, answered);
    CHECK(reads->start().has_value());
  }
  /// Whether the log keeps who appends reports waiting.
  void hold(bool holds) {
    const std::lock_guard lock(mutex);
    is_held = holds;
  }
  /// What the log has of what it has not answered. Waits until there is some.
  AppendDone taken() {
    AppendDone done;
    EXPECT_TRUE(happens([&] {
      const std::lock_guard lock(mutex);
      if (held.empty()) return false;
      done = std::move(held.front());
      held.erase(held.begin());
      return true;
    }));
    return done;
  }
  /// Half a second passes between two looks of the server.
  template <class Condition>
  static bool happens(const Condition& condition) {
    for (const auto end = std::chrono::steady_clock::now() + 120s; !condition();
         std::this_thread::sleep_for(1ms))
      if (std::chrono::steady_clock::now() > end) return false;
    return true;
  }
  std::future<Result<void>> read(const std::string& who, ReadBy by, ReadAnswer answer) {
    auto said = std::make_shared<std::promise<Result<void>>>();
    reads->take(logs->all().front(), {who, "token", "", "", "", "", "192.0.2.7"}, answer, by,
                [said](Result<void> recorded) { said->set_value(std::move(recorded)); });
    return said->get_future();
  }
  Result<void> told(const std::string& who, ReadBy by, std::uint64_t index = 1) {
    return read(who, by, {"GET", "/", 200, {{index}, {index}}}).get();
  }
  /// Spooled, while the log has not answered others for long.
  void hang() {
    hold(true);
    pending.push_back(read("slow", ReadBy::kAnybody, {"GET", "/", 200, {{1}, {1}}}));
    slow = taken();
    clock.steady += kHangsMs;
  }
  [[nodiscard]] std::string file() const {
    return std::string(text_of(*env::read_whole(*world.files, "reads", 8u << 20)));
  }
  [[nodiscard]] std::size_t reports_in_file() const {
    const std::string text = file();
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find("varve access", at)) != std::string::npos; ++at)
      ++found;
    return found;
  }
  [[nodiscard]] ReadsStatus status() const { return reads->status(logs->all().front()); }

  static constexpr std::uint64_t kHangsMs = 2'000;
  testing::World world;
  std::optional<RefusingLog> log;
  SteppedClock clock;
  Journal journal{Level::kError};
  std::optional<HostedLogs> logs;
  std::optional<Reads> reads;
  std::mutex mutex;
  bool is_held = false;
  std::vector<AppendDone> held;
  std::vector<std::future<Result<void>>> pending;
  AppendDone slow;
};

// Another's refused read, long ago, says nothing of the log now.
TEST_F(BrokenGlass, IsNoneOnALogThatTakesRecordsAgain) {
  start();
  hold(true);
  auto refused = read("bob", ReadBy::kAnybody, {"GET", "/", 200, {{1}, {1}}});
  taken()(busy("the token is away"));
  EXPECT_FALSE(refused.get());
  hold(false);
  EXPECT_TRUE(told("ann", ReadBy::kBreakGlass));
  EXPECT_EQ(status().by_break_glass, 0U);
  EXPECT_EQ(status().recorded, 1U);
}

// The file cannot be written; the log can, once it takes records again.
TEST_F(BrokenGlass, IsAskedOfTheLogWhereTheFileCannotKeepIt) {
  start();
  CHECK(world.files->make_directory("reads.tmp").has_value());
  CHECK(world.files->make_directory("reads.tmp/in-the-way").has_value());
  hold(true);
  auto first = read("ann", ReadBy::kBreakGlass, {"GET", "/", 200, {{1}, {1}}});
  taken()(busy("the token is away"));
  const auto refused = first.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kBusy) << "as the log says";
  EXPECT_NE(refused.error().message.find("the token is away"), std::string::npos);
  hold(false);
  EXPECT_TRUE(told("ann", ReadBy::kBreakGlass));
}

// However often the log refuses: what one reader has read is one report.
TEST_F(BrokenGlass, OfOneReaderIsOneReportAndLeavesTheFileWithoutAnyoneReading) {
  start();
  hang();
  for (int k = 0; k < 20; ++k) EXPECT_TRUE(told("ann", ReadBy::kBreakGlass, 7));
  EXPECT_EQ(reports_in_file(), 1U);
  slow(busy("the token is away"));
  EXPECT_FALSE(pending.front().get());
  const AppendDone again = taken();
  EXPECT_TRUE(told("ann", ReadBy::kBreakGlass, 9));
  EXPECT_EQ(reports_in_file(), 2U) << "the log may have the other one";
  again(busy("the token is away"));
  EXPECT_TRUE(told("ann", ReadBy::kBreakGlass, 8));
  taken()(busy("the token is away"));
  EXPECT_TRUE(happens([this] { return reports_in_file() == 1; }));
  EXPECT_NE(file().find("GET / 200 22 7-9\n"), std::string::npos) << file();
  EXPECT_EQ(status().by_break_glass, 22U);
  const AppendDone last = taken();
  hold(false);
  last(busy("the token is away"));
  EXPECT_TRUE(happens([this] { return file().size() == 141; }));
  EXPECT_EQ(status().recorded, 22U);
}

// Who reads much is refused at some time, and nobody else is.
TEST_F(BrokenGlass, IsKeptForOneReaderUpToAShareAndForOthersStill) {
  start();
  hang();
  ReadAnswer scattered{"GET", "/", 200, {{1u << 30}, {1u << 30}}};
  for (std::uint64_t k = 1; k < 900; ++k)
    scattered.further.push_back({{(1u << 30) + 100 * k}, {(1u << 30) + 100 * k + 9}});
  std::uint64_t reads_of_one = 0;
  Result<void> last;
  for (; reads_of_one < 100 && last; ++reads_of_one) {
    last = read("ann", ReadBy::kBreakGlass, scattered).get();
    scattered.records.first.value += 20;
    scattered.records.last.value += 20;
    for (format::IndexRange& range : scattered.further) {
      range.first.value += 20;
      range.last.value += 20;
    }
  }
  EXPECT_LT(reads_of_one, 20U);
  ASSERT_FALSE(last);
  EXPECT_NE(last.error().message.find("full of this client's reads"), std::string::npos);
  EXPECT_TRUE(told("bob", ReadBy::kBreakGlass));
  slow(busy("the token is away"));
}

// A disk that hangs answers nothing.
TEST_F(BrokenGlass, WaitsForALogThatDoesNotAnswerForTwoSeconds) {
  start();
  hold(true);
  auto answered = read("ann", ReadBy::kBreakGlass, {"GET", "/", 200, {{1}, {1}}});
  const AppendDone done = taken();
  EXPECT_EQ(answered.wait_for(0s), std::future_status::timeout);
  clock.steady += kHangsMs;
  EXPECT_TRUE(answered.get());
  EXPECT_EQ(status().by_break_glass, 1U);
  EXPECT_TRUE(told("ann", ReadBy::kBreakGlass)) << "at once now";
  done(busy("the token is away"));
}

// Where records are only slow, much reading is no emergency, and break-glass has room that others do not have.
TEST_F(BrokenGlass, IsNoneWhereALogOnlyHasMuchToTakeDown) {
  start(ReadAnswered::kBeforeItIsOnRecord);
  hold(true);
  ReadAnswer scattered{"GET", "/", 200, {{1}, {1}}};
  for (std::uint64_t k = 1; k < 999; ++k) scattered.further.push_back({{1 + 2 * k}, {1 + 2 * k}});
  for (const char* who : {"bob", "eve", "joe"})
    while (read(who, ReadBy::kAnybody, scattered).get()) continue;
  EXPECT_TRUE(told("ann", ReadBy::kBreakGlass));
  EXPECT_EQ(status().by_break_glass, 0U);
  clock.steady += kHangsMs;
  const AppendDone done = taken();
  clock.steady += kHangsMs;
  EXPECT_TRUE(told("ann", ReadBy::kBreakGlass));
  EXPECT_EQ(status().by_break_glass, 1U);
  done(busy("the token is away"));
}

}  // namespace
}  // namespace varve::api
