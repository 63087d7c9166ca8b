// Questions over HTTP: who is answered, what is answered, and what of it is on record.
#include <gtest/gtest.h>

#include "ledger/format/access.h"
#include "ledger/format/json.h"
#include "tests/access/replace_tokens.h"
#include "tests/api/on_record.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

using format::Json;

constexpr const char* kSearch = "/logs/open/search";

std::string event_json(const std::string& patient, const std::string& action) {
  return R"({"patient_id":")" + patient + R"(","action":")" + action + "\"}\n";
}

struct Asking : ::testing::Test {
  Asking() {
    send(event_json("7", "read") + event_json("8", "read") + event_json("7", "update"), "append");
    send(event_json("7", "export"), "both");
  }
  void send(const std::string& lines, const std::string& who) {
    CHECK(site.post("/logs/open/events", "application/x-ndjson", lines, who).status == 201);
  }
  Response ask(const std::string& question, const std::string& who = "read",
               const std::string& log = "open", Headers headers = {}) {
    return site.post("/logs/" + log + "/search", "application/json", question, who,
                     std::move(headers));
  }
  static Json parsed(const Response& response) {
    EXPECT_EQ(response.status, 200) << body_of(response);
    auto json = Json::parse(text_of(response.body));
    EXPECT_TRUE(json);
    return json ? std::move(*json) : Json();
  }
  /// The actions of what is answered, in its order: they tell these events apart.
  static std::vector<std::string> actions_in(const Json& page) {
    std::vector<std::string> actions;
    const auto events = page.objects("events");
    EXPECT_TRUE(events);
    for (const Json& event : *events) actions.push_back(event.texts("action")->front());
    return actions;
  }

  Site site;
};

using Texts = std::vector<std::string>;

TEST_F(Asking, GivesWhatAnswersInTheOrderOfTheLog) {
  const Json newest = parsed(ask(R"({"patient":"7"})"));
  EXPECT_EQ(actions_in(newest), (Texts{"export", "update", "read"}));
  EXPECT_FALSE(newest.has("next"));
  EXPECT_EQ(actions_in(parsed(ask(R"({"patient":"7","order":"oldest"})"))),
            (Texts{"read", "update", "export"}));
  EXPECT_EQ(actions_in(parsed(ask(R"({"patient":"7","action":["read","export"]})"))),
            (Texts{"export", "read"}));
  const auto first = newest.objects("events")->front();
  EXPECT_EQ(*first.text("source"), "client/both");
  EXPECT_EQ(*first.text("time_of"), "record");
  EXPECT_FALSE(first.has("bytes"));
  EXPECT_EQ(actions_in(parsed(site.get(std::string(kSearch) + "?action=update", "read"))),
            (Texts{"update"}));
}

TEST_F(Asking, GivesRecordsWholeWhereTheyAreAskedFor) {
  const Json page = parsed(ask(R"({"action":"export","events":true})"));
  const Json event = page.objects("events")->front();
  EXPECT_EQ(*event.base64_bytes("bytes"),
            site.world.log->records(LeafIndex{*event.number("record")}, 1)->front());
}

TEST_F(Asking, CountsWithoutGivingAny) {
  const Json counted = parsed(ask(R"({"patient":"7","count":true})"));
  EXPECT_EQ(*counted.number("count"), 3u);
  EXPECT_FALSE(counted.has("events"));
}

TEST_F(Asking, GoesOnWhereThePageBeforeEnded) {
  Texts all;
  std::string next;
  do {
    const Json page = parsed(ask(R"({"patient":"7","limit":1)" +
                                 (next.empty() ? "" : R"(,"cursor":")" + next + "\"") + "}"));
    for (const std::string& action : actions_in(page)) all.push_back(action);
    next = page.has("next") ? *page.text("next") : "";
    send(event_json("7", "late"), "append");
  } while (!next.empty());
  EXPECT_EQ(all, (Texts{"export", "update", "read"}));
}

TEST_F(Asking, TakesACursorOfThisLogAndQuestionAlone) {
  const std::string cursor = *parsed(ask(R"({"patient":"7","limit":1})")).text("next");
  const auto with = [&](const std::string& rest, const std::string& log) {
    return ask("{" + rest + R"("cursor":")" + cursor + "\"}", "read", log).status;
  };
  EXPECT_EQ(with(R"("patient":"7",)", "open"), 200);
  EXPECT_EQ(with(R"("patient":"7",)", "closed"), 422);
  EXPECT_EQ(with(R"("patient":"8",)", "open"), 422);
  EXPECT_EQ(with("", "open"), 422);
  EXPECT_EQ(site.get(std::string(kSearch) + "?cursor=" + cursor, "read").status, 400);
}

TEST_F(Asking, GivesLinesToWhoeverTakesThem) {
  const Response lines =
      ask(R"({"patient":"7"})", "read", "open", {{"accept", "application/x-ndjson"}});
  EXPECT_EQ(header_of(lines, "content-type"), "application/x-ndjson");
  EXPECT_EQ(header_of(lines, "cache-control"), "no-store");
  const std::string body = body_of(lines);
  EXPECT_EQ(std::ranges::count(body, '\n'), 4);
  EXPECT_NE(body.find("\n{\"may_answer\":"), std::string::npos) << body;
  EXPECT_EQ(ask("{}", "read", "open", {{"accept", "text/html"}}).status, 406);
}

TEST_F(Asking, IsRefusedWithWhatIsWrongAndNothingOfAPatient) {
  EXPECT_EQ(site.post(kSearch, "text/plain", "{}", "read").status, 415);
  EXPECT_EQ(ask(std::string(70'000, ' ')).status, 413);
  const Response unknown = ask(R"({"patient":"secret","patiens":"secret"})");
  EXPECT_EQ(unknown.status, 422);
  const Response in_url = site.get(std::string(kSearch) + "?patient=secret", "read");
  EXPECT_EQ(in_url.status, 400);
  EXPECT_NE(body_of(in_url).find("POST it"), std::string::npos);
  const Response unknown_in_url = site.get(std::string(kSearch) + "?secret=1", "read");
  EXPECT_NE(body_of(unknown_in_url).find("none of: role, action, type"), std::string::npos)
      << "nothing that is refused: " << body_of(unknown_in_url);
  for (const char* twice :
       {"/logs/open/search?limit=1&limit=1", "/logs/open/proof/inclusion?index=1&%69ndex=1"})
    EXPECT_EQ(site.get(twice, "read").status, 400) << twice;
  for (const Response& response : {unknown, in_url}) {
    EXPECT_EQ(header_of(response, "content-type"), "application/problem+json");
    EXPECT_EQ(body_of(response).find("secret"), std::string::npos);
  }
  EXPECT_EQ(ask("{}", "append").status, 403);
  EXPECT_EQ(ask("{}", "").status, 401);
}

TEST_F(Asking, OfOneSourceIsAnsweredAsIfThereWereNoOther) {
  replace_tokens(*site.access,
                 *Tokens::parse(*token_line("append", "append", "append", "*") + "\n" +
                                *token_line("both", "both", "append", "*") + "\n" +
                                *token_line("t", "ward", "read", "open:client/append")));
  const std::string questions[] = {
      R"({"patient":"7")", R"({"action":"export")", R"({"source":"client/both")",
      R"({"source":["client/append","client/both"])", R"({"emergency":false)"};
  const Texts found[] = {
      {"update", "read"}, {}, {}, {"update", "read", "read"}, {"update", "read", "read"}};
  for (std::size_t i = 0; i < std::size(questions); ++i) {
    const Json page = parsed(ask(questions[i] + "}", "t"));
    EXPECT_EQ(actions_in(page), found[i]) << questions[i];
    EXPECT_EQ(*page.number("may_answer"), 0u);
    EXPECT_FALSE(page.has("gone")) << "whose those were, nobody knows any more";
    EXPECT_EQ(*parsed(ask(questions[i] + R"(,"count":true})", "t")).number("count"),
              found[i].size());
  }
  const auto before_the_place = [this](const std::string& question) {
    const std::string body = body_of(ask(question + R"(,"order":"oldest","events":true})", "t"));
    return body.substr(0, body.find(R"(,"searched":)"));
  };
  std::vector<std::string> answers;
  for (const std::string& question : questions) answers.push_back(before_the_place(question));
  send(event_json("7", "export") + event_json("8", "read") + "{\"what\":\"ever\"}\n", "both");
  for (std::size_t i = 0; i < std::size(questions); ++i)
    EXPECT_EQ(before_the_place(questions[i]), answers[i]) << "byte by byte";
  EXPECT_EQ(*parsed(ask(R"({"patient":"7"})", "t")).number("may_answer"), 0u);
  send("{\"what\":\"ever\"}\n", "append");
  EXPECT_EQ(*parsed(ask(R"({"patient":"7"})", "t")).number("may_answer"), 1u);
}

TEST_F(Asking, IsOnRecordWithTheRecordsThatWereHandedOut) {
  const Json page = parsed(ask(R"({"patient":"7"})"));
  std::vector<format::IndexRange> given;
  const auto events = page.objects("events");
  ASSERT_TRUE(events);
  for (const Json& event : *events) {
    const LeafIndex at{*event.number("record")};
    given.insert(given.begin(), {at, at});
  }
  const auto size = site.world.size();
  EXPECT_EQ(parsed(ask(R"({"patient":"nobody"})")).objects("events")->size(), 0u);
  const std::vector<format::Reading> readings = readings_on_record(site);
  ASSERT_EQ(readings.size(), 2u);
  EXPECT_EQ(readings[0].route, "/logs/{log}/search");
  EXPECT_EQ(readings[0].status, 200u);
  EXPECT_EQ(readings[0].read, given);
  EXPECT_EQ(readings[1].status, 204u) << "that nothing was found tells something too";
  EXPECT_EQ(readings[1].read,
            (std::vector<format::IndexRange>{{LeafIndex{0}, LeafIndex{size.value - 1}}}));
}

/// What one resource says, and a thousand log records that say nothing more, of 64 KB.
std::string crowded_json() {
  std::string line = R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name",)"
                     R"("value":{"stringValue":")" +
                     std::string(61'800, '\x7f') + R"("}}]},"scopeLogs":[{"logRecords":[{})";
  for (int k = 1; k < 1'000; ++k) line.append(",{}");
  return line + "]}]}]}\n";
}

TEST_F(Asking, GetsAFewMegabytesWhateverOneRecordIsMadeOf) {
  send(crowded_json(), "append");
  const Response response = ask(R"({"limit":1000})");
  EXPECT_LE(response.body.size(), 3u << 20);
  const Json page = parsed(response);
  const auto events = page.objects("events");
  ASSERT_EQ(events->size(), 5u);
  EXPECT_EQ(*events->back().number("events_left_out"), 11u);
  EXPECT_FALSE(events->front().has("events_left_out"));
  EXPECT_EQ(*page.number("may_answer"), 1u);
  EXPECT_TRUE(page.has("next"));
}

TEST_F(Asking, IsOnRecordWithTheRecordsThatWereCounted) {
  const Json page = parsed(ask(R"({"patient":"7","count":true})"));
  EXPECT_EQ(*page.number("count"), 3u);
  const auto readings = readings_on_record(site);
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].status, 200u);
  std::uint64_t records = 0;
  for (const format::IndexRange& range : readings[0].read)
    records += range.last.value - range.first.value + 1;
  EXPECT_EQ(records, 3u);
}

// Whoever asks every second for the same fills no log with that.
TEST_F(Asking, TwiceForTheSameIsSummedUpAsOfABundle) {
  const auto summed = [this] { return site.access->reads().status(site.access->logs()[0]).summed; };
  for (const char* question : {R"({"patient":"7"})", R"({"patient":"nobody"})"}) {
    const auto before = summed();
    ask(question);
    EXPECT_EQ(summed(), before) << question;
    ask(question);
    EXPECT_EQ(summed(), before + 1) << question;
  }
  const auto before = summed();
  ask(R"({"patient":"7"})", "both");
  ask(R"({"patient":"8"})");
  EXPECT_EQ(summed(), before) << "another reader, and another record";
  std::uint64_t requests = 0;
  for (const format::Reading& reading : readings_on_record(site)) requests += reading.requests;
  EXPECT_EQ(requests, 6u);
}

TEST_F(Asking, LeavesRoomForWhatOthersRead) {
  const format::Reader reader{"ann", "token", "", "", "", "", "192.0.2.7"};
  site.log->refusal = full("the disk has 3 MiB left");
  const auto take = [&](std::uint64_t at) {
    return site.access->reads().take(site.access->logs()[0], reader,
                                     {"GET", "/", 200, {{2 * at}, {2 * at}}});
  };
  std::uint64_t taken = 0;
  while (take(taken)) ++taken;
  EXPECT_EQ(ask(R"({"patient":"7"})").status, 200);
  site.log->refusal.reset();
  site.access->reads().write_rest();
  CHECK(site.world.append_events({"{}"}).has_value());  // behind them in the queue
  EXPECT_TRUE(take(taken)) << "none of them waits any more";
}

TEST_F(Asking, IsOnRecordAsRefusedWhereNothingIsHandedOut) {
  send(event_json("9", std::string(30'000, 'a')), "append");
  AccessRules rules = *site.access->rules();
  rules.limits.body_bytes_max = 20'000;
  site.access->replace(rules);
  EXPECT_EQ(ask(R"({"patient":"9"})").status, 503);
  rules.limits = {};
  site.access->replace(rules);
  const auto readings = readings_on_record(site);
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].status, 503u);
}

TEST_F(Asking, TakesItsOwnCursorAndNobodyElses) {
  const std::string cursor = *parsed(ask(R"({"limit":1})")).text("next");
  const std::string question = R"({"cursor":")" + cursor + "\"}";
  EXPECT_EQ(ask(question).status, 200);
  EXPECT_EQ(ask(question, "both").status, 422) << "it would say where others found something";
}

}  // namespace
}  // namespace varve::api
