// What a run leaves to the next one of reads that are not on record.
#include "api/access/reads_file.h"

#include <gtest/gtest.h>

#include <fstream>

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

TEST(LeftReads, AreReadAsTheyWereWritten) {
  for (const std::uint64_t us :
       {std::uint64_t{0}, std::uint64_t{1'795'256'180'000'000}, UINT64_MAX}) {
    EXPECT_EQ(running_reads_text(us).size(), 44U);
    EXPECT_EQ(parse_left_reads(running_reads_text(us))->lost_since_us, us);
  }
  const auto left = parse_left_reads(ended_reads_text(two_reports()));
  ASSERT_TRUE(left);
  EXPECT_FALSE(left->lost_since_us);
  ASSERT_EQ(left->reports.size(), 2U);
  EXPECT_EQ(left->reports[0].text, two_reports()[0].text);
  EXPECT_EQ(left->reports[1].kind, Kind::kRefusal);
  EXPECT_TRUE(parse_left_reads(ended_reads_text({}))->reports.empty());
}

TEST(LeftReads, InAnyOtherSpellingAreRefused) {
  const std::string running = running_reads_text(5);
  for (std::size_t cut = 0; cut < running.size(); ++cut)
    EXPECT_FALSE(parse_left_reads(running.substr(0, cut)));
  const std::string ended = ended_reads_text({two_reports()[0]});
  const std::size_t empty = ended_reads_text({}).size();
  for (std::size_t cut = 0; cut < ended.size(); ++cut)
    EXPECT_EQ(parse_left_reads(ended.substr(0, cut)).has_value(), cut == empty) << cut;
  for (const std::string& more : {running + "\n", ended + "\n", ended + "1 0\n", ended + "130 x\n",
                                  ended + "130 1\n", ended + "130 18446744073709551615\n",
                                  ended + "300 0\n", std::string("varve reads v2\nended\n")})
    EXPECT_FALSE(parse_left_reads(more)) << more;
}

TEST(LeftReads, AreShownInTheirDocument) {
  std::ifstream in(source_file("docs/format/access.md"));
  std::string line;
  while (std::getline(in, line) && line != "```reads-file") {
  }
  std::string text;
  while (std::getline(in, line) && line != "```") text.append(line).append("\n");
  const auto left = parse_left_reads(text);
  ASSERT_TRUE(left) << text;
  ASSERT_EQ(left->reports.size(), 1U);
  EXPECT_TRUE(format::parse_loss(left->reports[0].text));
}

/// The server's reads of one log, run after run.
class RunAfterRun : public ::testing::Test {
 protected:
  RunAfterRun() { CHECK(world.open().has_value()); }
  struct Run {
    explicit Run(testing::World& w)
        : logs{{"main", w.options.origin, false, w.log.get(), w.files.get()}},
          reads(logs, env::posix_clock(), journal) {
      reads.start();
    }
    Journal journal{Level::kError};
    std::vector<HostedLog> logs;
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
    CHECK(run.reads.take(run.logs.front(), reader, answer).has_value());
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

TEST_F(RunAfterRun, TakesALeftRecordThatNoServerWroteForALossAndGoesOn) {
  const std::string others = format::loss_text({"another.example", 1, 2});
  for (const std::string& text : {ended_reads_text({{Kind::kRefusal, "any text"}}),
                                  ended_reads_text({{Kind::kLoss, others}})}) {
    CHECK(env::write_durably(*world.files, "reads", bytes_of(text)).has_value());
    const std::size_t losses = count(Kind::kLoss);
    const std::size_t accesses = count(Kind::kAccess);
    Run run(world);
    read_event(run);
    end(run);
    EXPECT_EQ(count(Kind::kLoss), losses + 1);
    EXPECT_EQ(count(Kind::kAccess), accesses + 1);
  }
}

// A later version may have written it, and records may wait in it.
TEST_F(RunAfterRun, TakesAFileThatItCannotReadForALossAndKeepsIt) {
  constexpr std::string_view kText = "varve reads v2\nended\n";
  CHECK(env::write_durably(*world.files, "reads", bytes_of(kText)).has_value());
  Run run(world);
  end(run);
  EXPECT_EQ(count(Kind::kLoss), 1U);
  std::size_t kept = 0;
  const auto names = world.files->list("");
  ASSERT_TRUE(names);
  for (const std::string& name : *names) {
    if (!name.starts_with("reads.kept-")) continue;
    ++kept;
    EXPECT_EQ(text_of(*env::read_whole(*world.files, name, 100)), kText);
  }
  EXPECT_EQ(kept, 1U);
}

}  // namespace
}  // namespace varve::api
