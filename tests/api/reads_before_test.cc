// Reads that are answered once they are on record.
#include <gtest/gtest.h>

#include <future>
#include <vector>

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

}  // namespace
}  // namespace varve::api
