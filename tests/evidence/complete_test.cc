// Evidence is an answer that leaves out nothing: over all small logs it says what reading every record says.
#include <gtest/gtest.h>

#include <set>

#include "ledger/events/extract.h"
#include "tests/evidence/indexed_log.h"

namespace varve::evidence {
namespace {

using Records = std::set<std::uint64_t>;

Records records_of(const ProvenAnswer& answer) {
  Records records;
  for (const ProvenEvent& event : answer.events) records.insert(event.record.value);
  return records;
}

/// What one event says of its patients: 0 nobody, 1 a, 2 b, 3 both.
constexpr unsigned kKinds = 4;
std::string payload(unsigned kind) {
  std::vector<std::string> patients;
  if ((kind & 1u) != 0) patients.emplace_back("a");
  if ((kind & 2u) != 0) patients.emplace_back("b");
  return payload_of(patients);
}

/// A log of these events, with an index behind each of them whose bit is set, and behind the last.
struct Small {
  IndexedLog log;
  std::map<std::uint64_t, unsigned> kinds;  // by record

  Small(unsigned events, unsigned kind, unsigned ends) {
    for (unsigned k = 0; k < events; ++k, kind /= kKinds, ends /= 2) {
      kinds[log.event(payload(kind % kKinds))] = kind % kKinds;
      if (ends % 2 != 0 || k + 1 == events) log.commit();
    }
  }
  [[nodiscard]] Records with(unsigned bit) const {
    Records records;
    for (const auto& [record, kind] : kinds)
      if (bit == 0 ? kind == 0 : (kind & bit) != 0) records.insert(record);
    return records;
  }
};

void expect_answers(const Small& small, const std::string& patient, unsigned bit) {
  const auto made = small.log.answer(asked("patient", {patient}));
  ASSERT_TRUE(made) << made.error().message;
  const auto proven = small.log.verify(*made);
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_EQ(records_of(*proven), bit == 0 ? Records{} : small.with(bit));
  EXPECT_EQ(Records(proven->may_answer.begin(), proven->may_answer.end()), small.with(0));
  ASSERT_EQ(proven->complete.size(), 1U);
  EXPECT_EQ(proven->complete.front().first.value, 0U);
  EXPECT_EQ(proven->complete.front().end.value, small.log.end);
  EXPECT_TRUE(proven->gone.empty());
}

TEST(AnswerEvidence, OfEverySmallLogIsWhatReadingAllRecordsSays) {
  constexpr unsigned kEvents = 3;
  unsigned logs = 0;
  for (unsigned events = 1, kinds = kKinds; events <= kEvents; ++events, kinds *= kKinds)
    for (unsigned kind = 0; kind < kinds; ++kind)
      for (unsigned ends = 0; ends < (1u << (events - 1)); ++ends, ++logs) {
        SCOPED_TRACE("events " + std::to_string(kind) + ", indexes " + std::to_string(ends));
        const Small small(events, kind, ends);
        expect_answers(small, "Patient/a", 1);
        expect_answers(small, "Patient/b", 2);
        expect_answers(small, "Patient/c", 0);
      }
  EXPECT_EQ(logs, 4U + 16 * 2 + 64 * 4);
}

TEST(AnswerEvidence, MayAskForOneOfSeveralValuesAndForMoreConditions) {
  IndexedLog log;
  const std::uint64_t a = log.event(payload_of({"a"}));
  log.event(payload_of({"b"}, "bob"));
  const std::uint64_t c = log.event(payload_of({"c"}));
  log.commit();
  auto both =
      log.verify(log.answer(asked("patient", {"Patient/a", "Patient/b", "Patient/c"})).value());
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->events.size(), 3U);
  Asked narrower = asked("patient", {"Patient/a", "Patient/b", "Patient/c"});
  narrower.conditions.push_back({"actor", {"alice"}});
  const auto proven = log.verify(log.answer(narrower).value());
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_EQ(records_of(*proven), (Records{a, c}));
  EXPECT_EQ(proven->shown, 3U) << "all that have the first condition are in the file";
  EXPECT_FALSE(question_of(asked("patient", {"Patient/a", ""})));
}

// Of whatever a record says, or does not say, of a value, an index says what reading it says.
TEST(AnswerEvidence, OfEveryKindOfRecordAndValueIsWhatTheScanSays) {
  IndexedLog log;
  const std::vector<std::string> payloads = {
      payload_of({"a"}),
      payload_of({"a", "b"}),
      payload_of({}),
      "free text",
      "",
      R"({"resourceType":"AuditEvent","recorded":"2031-01-01T00:00:00Z",)"
      R"("entity":[{"what":{"reference":"Patient/a"}}]})",
      R"({"resourceType":"AuditEvent","entity":[{"what":{"identifier":{"system":"urn:s|t","value":"7"}},)"
      R"("role":{"code":"1"}}]})",
      R"({"resourceType":"AuditEvent","entity":[{"what":{"identifier":{"value":"7^^^W&1.2&ISO"}},)"
      R"("role":{"code":"1"}}]})",
      R"({"resourceType":"AuditEvent","entity":[{"what":{"reference":"Patient/a/_history/2"}}]})"};
  std::vector<std::uint64_t> records;
  for (const std::string& payload : payloads) records.push_back(log.event(payload));
  log.commit();
  for (const std::string value : {"Patient/a", "Patient/b", "7", "t|7", "urn:s|t|7", "|7",
                                  "|Patient/a", "urn:oid:1.2|7", "7^^^W&1.2&ISO", "a", "x"})
    for (const std::optional<std::uint64_t> from :
         {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{1'800'000'000'000'000}}) {
      SCOPED_TRACE(value);
      Asked of = asked("patient", {value});
      of.from_us = from;
      const auto proven = log.verify(log.answer(of).value());
      ASSERT_TRUE(proven) << proven.error().message;
      const search::Question question = question_of(of).value();
      Records answer;
      Records may;
      for (const std::uint64_t index : records) {
        const Buffer& bytes = log.log.records[index];
        const format::Record record = format::decode_record(bytes).value();
        const events::Extraction said = events::extract(record.media_type, record.payload);
        const search::Origin origin{record.source, record.time_us};
        if (said.events.empty() &&
            search::judge_unread(question, origin) == search::Verdict::kMaybe)
          may.insert(index);
        for (const events::View& view : said.events) {
          const auto verdict = search::judge(question, said, view, origin);
          if (verdict == search::Verdict::kYes) answer.insert(index);
          if (verdict == search::Verdict::kMaybe) may.insert(index);
        }
      }
      EXPECT_EQ(records_of(*proven), answer);
      const Records says_may(proven->may_answer.begin(), proven->may_answer.end());
      for (const std::uint64_t index : may) EXPECT_TRUE(says_may.contains(index)) << index;
    }
}

TEST(AnswerEvidence, MayAskForEachFieldThatIsIndexedAndForNoOther) {
  IndexedLog log;
  const std::uint64_t at = log.event(payload_of({"a"}));
  log.commit();
  const std::vector<std::pair<std::string, std::string>> said = {
      {"patient", "Patient/a"}, {"actor", "alice"}, {"action", "read"}, {"source", "ward"}};
  for (const auto& [field, value] : said) {
    const auto proven = log.verify(log.answer(asked(field, {value})).value());
    ASSERT_TRUE(proven) << field << ": " << proven.error().message;
    EXPECT_EQ(records_of(*proven), Records{at}) << field;
  }
  for (const char* field : {"role", "type", "outcome", "recipient"}) {
    const auto proven = log.verify(log.answer(asked(field, {"x"})).value());
    ASSERT_TRUE(proven) << field << ": " << proven.error().message;
    EXPECT_TRUE(proven->events.empty()) << field;
  }
  for (const char* field : {"object", "address", "request", "nothing"})
    EXPECT_FALSE(question_of(asked(field, {"x"}))) << field;
}

// An index whose events are all of another time is not opened, and no other is left closed.
TEST(AnswerEvidence, OpensTheIndexesOfThePeriodThatIsAskedFor) {
  constexpr std::uint64_t kRecorded = 1'700'000'000'000'000;  // what the events say
  IndexedLog log;
  log.event(payload_of({"a"}));
  log.commit();
  for (const auto& [from, until, events, opened] : {std::tuple{kRecorded, kRecorded + 1, 1u, true},
                                                    {kRecorded + 1, kRecorded + 2, 0u, false},
                                                    {kRecorded - 1, kRecorded, 0u, false},
                                                    {kRecorded - 9, kRecorded + 9, 1u, true}}) {
    Asked in_period = asked("patient", {"Patient/a"});
    in_period.from_us = from;
    in_period.until_us = until;
    const auto made = log.answer(in_period);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->indexes.front().opened == format::AnswerEvidence::Opened::kShown, opened);
    const auto proven = log.verify(*made);
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_EQ(proven->events.size(), events);
  }
}

TEST(AnswerEvidence, SaysOfWhichRecordsNothingIsSaid) {
  IndexedLog log;
  log.event(payload_of({"a"}));
  log.commit();
  log.event(payload_of({"a"}));  // in no index yet
  const auto proven = log.verify(log.answer(asked("patient", {"Patient/a"})).value());
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_EQ(proven->events.size(), 1U);
  EXPECT_LT(proven->complete.back().end.value, proven->in.checkpoint.size.value);
}

}  // namespace
}  // namespace varve::evidence
