// What a run leaves to the next one of reads that are not on record.
#include "api/access/reads_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <future>

#include "api/access/reads.h"
#include "ledger/env/durable.h"
#include "ledger/format/access.h"
#include "tests/directories.h"
#include "tests/log/world.h"

namespace varve::api {
namespace {

using format::Kind;

std::vector<Report> two_reports() {
  return {{Kind::kLoss, format::loss_text({"log.example", 1, 2})}, {Kind::kRefusal, "any text"}};
}

const ReadsKey kKey{{3}, merkle::sha256(bytes_of("a key"))};

Result<ReadsKey> key_of(LeafIndex secret) {
  if (secret == kKey.secret) return kKey;
  return corrupt("no secret");
}

Result<LeftReads> parsed(std::string_view text) {
  return parse_left_reads(text, key_of);
}

TEST(LeftReads, AreReadAsTheyWereWritten) {
  for (const std::uint64_t us :
       {std::uint64_t{0}, std::uint64_t{1'795'256'180'000'000}, UINT64_MAX}) {
    EXPECT_EQ(running_reads_text(kKey, us).size(), 141U);
    EXPECT_EQ(parsed(running_reads_text(kKey, us))->lost_since_us, us);
  }
  const auto left = parsed(ended_reads_text(kKey, two_reports()));
  ASSERT_TRUE(left);
  EXPECT_FALSE(left->lost_since_us);
  ASSERT_EQ(left->reports.size(), 2U);
  EXPECT_EQ(left->reports[0].text, two_reports()[0].text);
  EXPECT_EQ(left->reports[1].kind, Kind::kRefusal);
  EXPECT_TRUE(parsed(ended_reads_text(kKey, {}))->reports.empty());
  const auto spooled = parsed(running_reads_text(kKey, 7, two_reports()));
  ASSERT_TRUE(spooled);
  EXPECT_EQ(spooled->lost_since_us, 7U);
  EXPECT_EQ(spooled->reports.size(), 2U);
}

// Each cut and each byte that is another one, of each.
TEST(LeftReads, ThatSomebodyChangedAreRefused) {
  for (const std::string& text :
       {running_reads_text(kKey, 5), running_reads_text(kKey, 5, two_reports()),
        ended_reads_text(kKey, two_reports())}) {
    for (std::size_t cut = 0; cut < text.size(); ++cut) EXPECT_FALSE(parsed(text.substr(0, cut)));
    EXPECT_FALSE(parsed(text + "\n"));
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_FALSE(parsed(changed)) << changed;
    }
  }
}

TEST(LeftReads, OfAnotherKeyOrOfNoneAreRefused) {
  ReadsKey other = kKey;
  other.key.bytes[0] ^= std::byte{1};
  EXPECT_FALSE(parsed(running_reads_text(other, 5)));
  other = kKey;
  other.secret = {4};
  EXPECT_FALSE(parsed(running_reads_text(other, 5)));
  EXPECT_FALSE(parsed("varve reads v1\nrunning 00000000000000000005\n"));
  EXPECT_FALSE(parsed("varve reads v1\nended\n"));
}

TEST(LeftReads, InAnyOtherSpellingAreRefusedWhoeverWroteThem) {
  const auto signed_text = [](const std::string& body) {
    const std::string head = "varve reads v2\nsecret 00000000000000000003\n";
    return head + "mac " + hex(kKey.authenticate(head + body).view()) + "\n" + body;
  };
  EXPECT_TRUE(parsed(signed_text("ended\n")));
  EXPECT_TRUE(parsed(signed_text("running 00000000000000000005\n")));
  for (const char* body :
       {"", "ended", "running 5\n", "running 00000000000000000005",
        "running 00000000000000000005\n\n", "ended\n1 0\n", "ended\n130 x\n", "ended\n130 1\n",
        "ended\n130 18446744073709551615\n", "ended\n300 0\n", "paused\n"})
    EXPECT_FALSE(parsed(signed_text(body))) << body;
}

TEST(LeftReads, AreShownInTheirDocument) {
  std::ifstream in(source_file("docs/format/access.md"));
  std::string line;
  while (std::getline(in, line) && line != "```reads-file") {
  }
  std::string text;
  while (std::getline(in, line) && line != "```") text.append(line).append("\n");
  const auto left = parsed(text);
  ASSERT_TRUE(left) << left.error().message << "\n"
                    << ended_reads_text(
                           kKey, {{Kind::kLoss, format::loss_text({"log.example", 1795256180000000,
                                                                   1795259000000000})}});
  ASSERT_EQ(left->reports.size(), 1U);
  EXPECT_TRUE(format::parse_loss(left->reports[0].text));
}

/// The server's reads of one log, run after run.
class RunAfterRun : public ::testing::Test {
 protected:
  RunAfterRun() { CHECK(world.open().has_value()); }
  struct Run {
    explicit Run(testing::World& w, ReadAnswered answered = ReadAnswered::kBeforeItIsOnRecord)
        : logs({{"main", w.options.origin, false, w.log.get(), w.files.get()}}),
          reads(logs, env::posix_clock(), journal, answered) {
      CHECK(reads.start().has_value());
    }
    Journal journal{Level::kError};
    HostedLogs logs;
    Reads reads;
  };
  void end(Run& run) {
    run.reads.stop();
    world.log->stop();
    run.reads.end();
    CHECK(world.reopen().has_value());
  }
  static void read_event(Run& run, bool tells_of_events = true) {
    const format::Reader reader{"ann", "token", "", "", "", "", "192.0.2.7"};
    const ReadAnswer answer{"GET", "/", 200, {{1}, {1}}, tells_of_events};
    CHECK(run.reads.take(run.logs.all().front(), reader, answer).has_value());
  }
  [[nodiscard]] std::size_t count(Kind kind) const {
    std::size_t found = 0;
    for (std::uint64_t i = 0; i < world.size().value; ++i) {
      const Buffer bytes = world.log->records({i}, 1)->front();
      found += format::decode_record(bytes)->kind == kind ? 1u : 0u;
    }
    return found;
  }

  /// The last one. Requires that there is one.
  [[nodiscard]] format::Loss loss() const {
    format::Loss last;
    for (std::uint64_t i = 0; i < world.size().value; ++i) {
      const Buffer bytes = world.log->records({i}, 1)->front();
      const format::Record record = *format::decode_record(bytes);
      if (record.kind == Kind::kLoss) last = *format::parse_loss(text_of(record.payload));
    }
    return last;
  }

  /// Whether a file that was kept aside says that.
  [[nodiscard]] bool is_kept(std::string_view text) const {
    const auto names = world.files->list("");
    return std::ranges::any_of(*names, [&](const std::string& name) {
      return name.starts_with("reads.kept-") &&
             text_of(*env::read_whole(*world.files, name, 10'000)) == text;
    });
  }

  testing::World world;
};

TEST_F(RunAfterRun, LosesNothingWhereEachEndsInOrder) {
  for (std::size_t k = 1; k < 4; ++k) {
    Run run(world);
    read_event(run);
    end(run);
    EXPECT_EQ(count(Kind::kAccess), k);
  }
  EXPECT_EQ(count(Kind::kLoss), 0U);
}

// A month may be disposed of while the server runs on, and its secret with it.
TEST_F(RunAfterRun, LeavesAFileByTheSecretOfTheNewestMonth) {
  testing::SetClock clock;
  testing::World months;
  months.clock = &clock;
  clock.now = 1'767'300'000'000'000;  // 2026-01-01
  CHECK(months.open().has_value());
  Run run(months);
  const LeafIndex january = *newest_secret(*months.log);
  clock.now = 1'770'000'000'000'000;  // 2026-02-02
  ASSERT_TRUE(months.append_events(testing::events(1), "key"));
  const std::string february = std::to_string(newest_secret(*months.log)->value);
  ASSERT_NE(february, std::to_string(january.value));
  run.reads.stop();
  months.log->stop();
  run.reads.end();
  const Buffer left = *env::read_whole(*months.files, "reads", 1'000);
  EXPECT_TRUE(text_of(left).starts_with("varve reads v2\nsecret " +
                                        std::string(20 - february.size(), '0') + february + "\n"));
}

// Else a stop would be a record that a mirror made just before does not have.
TEST_F(RunAfterRun, GoesOnWithWhatWasSummedUp) {
  {
    Run run(world);
    read_event(run, false);
    end(run);
    EXPECT_EQ(count(Kind::kAccess), 0U);
  }
  Run run(world);
  end(run);
  EXPECT_EQ(count(Kind::kAccess), 1U);
  EXPECT_EQ(count(Kind::kLoss), 0U);
}

TEST_F(RunAfterRun, SaysSinceWhenReadsMayBeMissingWhereOneWasKilled) {
  const std::uint64_t before_us = env::posix_clock().now_us();
  {
    Run killed(world);  // it is not ended
    killed.reads.stop();
  }
  CHECK(world.reopen().has_value());
  Run run(world);
  end(run);
  ASSERT_EQ(count(Kind::kLoss), 1U);
  EXPECT_GE(loss().since_us, before_us);
  EXPECT_LE(loss().until_us, env::posix_clock().now_us());
  Run again(world);
  end(again);
  EXPECT_EQ(count(Kind::kLoss), 1U) << "it is said once";
}

// What a run takes up is in danger again until the log has it.
TEST_F(RunAfterRun, SaysSinceTheFirstReadWhereSeveralAreKilledBeforeTheLogTookAnything) {
  {
    Run killed(world);
    world.log->stop();
    read_event(killed);
    killed.reads.stop();
  }
  const std::uint64_t after_the_read_us = env::posix_clock().now_us();
  for (int k = 0; k < 2; ++k) {
    CHECK(world.reopen().has_value());
    world.log->stop();
    Run killed(world);
    killed.reads.stop();
  }
  CHECK(world.reopen().has_value());
  Run run(world);
  end(run);
  ASSERT_EQ(count(Kind::kLoss), 1U);
  EXPECT_LE(loss().since_us, after_the_read_us);
}

/// What whoever waits for its record is told.
Result<void> told(Reads& reads, const HostedLog& log, ReadBy by, std::uint64_t index) {
  std::promise<Result<void>> said;
  const format::Reader reader{"ann", "token", "", "", "", "", "192.0.2.7"};
  reads.take(log, reader, {"GET", "/", 200, {{index}, {index}}}, by,
             [&said](Result<void> recorded) { said.set_value(std::move(recorded)); });
  return said.get_future().get();
}

// While the log takes no record, what is read by break-glass is durable before it is answered: no kill takes it, and
// however many there are, nothing comes before it once the log takes records.
TEST_F(RunAfterRun, ReadsByBreakGlassAndPutsThemOnRecordFirstWheneverTheLogTakesRecordsAgain) {
  constexpr std::uint64_t kRuns = 3;
  const std::uint64_t before = world.size().value;
  for (std::uint64_t k = 0; k < kRuns; ++k) {
    Run killed(world, ReadAnswered::kOnceItIsOnRecord);
    const HostedLog& log = killed.logs.all().front();
    world.log->stop();
    EXPECT_FALSE(told(killed.reads, log, ReadBy::kAnybody, 1));
    EXPECT_TRUE(told(killed.reads, log, ReadBy::kBreakGlass, 2 * k));
    EXPECT_TRUE(told(killed.reads, log, ReadBy::kBreakGlass, 2 * k));
    EXPECT_EQ(killed.reads.status(log).by_break_glass, 2U);
    EXPECT_GE(killed.reads.status(log).refused, 1U);
    killed.reads.stop();
    CHECK(world.reopen().has_value());
    EXPECT_EQ(count(Kind::kAccess), 0U);
    if (k + 1 < kRuns) world.log->stop();
  }
  {
    Run run(world, ReadAnswered::kOnceItIsOnRecord);
    EXPECT_TRUE(told(run.reads, run.logs.all().front(), ReadBy::kAnybody, 1));
    end(run);
  }
  std::vector<format::IndexRange> read;
  std::uint64_t requests = 0;
  for (std::uint64_t i = before; i < world.size().value; ++i) {
    const Buffer bytes = world.log->records({i}, 1)->front();
    const format::Record record = *format::decode_record(bytes);
    if (record.kind != Kind::kAccess) continue;
    const auto access = format::parse_access(text_of(record.payload));
    requests += access->readings.front().requests;
    for (const format::IndexRange& range : access->readings.front().read) read.push_back(range);
  }
  EXPECT_EQ(requests, 2 * kRuns + 1);
  ASSERT_GE(read.size(), kRuns + 1);
  EXPECT_EQ(read.front(), (format::IndexRange{{0}, {0}}));
  EXPECT_EQ(read.back(), (format::IndexRange{{1}, {1}}));
  Run after(world);
  after.reads.stop();
  const Buffer left = *env::read_whole(*world.files, "reads", 1'000);
  EXPECT_EQ(left.size(), 141U) << "what is on record is not there any more";
}

// A read that is on record nowhere must not happen: neither the log nor the file has room.
TEST_F(RunAfterRun, RefusesBreakGlassWhereTheFileCannotKeepTheReadEither) {
  Run run(world, ReadAnswered::kOnceItIsOnRecord);
  const HostedLog& log = run.logs.all().front();
  world.log->stop();
  CHECK(world.files->make_directory("reads.tmp").has_value());
  CHECK(world.files->make_directory("reads.tmp/in-the-way").has_value());
  const auto refused = told(run.reads, log, ReadBy::kBreakGlass, 1);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("neither does the file reads"), std::string::npos);
  EXPECT_EQ(run.reads.status(log).by_break_glass, 0U);
  run.reads.stop();
}

// Where reads need not be on record first, break-glass is refused for nothing that others are not refused for.
TEST_F(RunAfterRun, AnswersBreakGlassWhereverItAnswersAnybody) {
  const HostedLogs logs(
      {{"main", world.options.origin, false, world.log.get()}});  // without a file
  Journal journal{Level::kError};
  Reads reads(logs, env::posix_clock(), journal);
  const format::Reader reader{"ann", "token", "", "", "", "", "192.0.2.7"};
  const ReadAnswer answer{"GET", "/", 200, {{1}, {1}}};
  world.log->stop();
  ASSERT_TRUE(reads.take(logs.all().front(), reader, answer));
  reads.write_due();  // in vain
  bool answered = false;
  reads.take(logs.all().front(), reader, answer, ReadBy::kBreakGlass,
             [&answered](const Result<void>& recorded) { answered = recorded.has_value(); });
  EXPECT_FALSE(answered);
  reads.write_due();
  EXPECT_TRUE(answered);
  EXPECT_EQ(reads.status(logs.all().front()).waiting, 2U);
  EXPECT_EQ(reads.status(logs.all().front()).by_break_glass, 0U);
}

TEST_F(RunAfterRun, TakesALeftRecordThatNoServerWroteForALossAndGoesOn) {
  const std::string others = format::loss_text({"another.example", 1, 2});
  const ReadsKey key = *newest_reads_key(*world.log);
  for (const std::string& text : {ended_reads_text(key, {{Kind::kRefusal, "any text"}}),
                                  ended_reads_text(key, {{Kind::kLoss, others}})}) {
    CHECK(env::write_durably(*world.files, "reads", bytes_of(text)).has_value());
    const std::size_t losses = count(Kind::kLoss);
    const std::size_t accesses = count(Kind::kAccess);
    Run run(world);
    read_event(run);
    end(run);
    EXPECT_EQ(count(Kind::kLoss), losses + 1);
    EXPECT_EQ(count(Kind::kAccess), accesses + 1);
    EXPECT_TRUE(is_kept(text)) << "who must know what was in it can look";
  }
}

// Somebody who can write the store, and does not know what is in the log: another log's secret serves him nothing.
TEST_F(RunAfterRun, BelievesNoFileThatSomebodyElseWrote) {
  const format::Loss false_one{world.options.origin, 1, 2};
  const std::string forged = ended_reads_text({newest_reads_key(*world.log)->secret, kKey.key},
                                              {{Kind::kLoss, format::loss_text(false_one)}});
  CHECK(env::write_durably(*world.files, "reads", bytes_of(forged)).has_value());
  Run run(world);
  end(run);
  ASSERT_EQ(count(Kind::kLoss), 1U);
  EXPECT_NE(loss(), false_one);
  EXPECT_EQ(loss().since_us, 0U);
}

// A later version may have written it, and records may wait in it.
TEST_F(RunAfterRun, TakesAFileThatItCannotReadForALossAndKeepsIt) {
  constexpr std::string_view kText = "varve reads v3\nended\n";
  CHECK(env::write_durably(*world.files, "reads", bytes_of(kText)).has_value());
  Run run(world);
  end(run);
  EXPECT_EQ(count(Kind::kLoss), 1U);
  EXPECT_TRUE(is_kept(kText));
}

}  // namespace
}  // namespace varve::api
