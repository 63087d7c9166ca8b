// What can be asked of a server, where the next page begins, and that pages leave nothing out and give nothing
// twice.
#include "ledger/query/query.h"

#include <gtest/gtest.h>

#include "ledger/format/record.h"
#include "ledger/query/cursor.h"
#include "ledger/query/page.h"

namespace varve::query {
namespace {

TEST(AskedQuestion, IsReadMemberByMember) {
  const auto asked = parse_query(
      R"({"patient":["b","a","b"],"action":"read","source":"ward","from":"2026-03-01",)"
      R"("until":"2026-03-02","emergency":true,"order":"oldest","limit":1000,"cursor":"00"})");
  ASSERT_TRUE(asked) << asked.error().message;
  ASSERT_EQ(asked->conditions.size(), 3u);
  EXPECT_EQ(asked->conditions[0].field, "action");
  EXPECT_EQ(asked->conditions[1].values, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(asked->question.conditions.size(), 2u);
  EXPECT_EQ(asked->sources, std::set{*format::source_id("ward")});
  EXPECT_EQ(*asked->question.until_us - *asked->question.from_us, 86'400'000'000u);
  EXPECT_TRUE(asked->question.is_emergency);
  EXPECT_EQ(asked->order, Order::kOldest);
  EXPECT_EQ(asked->limit, 1'000u);
  EXPECT_EQ(asked->cursor, "00");
  const auto nothing = parse_query("{}");
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->order, Order::kNewest);
  EXPECT_EQ(nothing->limit, 100u);
}

TEST(AskedQuestion, IsRefusedWithTheMemberAndWithoutWhatItSays) {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  const std::pair<std::string, const char*> wrong[] = {
      {"", "not JSON"},
      {"[]", "a question is a JSON object"},
      {R"({"patient":{"id":"secret"}})", "patient: "},
      {R"({"patient":[]})", "patient: "},
      {R"({"patient":["secret",7]})", "patient: "},
      {R"({"patient":""})", "patient: a value is empty"},
      {R"({"patient":"secret","patient":"secret"})", "a key twice"},
      {R"({"secret":1})", "a member that is none of: patient, actor"},
      {R"({"source":"not a name, secret"})", "source: "},
      {R"({"from":"secret"})", "from: a date"},
      {R"({"from":"2026-03-02","until":"2026-03-02"})", "until: "},
      {R"({"order":"secret"})", "order: newest or oldest"},
      {R"({"limit":0})", "limit: from 1 to 1000"},
      {R"({"limit":1001})", "limit: from 1 to 1000"},
      {R"({"limit":-1})", "limit: a number"},
      {R"({"limit":18446744073709551616})", "not JSON"},
      {R"({"count":"secret"})", "count: true or false"},
      {R"({"count":true,"events":true})", "events: "},
      {R"({"patient":)" + deep + "}", "nested too deep"},
      {"{\"patient\":\"" + std::string(kQueryMax, 'x') + "\"}", "longer than 65536 bytes"},
  };
  for (const auto& [text, why] : wrong) {
    const auto asked = parse_query(text);
    ASSERT_FALSE(asked) << text;
    EXPECT_EQ(asked.error().code, Code::kInvalid);
    EXPECT_NE(asked.error().message.find(why), std::string::npos) << asked.error().message;
    EXPECT_EQ(asked.error().message.find("secret"), std::string::npos) << asked.error().message;
  }
  std::string many = "{\"patient\":[\"0\"";
  for (std::size_t i = 1; i <= kValuesMax; ++i)
    many.append(",\"").append(std::to_string(i)).append("\"");
  EXPECT_FALSE(parse_query(many + "]}"));
}

TEST(AskedQuestion, InAUrlNamesNobody) {
  const auto asked = query_of(Parameters{{"action", "export"}, {"limit", "7"}, {"count", "true"}});
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->conditions.front().field, "action");
  EXPECT_EQ(asked->limit, 7u);
  EXPECT_TRUE(asked->counts);
  for (const char* name :
       {"patient", "actor", "recipient", "object", "address", "service", "request"}) {
    const auto refused = query_of(Parameters{{name, "secret"}});
    ASSERT_FALSE(refused) << name;
    EXPECT_NE(refused.error().message.find("POST it"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
  }
  EXPECT_FALSE(query_of(Parameters{{"limit", "-7"}}));
  EXPECT_FALSE(query_of(Parameters{{"emergency", "yes"}}));
}

Query asked_for(std::string_view json) {
  auto asked = parse_query(json);
  CHECK(asked);
  return std::move(*asked);
}

TEST(Cursors, GoOnWithOneQuestionInOneOrderAboutOneLogAlone) {
  const CursorOf of{{}, "ward"};
  Query asked = asked_for(R"({"patient":["b","a"],"until":"2026-03-02"})");
  asked.cursor = format_cursor(of, asked, LeafIndex{7});
  EXPECT_EQ(asked.cursor.size(), 48u) << "whatever is asked";
  EXPECT_EQ(parse_cursor(of, asked)->value, 7u);
  const auto with_cursor = [&asked](std::string_view json) {
    Query other = asked_for(json);
    other.cursor = asked.cursor;
    return other;
  };
  EXPECT_TRUE(parse_cursor(of, with_cursor(R"({"patient":["a","b"],"until":"2026-03-02",)"
                                           R"("limit":1,"count":true})")));
  for (const char* other :
       {R"({"patient":["b","c"],"until":"2026-03-02"})", R"({"patient":["b","a"]})",
        R"({"patient":["b","a"],"until":"2026-03-02","order":"oldest"})",
        R"({"patient":["b","a"],"until":"2026-03-02","emergency":true})",
        R"({"patient":["b","a"],"from":"2026-03-02"})",
        R"({"actor":["b","a"],"until":"2026-03-02"})"})
    EXPECT_FALSE(parse_cursor(of, with_cursor(other))) << other;
  EXPECT_FALSE(parse_cursor({{}, "other"}, asked));
  Hash key;
  key.bytes[0] = std::byte{1};
  EXPECT_FALSE(parse_cursor({key, "ward"}, asked));
  for (std::size_t i = 0; i < asked.cursor.size(); ++i) {
    Query tampered = asked;
    tampered.cursor[i] = tampered.cursor[i] == '0' ? '1' : '0';
    EXPECT_FALSE(parse_cursor(of, tampered)) << i;
  }
  for (const std::string& text : {asked.cursor + "00", asked.cursor.substr(2), std::string("x")}) {
    Query wrong = asked;
    wrong.cursor = text;
    EXPECT_FALSE(parse_cursor(of, wrong)) << text;
  }
}

Buffer event(const std::string& payload, format::Kind kind = format::Kind::kEvent) {
  format::Record record;
  record.kind = kind;
  record.source = *format::source_id("ward");
  record.time_us = 1'700'000'000'000'000;
  record.media_type = "application/json";
  record.payload = bytes_of(payload);
  return *format::encode_record(record);
}

constexpr const char* kOfPatient = R"({"patient_id":"7"})";
constexpr const char* kTwoInOne =
    "type=USER_LOGIN msg=audit(1700000000.000:1): auid=7\n"
    "type=USER_LOGIN msg=audit(1700000000.000:2): auid=7\n";

struct SmallLog {
  std::vector<Buffer> entries;
  [[nodiscard]] LogRecords records() const {
    return {TreeSize{entries.size()}, [this](LeafIndex first, std::uint64_t count) {
              const std::uint64_t some = std::min<std::uint64_t>(count, 2);  // as frames end
              std::vector<Buffer> out;
              for (std::uint64_t i = 0; i < some; ++i) out.push_back(entries.at(first.value + i));
              return Result<std::vector<Buffer>>(std::move(out));
            }};
  }
  void append_kind(unsigned kind) {
    entries.push_back(kind == 0   ? event(kOfPatient)
                      : kind == 1 ? event(R"({"patient_id":"8"})")
                      : kind == 2 ? event(kOfPatient, format::Kind::kClock)
                                  : event("nothing that is understood"));
  }
};

using Places = std::vector<std::uint64_t>;

/// Those that answer among the first so many.
Places answers_in(const SmallLog& log, std::size_t size) {
  Places found;
  for (std::size_t i = 0; i < size; ++i)
    if (log.entries[i] == event(kOfPatient)) found.push_back(i);
  return found;
}

struct Paged {
  Places found;
  std::uint64_t may_answer = 0;
  std::size_t size_at_the_end = 0;
  SmallLog log;
};

/// `appended`: bits, two for each page: how many records come behind it.
Paged page_by_page(SmallLog log, const Query& asked, const Effort& effort, unsigned appended) {
  Paged out;
  std::optional<LeafIndex> at = first_page(asked, log.records().size);
  while (at) {
    const auto page = find_page(asked, *at, log.records(), effort);
    CHECK(page);
    for (const Hit& hit : page->hits) out.found.push_back(hit.record.value);
    out.may_answer += page->may_answer;
    out.size_at_the_end = log.entries.size();
    at = page->next;
    for (unsigned k = 0; k < (appended & 3U); ++k) log.append_kind(k == 1 ? 1 : 0);
    appended >>= 2;
  }
  out.log = std::move(log);
  return out;
}

// Exhaustive: every log of four records of four kinds, and each way in which up to three more come behind
// each of the first two pages.
TEST(Pages, GiveEachAnswerOnceWhateverIsAppendedBetweenThem) {
  for (const Order order : {Order::kNewest, Order::kOldest})
    for (unsigned logs = 0; logs < 4 * 4 * 4 * 4; ++logs) {
      SmallLog log;
      for (unsigned k = 0; k < 4; ++k) log.append_kind(logs >> (2 * k) & 3U);
      const Places before = answers_in(log, 4);
      for (const Effort& effort : {Effort{}, Effort{1}})
        for (unsigned appended = 0; appended < 16; ++appended) {
          Query asked = asked_for(R"({"patient":"7"})");
          asked.order = order;
          asked.limit = 1;
          const Paged got = page_by_page(log, asked, effort, appended);
          Places found = got.found;
          EXPECT_TRUE(order == Order::kNewest ? std::ranges::is_sorted(found, std::greater<>())
                                              : std::ranges::is_sorted(found));
          std::ranges::sort(found);
          // Down: of the log as it was. Up: of what was there for the last page too.
          EXPECT_EQ(found,
                    order == Order::kNewest ? before : answers_in(got.log, got.size_at_the_end))
              << logs << " " << appended;
        }
    }
}

TEST(Pages, EndWithAWholeRecordAndSayWhatMayAnswer) {
  SmallLog log;
  log.append_kind(3);
  log.entries.push_back(event(kTwoInOne));
  Query asked = asked_for(R"({"actor":"auid=7","limit":1,"events":true})");
  const auto page = find_page(asked, LeafIndex{2}, log.records());
  ASSERT_TRUE(page);
  ASSERT_EQ(page->hits.size(), 2u) << "both of one record";
  EXPECT_EQ(page->hits[1].event, 1u);
  EXPECT_EQ(*page->hits[0].bytes, log.entries[1]);
  EXPECT_EQ(page->hits[1].bytes, nullptr) << "its bytes are there once";
  EXPECT_EQ(page->next, LeafIndex{1});
  EXPECT_EQ(page->first, LeafIndex{1});
  EXPECT_EQ(page->end, LeafIndex{2});
  const auto rest = find_page(asked, *page->next, log.records());
  ASSERT_TRUE(rest);
  EXPECT_TRUE(rest->hits.empty());
  EXPECT_EQ(rest->may_answer, 1u);
  EXPECT_FALSE(rest->next);
  asked.counts = true;
  asked.with_bytes = false;
  const auto counted = find_page(asked, LeafIndex{2}, log.records());
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->count, 2u);
  EXPECT_TRUE(counted->hits.empty());
  EXPECT_FALSE(counted->next) << "a limit is of events that are given";
}

TEST(Pages, AreOfTheSourcesThatAreAskedForAlone) {
  SmallLog log;
  for (unsigned kind = 0; kind < 4; ++kind) log.append_kind(kind);
  Query asked = asked_for(R"({"patient":"7","source":"another"})");
  const auto page = find_page(asked, LeafIndex{4}, log.records());
  ASSERT_TRUE(page);
  EXPECT_EQ(page->count, 0u);
  EXPECT_EQ(page->may_answer, 0u);
}

TEST(Pages, EndWhereEnoughWasDone) {
  SmallLog log;
  for (int k = 0; k < 9; ++k) log.append_kind(0);
  Query asked = asked_for(R"({"patient":"7"})");
  const std::size_t one = log.entries.front().size();
  const auto hits = [&](const Effort& effort) {
    return find_page(asked, LeafIndex{9}, log.records(), effort)->hits.size();
  };
  EXPECT_EQ(hits({}), 9u);
  EXPECT_EQ(hits({4}), 4u);
  EXPECT_EQ(hits({100, 2 * one}), 2u);
  EXPECT_EQ(hits({100, 1'000'000, 3 * one}), 3u);
}

}  // namespace
}  // namespace varve::query
