// Media types, Accept, Accept-Encoding, problems and the limits at the door.
#include "api/http.h"

#include <gtest/gtest.h>

#include <set>

#include "api/common/json.h"
#include "api/problem.h"

namespace varve::api {
namespace {

TEST(MediaType, IsReadWithItsParameters) {
  EXPECT_EQ(parse_media_type("Application/JSON").essence, "application/json");
  EXPECT_EQ(parse_media_type("text/plain;charset=UTF-8").whole, "text/plain; charset=UTF-8");
  EXPECT_EQ(parse_media_type("text/plain ; a=B; c=d ").whole, "text/plain; a=B; c=d");
  EXPECT_EQ(parse_media_type("text/plain;").whole, "text/plain");
  for (const char* wrong : {"", "text", "text/", "/plain", "a b/c", "text/pl ain", "a/b/c", ";x=1"})
    EXPECT_EQ(parse_media_type(wrong).essence, "") << wrong;
}

struct Choice {
  const char* accept;
  const char* chosen;  // empty: none
};

class Accept : public ::testing::TestWithParam<Choice> {};
TEST_P(Accept, PrefersWhatTheClientWeighsMost) {
  Request request;
  request.headers.emplace_back("accept", GetParam().accept);
  const std::vector<std::string_view> offered = {"application/json", "text/plain"};
  const std::string_view chosen = choose_media_type(request, offered);
  EXPECT_EQ(chosen, GetParam().chosen);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Accept,
    ::testing::Values(Choice{"", "application/json"}, Choice{"*/*", "application/json"},
                      Choice{"text/plain", "text/plain"}, Choice{"TEXT/Plain", "text/plain"},
                      Choice{"text/*", "text/plain"}, Choice{"application/*", "application/json"},
                      Choice{"text/plain;q=0.5, */*;q=0.4", "text/plain"},
                      Choice{"text/plain;q=0.4, */*;q=0.5", "application/json"},
                      Choice{"application/json;q=0, */*", "text/plain"}, Choice{"text/html", ""},
                      Choice{"text/plain;q=0", ""},
                      Choice{"text/plain; charset=utf-8; q=1.0", "text/plain"},
                      Choice{"text/html, text/plain", "text/plain"}, Choice{"text/plain;q=7", ""},
                      Choice{"text/plain;q=x", ""}));

TEST(AcceptEncoding, TakesGzipOnlyWhenTheClientDoes) {
  const auto takes = [](const char* value) {
    Request request;
    if (value != nullptr) request.headers.emplace_back("accept-encoding", value);
    return accepts_gzip(request);
  };
  for (const char* yes : {"gzip", "GZIP", "br, gzip;q=0.1", "*", "x-gzip"})
    EXPECT_TRUE(takes(yes)) << yes;
  for (const char* no : {"", "identity", "gzip;q=0", "br", "*;q=0", "gzip;q=0, *"})
    EXPECT_FALSE(takes(no)) << no;
  EXPECT_FALSE(takes(nullptr));
}

TEST(Problems, EachHasOneRowAndAPathOfItsOwn) {
  std::set<std::string_view> slugs;
  for (std::size_t i = 0; i < kProblems.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kProblems[i].id), i);
    EXPECT_TRUE(slugs.insert(kProblems[i].slug).second) << kProblems[i].slug;
    EXPECT_GE(kProblems[i].status, 400);
  }
}

TEST(Problems, EveryCodeOfTheLedgerHasTheStatusThatTheWirePromises) {
  const std::pair<Code, int> table[] = {
      {Code::kInvalid, 422}, {Code::kNotFound, 404}, {Code::kWorm, 409}, {Code::kOutOfOrder, 409},
      {Code::kCorrupt, 500}, {Code::kIo, 503},       {Code::kBusy, 503}, {Code::kFull, 507}};
  for (const auto& [code, status] : table) EXPECT_EQ(refuse(Error{code, "why"}).status, status);
}

TEST(Problems, SayWhatWasWrongAsProblemJson) {
  const Response response =
      refuse(busy("the \"queue\"\nis \xff full"), {{"expected_sequence", "7"}});
  EXPECT_EQ(text_of(response.body),
            "{\"type\":\"/problems/busy\",\"title\":\"Not now\",\"status\":503,"
            "\"detail\":\"the \\\"queue\\\"\\nis ? full\",\"expected_sequence\":7}\n");
  const Headers expected = {{"content-type", "application/problem+json"},
                            {"cache-control", "no-store"},
                            {"retry-after", "1"}};
  EXPECT_EQ(response.headers, expected);
}

TEST(JsonWriter, PlacesCommasAndEscapes) {
  JsonWriter out;
  out.begin_object().key("a").number(1).key("b").begin_array().text("x\x01\\").boolean(true);
  out.begin_object().end_object().end_array().key("c").base64(bytes_of("hi")).end_object();
  EXPECT_EQ(out.take(), "{\"a\":1,\"b\":[\"x\\u0001\\\\\",true,{}],\"c\":\"aGk=\"}");
}

}  // namespace
}  // namespace varve::api
