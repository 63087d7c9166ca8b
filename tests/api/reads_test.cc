// Who read what, on record: each way to read an event, what is put together, a log that takes no records.
#include "api/access/reads.h"

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <set>

#include "ledger/format/access.h"
#include "tests/access/replace_tokens.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

using format::IndexRange;
using format::Kind;
using format::Reading;

constexpr const char* kFhirEvent = R"({"resourceType":"AuditEvent"})";

class ReadsOnRecord : public ::testing::Test {
 protected:
  ReadsOnRecord() {
    const Response added =
        site.post("/logs/open/fhir/AuditEvent", "application/fhir+json", kFhirEvent, "append");
    CHECK(added.status == 201);
    event = *find(Kind::kEvent);
  }
  /// The newest record of a kind.
  [[nodiscard]] std::optional<std::uint64_t> find(Kind kind) const {
    for (std::uint64_t i = site.world.size().value; i-- > 0;)
      if (format::decode_record(site.world.log->records({i}, 1)->front())->kind == kind) return i;
    return std::nullopt;
  }
  /// What is on record from `first` on, once all that was taken down is.
  std::vector<format::Access> on_record(std::uint64_t first = 0) {
    site.access->reads().write_rest();
    CHECK(site.world.append_events({"{}"}).has_value());  // behind them in the queue
    std::vector<format::Access> all;
    for (std::uint64_t i = first; i < site.world.size().value; ++i) {
      const Buffer bytes = site.world.log->records({i}, 1)->front();
      const format::Record record = *format::decode_record(bytes);
      if (record.kind == Kind::kAccess)
        all.push_back(*format::parse_access(text_of(record.payload)));
    }
    return all;
  }
  [[nodiscard]] const HostedLog& log() const { return site.access->logs().front(); }

  Site site;
  std::uint64_t event = 0;
};

std::string filled(std::string target, const std::string& from, const std::string& to) {
  const std::size_t at = target.find(from);
  return at == std::string::npos ? target : target.replace(at, from.size(), to);
}

// Exhaustive: a route that reads and is not asked here fails, as does one that says nothing of it (search_test.cc).
TEST_F(ReadsOnRecord, AreThoseOfEachRouteThatReadsEvents) {
  std::set<std::string> asked;
  for (const Route& route : routes()) {
    if (!reads_events(route.rights) || intersects(route.rights, Rights::kSearch)) continue;
    SCOPED_TRACE(route.pattern);
    const std::uint64_t before = site.world.size().value;
    const std::string index = std::to_string(event);
    const std::string tile = "000.p/" + std::to_string(event + 1);
    std::string target = filled(std::string(route.pattern), "{log}", "closed");
    target = filled(filled(target, "{item}", index), "{rest}", tile);
    const Response got = site.get(target, "read");
    ASSERT_EQ(got.status, 200) << target << body_of(got);
    const std::vector<format::Access> records = on_record(before);
    ASSERT_EQ(records.size(), 1U);
    const format::Access& access = records.front();
    EXPECT_EQ(access.origin, site.world.options.origin);
    EXPECT_EQ(access.reader.client, "read");
    EXPECT_EQ(access.reader.proof, "token");
    EXPECT_TRUE(access.reader.credential.starts_with("sha256:"));
    EXPECT_EQ(access.reader.address, "127.0.0.1");
    const bool bundle = route.pattern.ends_with("{rest}");
    const IndexRange range = bundle ? IndexRange{{0}, {event}} : IndexRange{{event}, {event}};
    EXPECT_EQ(access.readings,
              (std::vector<Reading>{{"GET", std::string(route.pattern), 200, 1, {range}}}));
    asked.insert(std::string(route.pattern));
  }
  EXPECT_EQ(asked.size(), 4U);
}

TEST_F(ReadsOnRecord, AreProofsThatCarryTheRecordAndNoOthers) {
  const std::string target = "/logs/open/proof/inclusion?index=" + std::to_string(event);
  const Headers text = {{"accept", "text/plain"}};
  EXPECT_EQ(site.get(target, "read").status, 200);
  EXPECT_EQ(site.get(target, "append", text).status, 200);
  EXPECT_EQ(site.get(target, "", text).status, 200);
  EXPECT_TRUE(on_record().empty());
  EXPECT_EQ(site.get(target, "read", text).status, 200);
  const std::vector<format::Access> records = on_record();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(
      records.front().readings,
      (std::vector<Reading>{{"GET", "/logs/{log}/proof/inclusion", 200, 1, {{{event}, {event}}}}}));
}

TEST_F(ReadsOnRecord, OfOneReaderAreOneRecordThatLeavesNothingOut) {
  const std::string events = "/logs/open/events/";
  for (const std::uint64_t index :
       {event, std::uint64_t{3}, std::uint64_t{1}, std::uint64_t{2}, event})
    EXPECT_EQ(site.get(events + std::to_string(index), "read").status, 200);
  EXPECT_EQ(site.get(events + "70", "read").status, 404);
  EXPECT_EQ(site.get(events + "1", "both").status, 200);
  const std::vector<format::Access> records = on_record();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].reader.client, "both");
  for (const std::size_t k : {1U, 2U}) EXPECT_EQ(records[k].reader.client, "read");
  EXPECT_LE(records[1].first_us, records[1].last_us);
  ASSERT_GT(event, 4U);
  const std::string route = "/logs/{log}/events/{item}";
  EXPECT_EQ(
      records[1].readings,
      (std::vector<Reading>{{"GET", route, 200, 4, {{{1}, {1}}, {{3}, {3}}, {{event}, {event}}}}}));
  // A clock record, and none.
  EXPECT_EQ(records[2].readings, (std::vector<Reading>{{"GET", route, 200, 1, {{{2}, {2}}}},
                                                       {"GET", route, 404, 1, {{{70}, {70}}}}}));
}

TEST_F(ReadsOnRecord, ComeByThemselvesWithinAMoment) {
  std::promise<std::vector<Report>> handed_over;
  site.log->take_reports = [&](std::vector<Report> reports, AppendDone done) {
    handed_over.set_value(std::move(reports));
    done(Appended{});
  };
  ASSERT_TRUE(site.access->reads().start());
  EXPECT_EQ(site.get("/logs/open/events/1", "read").status, 200);
  const std::vector<Report> reports = handed_over.get_future().get();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().kind, Kind::kAccess);
  site.access->reads().stop();
}

/// Requests of all records together, by status.
std::map<std::uint32_t, std::uint64_t> requests_in(const std::vector<format::Access>& records) {
  std::map<std::uint32_t, std::uint64_t> requests;
  for (const format::Access& access : records)
    for (const Reading& reading : access.readings) requests[reading.status] += reading.requests;
  return requests;
}

// What is answered is on record in the end; what could not be is refused and says why.
TEST_F(ReadsOnRecord, AreRefusedOnceNoMoreCanWait) {
  Reads& reads = site.access->reads();
  format::Reader reader{"ann", "token", "", "", "", "", "192.0.2.7"};
  const std::uint64_t before = site.world.size().value;
  site.log->refusal = full("the disk has 3 MiB left");
  std::uint64_t taken = 0;
  std::optional<Error> why;
  for (; !why; reader.client = "ann" + std::to_string(++taken % 3)) {
    const IndexRange range{{2 * taken}, {2 * taken}};
    if (auto ok = reads.take(log(), reader, {"GET", "/", 200, range}); !ok) why = ok.error();
    if (taken % 10'000 == 0) reads.write_due();  // in vain
  }
  --taken;
  EXPECT_EQ(why->code, Code::kFull);
  EXPECT_EQ(reads.status(log()).waiting, taken);
  const Response refused = site.get("/logs/open/events/" + std::to_string(event), "read");
  EXPECT_EQ(refused.status, 507);
  EXPECT_NE(body_of(refused).find("reads are put on record, and the log takes no record: the disk "
                                  "has 3 MiB left"),
            std::string::npos)
      << body_of(refused);
  EXPECT_EQ(reads.status(log()).refused, 2U);
  EXPECT_EQ(site.get("/logs/open/checkpoint", "read").status, 200) << "it is no read of an event";
  site.log->refusal.reset();
  const std::vector<format::Access> records = on_record(before);
  EXPECT_EQ(requests_in(records)[200], taken);
  EXPECT_EQ(reads.status(log()).waiting, 0U);
  EXPECT_EQ(reads.status(log()).recorded, taken);
  EXPECT_EQ(site.get("/logs/open/events/" + std::to_string(event), "read").status, 200);
}

TEST_F(ReadsOnRecord, AreCountedInTheMetrics) {
  EXPECT_EQ(site.get("/logs/open/events/1", "read").status, 200);
  const auto metrics = [this] { return body_of(site.get("/metrics")); };
  EXPECT_NE(metrics().find("\nvarve_log_reads_waiting{log=\"open\"} 1\n"), std::string::npos);
  on_record();
  EXPECT_NE(metrics().find("\nvarve_log_reads_waiting{log=\"open\"} 0\n"), std::string::npos);
  EXPECT_NE(metrics().find("\nvarve_log_reads_recorded_total{log=\"open\"} 1\n"),
            std::string::npos);
  EXPECT_NE(metrics().find("\nvarve_log_reads_refused_total{log=\"open\"} 0\n"), std::string::npos);
}

// Many records: each fits, and what each says is what was read.
TEST_F(ReadsOnRecord, OfAnyNumberOfRangesAreLeftOutNowhere) {
  constexpr std::uint64_t kReads = 2'500;
  const format::Reader reader{"ann", "token", "", "", "", "", "192.0.2.7"};
  for (std::uint64_t k = kReads; k-- > 0;)
    ASSERT_TRUE(
        site.access->reads().take(log(), reader, {"GET", "/", 200, {{3 * k}, {3 * k + 1}}}));
  std::set<std::uint64_t> read;
  for (const format::Access& access : on_record())
    for (const IndexRange& range : access.readings.front().read)
      for (std::uint64_t i = range.first.value; i <= range.last.value; ++i) read.insert(i);
  EXPECT_EQ(read.size(), 2 * kReads);
  EXPECT_EQ(*read.rbegin(), 3 * (kReads - 1) + 1);
}

/// Reads of a time that a test sets, of the site's logs.
class TimedReads : public ReadsOnRecord {
 protected:
  TimedReads() {
    site.log->take_reports = [this](std::vector<Report> reports, AppendDone done) {
      if (refusal) return done(*refusal);
      for (Report& report : reports) written.push_back(std::move(report));
      done(Appended{});
    };
  }
  void pass(std::uint64_t ms) { clock.ms += ms; }
  [[nodiscard]] Result<void> take(const ReadAnswer& answer) {
    return reads.take(log(), reader, answer);
  }
  [[nodiscard]] std::vector<Report> taken() { return std::exchange(written, {}); }

  struct ManualClock final : env::Clock {
    [[nodiscard]] std::uint64_t now_us() const override {
      return 1'795'256'120'000'000 + ms * 1'000;
    }
    [[nodiscard]] std::uint64_t steady_ms() const override { return ms; }
    std::uint64_t ms = 7;
  } clock;
  std::vector<Report> written;  // also by what `reads` hands over when it ends
  std::optional<Error> refusal;
  const HostedLogs logs{std::vector<HostedLog>{site.access->logs().front()}};
  [[nodiscard]] const HostedLog& log() const { return logs.all().front(); }
  Reads reads{logs, clock, site.journal};
  const format::Reader reader{"ann", "token", "", "", "", "", "192.0.2.7"};
  const ReadAnswer of_none{"GET", "/", 200, {{5}, {5}}, false};
  const ReadAnswer of_event{"GET", "/", 200, {{4}, {4}}};
};

constexpr std::uint64_t kMinuteMs = 60'000;
constexpr std::uint64_t kHourMs = 60 * kMinuteMs;

// A poller who waits for records that his own reads make would make them for ever.
TEST_F(TimedReads, ThatTellOfNoEventAreSummedUpForAnHour) {
  ASSERT_TRUE(take(of_none));
  EXPECT_EQ(reads.write_due(), kHourMs);
  for (int k = 1; k < 60; ++k) {
    pass(kMinuteMs);
    ASSERT_TRUE(take(of_none));
    ASSERT_EQ(reads.write_due(), kHourMs - static_cast<std::uint64_t>(k) * kMinuteMs);
  }
  EXPECT_TRUE(taken().empty());
  ASSERT_TRUE(take(of_event));
  reads.write_due();
  EXPECT_EQ(taken().size(), 1U) << "the other one is due at once";
  pass(kMinuteMs);
  reads.write_due();
  const std::vector<Report> sums = taken();
  ASSERT_EQ(sums.size(), 1U);
  const format::Access access = *format::parse_access(sums.front().text);
  EXPECT_EQ(access.last_us - access.first_us, 59 * kMinuteMs * 1'000);
  EXPECT_EQ(access.readings, (std::vector<Reading>{{"GET", "/", 200, 60, {{{5}, {5}}}}}));
  EXPECT_FALSE(reads.write_due());
}

// Sums wait for nothing but their hour: whoever reads an event is not refused because of them.
TEST_F(TimedReads, ThatAreSummedUpMakeRoomForOthers) {
  for (std::uint64_t k = 0; k < 3'000; ++k) {
    const format::Reader poller{"ann", "token", "", "", "", "", std::to_string(k)};
    ASSERT_TRUE(reads.take(log(), poller, of_none)) << k;
    if (k % 100 == 0) reads.write_due();
  }
  EXPECT_TRUE(take(of_event));
}

// Who asked for a bundle and was given none of it has read nothing that a later answer could repeat.
TEST_F(TimedReads, OfABundleThatWasNotGivenAreNoReasonToSumUpTheNextOne) {
  const auto is_due = [&](std::string_view method, int status) {
    CHECK(take({method, "/", status, {{0}, {9}}, true, LeafIndex{8}}).has_value());
    reads.write_due();
    return !taken().empty();
  };
  for (const int status : {304, 412, 503}) EXPECT_TRUE(is_due("GET", status)) << status;
  EXPECT_TRUE(is_due("HEAD", 200) && is_due("GET", 200));
  EXPECT_FALSE(is_due("GET", 200));
}

// Of a bundle that grows one gets the beginning again with each piece.
TEST_F(TimedReads, OfABundleThatTheReaderHasUpToItsLastEventAreSummedUp) {
  const auto bundle = [](std::uint64_t last, std::uint64_t last_event) {
    return ReadAnswer{"GET", "/", 200, {{0}, {last}}, true, LeafIndex{last_event}};
  };
  const auto is_due = [&](const ReadAnswer& answer) {
    CHECK(take(answer).has_value());
    reads.write_due();
    return !taken().empty();
  };
  EXPECT_TRUE(is_due(bundle(9, 8)));
  EXPECT_FALSE(is_due(bundle(11, 8)));
  EXPECT_FALSE(is_due(bundle(13, 11)));
  EXPECT_TRUE(is_due(bundle(15, 14)));
  EXPECT_TRUE(is_due(of_event)) << "a single event is read again";
  const format::Reader other{"bob", "token", "", "", "", "", "192.0.2.7"};
  ASSERT_TRUE(reads.take(log(), other, bundle(9, 8)));
  reads.write_due();
  EXPECT_EQ(taken().size(), 1U) << "it is another's first";
  pass(kHourMs);
  EXPECT_TRUE(is_due(bundle(15, 8)));
}

TEST_F(TimedReads, ThatAreRefusedAreOneRecordAMinute) {
  const format::Refused attempt{"no-credential", "GET", "/", "192.0.2.9", ""};
  reads.take(log(), attempt);
  EXPECT_FALSE(reads.write_due());
  EXPECT_EQ(taken().size(), 1U);
  for (int k = 0; k < 1'000; ++k) reads.take(log(), attempt);
  EXPECT_EQ(reads.write_due(), kMinuteMs);
  pass(kMinuteMs - 1);
  EXPECT_EQ(reads.write_due(), 1U);
  EXPECT_TRUE(taken().empty());
  pass(1);
  reads.write_due();
  const std::vector<Report> reports = taken();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().kind, Kind::kRefusal);
  EXPECT_EQ(format::parse_refusals(reports.front().text)->refused,
            (std::vector<format::RefusedCount>{{attempt, 1'000}}));
}

// Whoever floods gets no memory by it, and the record says how many there were.
TEST_F(TimedReads, ThatAreRefusedByAnyNumberOfAddressesFitOneRecordAtATime) {
  refusal = full("the disk is full");
  constexpr std::uint64_t kAttempts = 20'000;
  for (std::uint64_t k = 0; k < kAttempts; ++k) {
    reads.take(log(), format::Refused{"limit", "GET", "/", "address-" + std::to_string(k), ""});
    if (k % 1'000 == 0) pass(kMinuteMs), reads.write_due();
  }
  EXPECT_TRUE(take(of_event)) << "reads go on";
  refusal.reset();
  reads.write_due();
  pass(kMinuteMs);
  reads.write_due();
  std::uint64_t attempts = 0;
  std::size_t records = 0;
  for (const Report& report : taken()) {
    if (report.kind != Kind::kRefusal) continue;
    const auto refusals = format::parse_refusals(report.text);
    ASSERT_TRUE(refusals) << refusals.error().message;
    attempts += refusals->more;
    for (const format::RefusedCount& one : refusals->refused) attempts += one.requests;
    ++records;
  }
  EXPECT_EQ(attempts, kAttempts);
  EXPECT_EQ(records, 2U);
}

class RefusedReads : public ReadsOnRecord {
 protected:
  /// Reason and client of each attempt on record, and how often.
  std::map<std::string, std::uint64_t> attempts() {
    on_record();
    std::map<std::string, std::uint64_t> all;
    for (std::uint64_t i = 0; i < site.world.size().value; ++i) {
      const Buffer bytes = site.world.log->records({i}, 1)->front();
      const format::Record record = *format::decode_record(bytes);
      if (record.kind != Kind::kRefusal) continue;
      const auto refusals = format::parse_refusals(text_of(record.payload));
      for (const auto& [what, requests] : refusals->refused)
        all[what.reason + " " + what.method + " " + what.route + " " + what.client] += requests;
    }
    return all;
  }
};

TEST_F(RefusedReads, AreOnRecordWithTheirReasonAndOtherRequestsAreNot) {
  EXPECT_EQ(site.get("/logs/open/events/1").status, 401);
  EXPECT_EQ(site.get("/logs/open/events/1", "nobodys").status, 401);
  EXPECT_EQ(site.get("/logs/open/events/2", "nobodys").status, 401);
  EXPECT_EQ(site.get("/logs/open/events/1/payload", "append").status, 403);
  EXPECT_EQ(site.get("/logs/closed/checkpoint").status, 401);
  EXPECT_EQ(site.post("/logs/open/keys", "text/plain", "x", "append").status, 403);
  EXPECT_EQ(attempts(), (std::map<std::string, std::uint64_t>{
                            {"no-credential GET /logs/{log}/events/{item} ", 1},
                            {"unknown-credential GET /logs/{log}/events/{item} ", 2},
                            {"not-allowed GET /logs/{log}/events/{item}/payload append", 1}}));
}

// Whoever may read one source alone passes the door, and is refused once it is known whose the event is.
TEST_F(RefusedReads, OfAnotherSourcesEventAreNoAccess) {
  replace_tokens(*site.access,
                 *Tokens::parse(*token_line("some", "some", "read", "open:ward7") + "\n"));
  EXPECT_EQ(site.get("/logs/open/events/" + std::to_string(event), "some").status, 403);
  EXPECT_TRUE(on_record().empty());
  EXPECT_EQ(attempts(), (std::map<std::string, std::uint64_t>{
                            {"not-allowed GET /logs/{log}/events/{item} some", 1}}));
}

}  // namespace
}  // namespace varve::api
