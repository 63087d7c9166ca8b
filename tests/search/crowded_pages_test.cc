// Pages of records that are large, damaged, gone or not to be had: a page stays small, and goes on.
#include <gtest/gtest.h>

#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"
#include "ledger/query/page.h"

namespace varve::query {
namespace {

Buffer record_of(const std::string& payload) {
  format::Record record;
  record.kind = format::Kind::kEvent;
  record.source = *format::source_id("ward");
  record.time_us = 1'700'000'000'000'000;
  record.media_type = "application/json";
  record.payload = bytes_of(payload);
  return *format::encode_record(record);
}

const char* const kSaysSeven = R"({"patient_id":"7"})";

/// What one resource says, and a thousand log records that say nothing more.
std::string crowded(const std::string& service) {
  std::string payload = R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name",)"
                        R"("value":{"stringValue":")" +
                        service + R"("}}]},"scopeLogs":[{"logRecords":[{})";
  for (int k = 1; k < 1'000; ++k) payload.append(",{}");
  return payload + "]}]}]}";
}

/// So many events of auditd in one payload.
std::string logins(int count) {
  std::string payload;
  for (int k = 0; k < count; ++k)
    payload.append("type=LOGIN msg=audit(1.001:").append(std::to_string(k)).append("): auid=7\n");
  return payload;
}

struct FailingLog {
  std::vector<Buffer> entries;
  std::map<std::uint64_t, Code> failing;  // alone, and with its neighbours
  std::uint64_t reads = 0;

  LogRecords records() {
    return {TreeSize{entries.size()}, [this](LeafIndex first, std::uint64_t count) {
              ++reads;
              std::vector<Buffer> out;
              for (std::uint64_t i = first.value; i < first.value + count; ++i) {
                if (const auto at = failing.find(i); at != failing.end())
                  return Result<std::vector<Buffer>>(Error{at->second, "it fails"});
                out.push_back(entries.at(i));
              }
              return Result<std::vector<Buffer>>(std::move(out));
            }};
  }
};

Query of_question(std::string_view json) {
  auto asked = parse_query(json);
  CHECK(asked);
  return std::move(*asked);
}

struct Walked {
  std::vector<std::uint64_t> found;
  std::vector<std::uint64_t> unreadable;
  std::vector<std::size_t> hits;  // of each page
  std::uint64_t gone = 0;
};

Walked walk(FailingLog& log, const Query& asked, const Effort& effort = {}) {
  Walked out;
  std::optional<LeafIndex> at = first_page(asked, log.records().size);
  while (at) {
    const auto page = find_page(asked, *at, log.records(), effort);
    CHECK(page);
    for (const LeafIndex index : page->records) out.found.push_back(index.value);
    for (const LeafIndex index : page->unreadable) out.unreadable.push_back(index.value);
    out.hits.push_back(page->hits.size());
    out.gone += page->gone;
    at = page->next;
  }
  return out;
}

std::size_t said_bytes(const Page& page) {
  std::size_t size = 0;
  for (const Hit& hit : page.hits)
    for (const std::string& service : hit.view.where.services) size += 6 * service.size();
  return size;
}

// 62 KB that were 62 MB of views and 370 MB of JSON.
TEST(CrowdedPages, StaySmallWhateverOneRecordIsMadeOf) {
  FailingLog log;
  log.entries = {record_of(crowded(std::string(61'800, '\x7f'))), record_of(kSaysSeven),
                 record_of(crowded(std::string(61'800, '\x7f')))};
  for (const char* order : {"newest", "oldest"}) {
    const Query asked = of_question(std::string(R"({"limit":1000,"order":")") + order + "\"}");
    const auto page = find_page(asked, first_page(asked, TreeSize{3}), log.records());
    ASSERT_TRUE(page);
    EXPECT_LE(said_bytes(*page), 2u << 20);
    ASSERT_EQ(page->hits.size(), 5u);
    EXPECT_EQ(page->hits.back().left_out, 11u) << "of sixteen that were read";
    EXPECT_EQ(page->count, 16u);
    EXPECT_EQ(page->may_answer, 1u) << "984 were not";
    EXPECT_EQ(walk(log, asked).hits, (std::vector<std::size_t>{5, 6}))
        << "a page ends behind the record that fills it";
  }
  const auto one = find_page(of_question("{}"), LeafIndex{1}, log.records(), {10, 1'000'000, 1});
  EXPECT_EQ(one->hits.size(), 1u) << "however little there is room for";
  EXPECT_EQ(one->hits.back().left_out, 15u);
}

TEST(CrowdedPages, SayThatARecordMayAnswerOfWhichAnEventWasNotRead) {
  FailingLog log;
  log.entries = {record_of(logins(1'000)), record_of(logins(1'001))};
  for (const char* actor : {"auid=7", "auid=8"})
    for (std::uint64_t at = 1; at <= 2; ++at) {
      const Query asked = of_question(std::string(R"({"count":true,"actor":")") + actor + "\"}");
      const auto page = find_page(asked, LeafIndex{at}, log.records(), {1});
      EXPECT_EQ(page->count, std::string(actor) == "auid=7" ? 1'000u : 0u);
      EXPECT_EQ(page->may_answer, at - 1) << actor;
      EXPECT_EQ(page->records.size(), page->count == 0 ? 0u : 1u);
    }
}

TEST(CrowdedPages, CountARecordThatMayAnswerBesideAnEventOfItThatDoes) {
  FailingLog log;
  log.entries = {
      record_of("type=LOGIN msg=audit(1.001:1): auid=7\n"
                "type=LOGIN msg=audit(1.001:2): what=ever\n")};
  const auto page = find_page(of_question(R"({"actor":"auid=7"})"), LeafIndex{1}, log.records());
  EXPECT_EQ(page->count, 1u);
  EXPECT_EQ(page->may_answer, 1u);
}

// Exhaustive: each of seventy records damaged, and each not to be had for now.
TEST(CrowdedPages, GoOnBehindARecordThatIsDamaged) {
  for (const char* order : {"newest", "oldest"})
    for (std::uint64_t bad = 0; bad < 70; ++bad) {
      FailingLog log;
      log.entries.assign(70, record_of(kSaysSeven));
      log.failing = {{bad, Code::kCorrupt}};
      const Query asked = of_question(std::string(R"({"order":")") + order + "\"}");
      const Walked all = walk(log, asked);
      EXPECT_EQ(all.found.size(), 69u);
      EXPECT_EQ(all.unreadable, std::vector{bad});
      EXPECT_EQ(all.hits.size(), 1u);
      EXPECT_LE(log.reads, 40u) << "its neighbours alone are read one by one";
      log.failing = {{bad, Code::kBusy}};
      const LeafIndex begin = first_page(asked, TreeSize{70});
      const auto page = find_page(asked, begin, log.records());
      const std::uint64_t before = *order == 'n' ? 69 - bad : bad;
      if (before == 0) {
        EXPECT_EQ(page.error().code, Code::kBusy);
        continue;
      }
      EXPECT_EQ(page->hits.size(), before);
      EXPECT_EQ(page->next, LeafIndex{*order == 'n' ? bad + 1 : bad});
    }
}

TEST(CrowdedPages, SayWhatIsGoneAndWhatIsNoRecord) {
  FailingLog log;
  log.entries = {format::encode_tombstone({202'611, 1, 0, {}, LeafIndex{2}, 0}),
                 record_of(kSaysSeven), to_buffer(bytes_of("\x01no record"))};
  const Walked all = walk(log, of_question("{}"));
  EXPECT_EQ(all.found, std::vector<std::uint64_t>{1});
  EXPECT_EQ(all.unreadable, std::vector<std::uint64_t>{2});
  EXPECT_EQ(all.gone, 1u);
}

TEST(CrowdedPages, EndBehindARecordWhenItIsLate) {
  FailingLog log;
  log.entries.assign(5, record_of(kSaysSeven));
  Effort effort;
  effort.is_late = [] { return true; };
  const Walked slow = walk(log, of_question("{}"), effort);
  EXPECT_EQ(slow.found.size(), 5u);
  EXPECT_EQ(slow.hits, std::vector<std::size_t>(5, 1)) << "each page has a record";
}

}  // namespace
}  // namespace varve::query
