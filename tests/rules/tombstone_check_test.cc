// Which tombstones can be true: by themselves, and among the records around them.
#include "ledger/rules/tombstone_check.h"

#include <gtest/gtest.h>

#include "ledger/base/month.h"
#include "ledger/format/record.h"
#include "ledger/format/retention.h"
#include "tests/format/test_keys.h"

namespace varve::rules {
namespace {

constexpr std::uint64_t kHour = 3'600'000'000;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint64_t kNow = 1'795'219'200'000'000;  // 2026-11-21

std::uint64_t first_of(std::uint32_t month) {
  return end_of_month_us(month) - 27 * kDay;
}

format::Tombstone of_month(std::uint32_t month, std::uint64_t segment = 0) {
  return {month, segment, end_of_month_us(month), {}};
}

bool may_be(const format::Tombstone& tombstone, const Present& now) {
  return check_possible(tombstone, now.key_minutes) && check_past(tombstone, now);
}

TEST(Tombstone, IsOfAMonthThatIsOver) {
  for (std::uint32_t month = 0; month < 300'000; ++month) {
    const std::uint64_t destroyed_us = is_month(month) ? end_of_month_us(month) : kNow;
    const bool over = is_month(month) && month < 202'611;
    const format::Tombstone tombstone{month, 0, destroyed_us, {}};
    EXPECT_EQ(may_be(tombstone, {kNow, 0}), over) << month;
  }
}

// Every month around that of the log's own clock, whatever the reader's clock says.
TEST(Tombstone, IsOfAMonthThatIsOverForTheLogWhereItHasAClock) {
  for (std::uint32_t month = 202'601; month <= 202'612; ++month)
    for (const std::uint64_t log_us : {first_of(202'606), end_of_month_us(202'606) - 1})
      for (const std::uint64_t reader_us : {std::uint64_t{5}, first_of(202'601), first_of(202'701)})
        EXPECT_EQ(may_be(of_month(month), {reader_us, log_us}), month < 202'606) << month;
  EXPECT_EQ(check_past(of_month(202'611), {first_of(202'701), kNow}).error().message,
            "its month 2026-11 is not over: the log's own clock says 2026-11-21T00:00:00Z");
}

TEST(Tombstone, IsOfAKeyThatWasDestroyedBeforeTheLaterOfBothClocks) {
  const format::Tombstone tombstone{202'601, 0, kNow + kHour, {}};
  EXPECT_TRUE(may_be(tombstone, {kNow, first_of(202'603)}));
  EXPECT_TRUE(may_be(tombstone, {5, kNow}));
  EXPECT_FALSE(may_be(tombstone, {kNow - 1, kNow - 1}));
}

TEST(Tombstone, IsOfAKeyThatWasDestroyedAfterItsMonthAndBeforeNow) {
  const std::uint64_t end = end_of_month_us(202'610);
  const auto possible = [](std::uint64_t destroyed_us, std::uint64_t now_us) {
    return may_be({202'610, 0, destroyed_us, {}}, {now_us, 0});
  };
  EXPECT_TRUE(possible(end, kNow));
  EXPECT_FALSE(possible(end - 1, kNow));
  EXPECT_FALSE(possible(0, kNow));
  EXPECT_TRUE(possible(kNow + kHour, kNow)) << "clocks differ";
  EXPECT_FALSE(possible(kNow + kHour + 1, kNow));
  EXPECT_FALSE(possible(~std::uint64_t{0}, kNow));
  EXPECT_TRUE(possible(end, end - kHour));
  EXPECT_FALSE(possible(end, end - kHour - 1));
}

TEST(Tombstone, ThatCannotBeTrueIsRefusedWithTheReason) {
  EXPECT_NE(check_possible({0, 0, kNow, {}}, 0).error().message.find("the month 0"),
            std::string::npos);
  const auto running = check_past({202'611, 0, kNow, {}}, {kNow, 0});
  EXPECT_EQ(running.error().code, Code::kCorrupt);
  EXPECT_EQ(running.error().message,
            "its month 2026-11 is not over: this machine's clock says 2026-11-21T00:00:00Z");
}

Buffer encoded(format::Kind kind, SourceId source, std::uint64_t time_us,
               const std::string& payload) {
  format::Record made;
  made.payload = bytes_of(payload);
  made.kind = kind;
  made.source = source;
  made.time_us = time_us;
  made.media_type = "text/plain";
  return *format::encode_record(made);
}

Buffer clock_record(std::uint64_t reading_us, std::uint64_t host_us = 7) {
  return encoded(format::Kind::kClock, format::kLogItself, host_us,
                 format::clock_text({"log.example", 0, reading_us, host_us, 0, {}, {}}));
}

/// A log written as a list, and what is said of it at its end.
class Entries {
 public:
  Entries& control(std::uint64_t time_us) {
    return record(format::Kind::kAuditRun, format::kLogItself, time_us);
  }
  /// Its host time says nothing: only the reading counts.
  Entries& clock(std::uint64_t reading_us, std::uint64_t host_us) {
    entries_.push_back(clock_record(reading_us, host_us));
    return *this;
  }
  /// The log is a draft with key periods of that length, by its policy.
  Entries& draft(std::uint16_t minutes) {
    format::Policy policy;
    policy.origin = "audit.example.org/draft";
    policy.mode = format::Mode::kDraft;
    policy.period = policy.notice = policy.wait = 1;
    policy.key_period_minutes = key_minutes_ = minutes;
    const format::TestKey key = format::TestKey::ed25519(policy.origin, 1);
    policy.key = key.verifier();
    entries_.push_back(encoded(format::Kind::kPolicy, format::kLogItself, kNow,
                               format::signed_note(format::policy_text(policy), {&key})));
    return *this;
  }
  Entries& server_seal(std::uint64_t time_us) {
    return record(format::Kind::kBatchSeal, format::kLogItself, time_us);
  }
  Entries& seal(std::uint64_t time_us = 7) {
    return record(format::Kind::kBatchSeal, SourceId{9}, time_us);
  }
  Entries& gone(const format::Tombstone& tombstone) {
    entries_.push_back(format::encode_tombstone(tombstone));
    return *this;
  }

  /// The record that is accused, if any. The state is saved and read between any two entries.
  [[nodiscard]] std::optional<std::uint64_t> accused() const {
    TombstoneCheck check(kNow);
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      if (const auto wrong = check.take(LeafIndex{k}, entries_[k])) return wrong->index.value;
      check = saved(check);
    }
    const auto wrong = check.finish();
    return wrong ? std::optional(wrong->index.value) : std::nullopt;
  }
  [[nodiscard]] DestroyedMonths months() const {
    TombstoneCheck check(kNow);
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      EXPECT_FALSE(check.take(LeafIndex{k}, entries_[k]));
      check = saved(check);
    }
    return check.months();
  }

 private:
  Entries& record(format::Kind kind, SourceId source, std::uint64_t time_us) {
    entries_.push_back(encoded(kind, source, time_us, ""));
    return *this;
  }
  [[nodiscard]] TombstoneCheck saved(const TombstoneCheck& check) const {
    Buffer bytes;
    ByteWriter out(bytes);
    check.encode(out);
    TombstoneCheck read(kNow);
    ByteReader in(bytes);
    read.decode(in, key_minutes_);
    EXPECT_TRUE(in.at_end());
    return read;
  }

  std::vector<Buffer> entries_;
  std::uint16_t key_minutes_ = 0;
};

// Each length of a key period: what was over by the log's clock may be gone, and nothing else. Never is the number
// that of a month.
TEST(Tombstones, OfADraftAreOfKeyPeriodsThatAreOver) {
  for (std::uint32_t length = 1; length <= kKeyPeriodMaxMinutes; length += length / 7 + 1) {
    const auto minutes = static_cast<std::uint16_t>(length);
    const KeyPeriod newest = key_period_of(kNow, minutes);
    const KeyPeriod before{newest.number - 1, minutes};
    const auto gone = [&](KeyPeriod period) {
      return format::Tombstone{period.number, 0, end_of_key_period_us(period), {}};
    };
    const std::uint64_t first_us = end_of_key_period_us(before) - 1;
    const auto log = [&] { return Entries().draft(minutes).clock(first_us, first_us); };
    EXPECT_EQ(log().gone(gone(before)).seal().clock(kNow, kNow).accused(), std::nullopt) << minutes;
    EXPECT_EQ(log().gone(gone(newest)).seal().clock(kNow, kNow).accused(), 2U) << minutes;
    EXPECT_EQ(log().clock(kNow, kNow).gone(gone(before)).seal().accused(), 3U) << minutes;
    format::Tombstone too_early = gone(before);
    --too_early.destroyed_us;
    EXPECT_EQ(log().gone(too_early).seal().clock(kNow, kNow).accused(), 2U) << minutes;
    EXPECT_EQ(log().gone(of_month(202'610)).seal().clock(kNow, kNow).accused(), 2U) << minutes;
    EXPECT_EQ(log().gone(gone(before)).seal().clock(kNow, kNow).months().begin()->first, before);
  }
  EXPECT_NE(explain({29'920'319, 1}, {1, kNow}).find("1 event of 29920319 is gone"),
            std::string::npos);
}

TEST(Tombstones, AreCountedByMonth) {
  const format::Tombstone late{202'602, 4, kNow, {}};
  const Entries log =
      Entries().gone(of_month(202'601)).gone(of_month(202'601)).seal().gone(late).seal();
  EXPECT_EQ(log.months(), (DestroyedMonths{{{202'601}, {2, end_of_month_us(202'601), {0}, {1}}},
                                           {{202'602}, {1, kNow, {3}, {3}}}}));
  EXPECT_EQ(explain({202'602}, {1, kNow}),
            "1 event of 2026-02 is gone: its key is said to be destroyed on 2026-11-21T00:00:00Z");
}

// A gap is lawful where the log's own records let its month go, all of it, and a loss elsewhere.
TEST(Tombstones, AreHeldAgainstWhatTheLogDisposesOf) {
  Retention log;
  const auto clock = [&](std::uint64_t index, std::uint32_t month) {
    log.apply(ClockAct{{{index}, {}}, {"", index, first_of(month), first_of(month), 0, {}, {}}});
  };
  clock(0, 202'601);
  clock(10, 202'602);
  clock(20, 202'603);
  DisposalAct act;
  act.place = {{25}, {}};
  act.months = {{202'602, {10}, {20}}};
  log.apply(act);
  const auto judged = [&](std::uint32_t month, std::uint64_t first, std::uint64_t last) {
    DestroyedMonths months{{{month}, {2, kNow, {first}, {last}}}};
    judge(months, log);
    return months.at({month});
  };
  EXPECT_EQ(judged(202'602, 10, 19).disposal, LeafIndex{25});
  EXPECT_NE(explain({202'602}, judged(202'602, 10, 19)).find(", and record 25 disposes of it"),
            std::string::npos);
  for (const auto& lost : {judged(202'602, 9, 19), judged(202'602, 10, 20), judged(202'601, 0, 5),
                           judged(202'604, 21, 22)}) {
    EXPECT_FALSE(lost.disposal);
    EXPECT_NE(explain({202'601}, lost).find("no record of the log disposes of it: a loss"),
              std::string::npos);
  }
}

// Of format 2: what it names has to stand behind it, and be the one that the log has.
TEST(Tombstones, NameTheRecordThatDisposesOfTheirMonth) {
  const auto naming = [](std::uint64_t disposal) {
    return format::Tombstone{202'601, 0, 0, {}, LeafIndex{disposal}};
  };
  const DestroyedMonths months = Entries().gone(naming(7)).gone(naming(7)).seal().months();
  EXPECT_EQ(months.at({202'601}).named, LeafIndex{7});
  EXPECT_EQ(explain({202'601}, months.at({202'601})),
            "2 events of 2026-01 are gone: record 7 is said to dispose of it");
  EXPECT_EQ(Entries().gone(naming(7)).gone(naming(8)).accused(), 1U) << "in one batch";
  EXPECT_EQ(Entries().gone(naming(7)).seal().gone(naming(8)).accused(), 2U);
  EXPECT_EQ(Entries().gone(naming(0)).accused(), 0U) << "it stands before it";
  Retention log;
  for (const std::uint64_t index : {0, 10})
    log.apply(ClockAct{{{index}, {}},
                       {"",
                        index,
                        first_of(202'601 + static_cast<std::uint32_t>(index / 10)),
                        first_of(202'601),
                        0,
                        {},
                        {}}});
  DisposalAct act;
  act.place = {{25}, {}};
  act.months = {{202'601, {0}, {10}}};
  log.apply(act);
  for (const std::uint64_t named : {24, 25, 26}) {
    DestroyedMonths gone{{{202'601}, {2, 0, {1}, {2}}}};
    gone.at({202'601}).named = LeafIndex{named};
    judge(gone, log);
    EXPECT_EQ(gone.at({202'601}).disposal.has_value(), named == 25) << named;
  }
}

// Every month against every time of the server's that is before it, with and without one behind it.
TEST(Tombstones, AreNeverOfAMonthBeforeWhatTheServerWroteBeforeThem) {
  for (std::uint32_t before = 202'501; before <= 202'506; ++before)
    for (std::uint32_t month = 202'501; month <= 202'506; ++month) {
      SCOPED_TRACE(std::to_string(before) + " " + std::to_string(month));
      const std::uint64_t time_us = first_of(before) + 2 * kDay;
      const auto expected = month < before ? std::optional(std::uint64_t{1}) : std::nullopt;
      EXPECT_EQ(Entries().control(time_us).gone(of_month(month)).seal().accused(), expected);
      EXPECT_EQ(Entries().server_seal(time_us).gone(of_month(month)).seal().control(kNow).accused(),
                expected);
      EXPECT_EQ(Entries().gone(of_month(month)).seal().control(time_us).accused(), std::nullopt)
          << "what was restored is of the month of the restore, and that is late";
      EXPECT_EQ(Entries().seal(time_us).gone(of_month(month)).seal().accused(), std::nullopt)
          << "what a source says of the time proves nothing";
    }
}

TEST(Tombstones, MayBeOfASegmentThatTookRecordsForADayAfterItsMonth) {
  const std::uint64_t end = end_of_month_us(202'501);
  EXPECT_EQ(Entries().control(end + kDay - 1).gone(of_month(202'501)).seal().accused(),
            std::nullopt);
  EXPECT_EQ(Entries().control(end + kDay).gone(of_month(202'501)).seal().accused(), 1u);
}

// A clock that ran ahead and was put back wrote nothing that convicts the honest records after it.
TEST(Tombstones, AreNotHeldAgainstAClockThatWentBack) {
  const std::uint64_t ahead = first_of(209'901);
  EXPECT_EQ(
      Entries().control(ahead).gone(of_month(202'501)).seal().control(first_of(202'502)).accused(),
      std::nullopt);
  EXPECT_EQ(Entries().control(ahead).gone(of_month(202'501)).seal().accused(), std::nullopt)
      << "nor when the clock here says that it ran ahead";
  EXPECT_EQ(Entries().control(~std::uint64_t{0}).gone(of_month(202'501)).seal().accused(),
            std::nullopt);
  Entries log;
  log.control(ahead).gone(of_month(202'501)).seal().control(first_of(202'504) + 2 * kDay);
  EXPECT_EQ(log.gone(of_month(202'503)).seal().accused(), 4u) << "the next time is right again";
}

// Every month against every month of a clock record before it, whatever host times say around them.
TEST(Tombstones, AreNeverOfAMonthBeforeThatOfTheClockRecordBeforeThem) {
  const std::uint64_t wrong[] = {5, first_of(202'401), first_of(202'502), first_of(209'901)};
  for (std::uint32_t clock = 202'501; clock <= 202'506; ++clock)
    for (std::uint32_t month = 202'501; month <= 202'506; ++month)
      for (const std::uint64_t host_us : wrong) {
        SCOPED_TRACE(std::to_string(clock) + " " + std::to_string(month) + " " +
                     std::to_string(host_us));
        const auto expected = month < clock ? std::optional(std::uint64_t{2}) : std::nullopt;
        const std::uint64_t begin = end_of_month_us(clock - 1 == 202'500 ? 202'412 : clock - 1);
        for (const std::uint64_t reading_us : {begin, end_of_month_us(clock) - 1}) {
          Entries log;
          log.clock(reading_us, host_us).control(first_of(202'512)).gone(of_month(month)).seal();
          log.clock(first_of(202'512), host_us);
          EXPECT_EQ(log.accused(), expected);
          EXPECT_EQ(log.control(host_us).accused(), expected);
        }
      }
}

TEST(Tombstones, InFrontOfTheFirstClockRecordAreHeldAgainstHostTimes) {
  const std::uint64_t february = first_of(202'502) + 2 * kDay;
  const auto log = [&](std::uint32_t month, std::uint64_t clock_host_us) {
    return Entries()
        .control(february)
        .gone(of_month(month))
        .seal()
        .clock(february, clock_host_us)
        .gone(of_month(202'502))
        .seal()
        .clock(first_of(202'503), clock_host_us)
        .accused();
  };
  EXPECT_EQ(log(202'501, february), 1u);
  EXPECT_EQ(log(202'502, february), std::nullopt);
  EXPECT_EQ(log(202'501, first_of(202'501)), std::nullopt) << "the host's clock had been ahead";
}

// The log's own clock decides, wherever its records stand: a clock record that comes later may end
// the month, and without one the month runs on, whatever the reader's clock says.
TEST(Tombstones, AreOfMonthsThatAreOverAtTheLogsEnd) {
  const std::uint64_t january = first_of(202'601) + 2 * kDay;
  Entries log;
  log.clock(january, january).gone(of_month(202'601)).seal();
  EXPECT_EQ(log.accused(), 1u);
  log.clock(end_of_month_us(202'601) - 1, kNow);
  EXPECT_EQ(log.accused(), 1u);
  log.clock(end_of_month_us(202'601), 5);
  EXPECT_EQ(log.accused(), std::nullopt);
}

// What was audited before, and is gone now, is not counted and is held against the same clocks.
TEST(Tombstones, InPlaceOfWhatWasTakenBeforeAreJudgedAtTheEndToo) {
  const std::uint64_t january = first_of(202'601) + 2 * kDay;
  const auto accused = [&](const format::Tombstone& says, std::uint64_t reading_us) {
    TombstoneCheck check(kNow);
    if (const auto wrong = check.take_again(LeafIndex{3}, format::encode_tombstone(says)))
      return std::optional(wrong->index.value);
    EXPECT_FALSE(check.take(LeafIndex{4}, clock_record(reading_us)));
    EXPECT_EQ(check.records(), 0u);
    const auto wrong = check.finish();
    return wrong ? std::optional(wrong->index.value) : std::nullopt;
  };
  EXPECT_EQ(accused(of_month(202'601), end_of_month_us(202'601)), std::nullopt);
  EXPECT_EQ(accused(of_month(202'601), january), 3u);
  EXPECT_EQ(accused({202'601, 0, january, {}}, kNow), 3u) << "before its month was over";
}

TEST(Tombstones, OfOneBatchSayTheSame) {
  const format::Tombstone first = of_month(202'601, 3);
  EXPECT_EQ(Entries().gone(first).gone(of_month(202'602, 3)).accused(), 1u);
  EXPECT_EQ(Entries().gone(first).gone(of_month(202'601, 4)).accused(), 1u);
  EXPECT_EQ(Entries().gone(first).gone({202'601, 3, kNow, {}}).accused(), 1u);
  EXPECT_EQ(Entries().gone(first).seal().gone(of_month(202'602, 1)).accused(), std::nullopt);
}

}  // namespace
}  // namespace varve::rules
