// Request targets: one spelling for each path, and nothing that two programs could read
// differently.
#include "api/target.h"

#include <gtest/gtest.h>

#include "api/route.h"

namespace varve::api {
namespace {

using Strings = std::vector<std::string>;

TEST(ParseTarget, SplitsThePathAndDecodesEachSegmentOnce) {
  const auto segments = [](std::string_view target) { return parse_target(target)->segments; };
  EXPECT_EQ(segments("/"), Strings{});
  EXPECT_EQ(segments("/logs"), Strings{"logs"});
  EXPECT_EQ(segments("/logs/a/sources/ward%2F7"), (Strings{"logs", "a", "sources", "ward/7"}));
  EXPECT_EQ(segments("/a%252Fb"), Strings{"a%2Fb"});
  EXPECT_EQ(segments("/a+b"), Strings{"a+b"});
  EXPECT_EQ(segments("/%C3%A4"), Strings{"\xc3\xa4"});
}

TEST(ParseTarget, TakesTheAbsoluteFormOfProxies) {
  EXPECT_EQ(parse_target("http://h:1/logs?a=b")->segments, Strings{"logs"});
  EXPECT_EQ(parse_target("https://h/x/y")->path, "/x/y");
  EXPECT_EQ(parse_target("http://h")->path, "/");
}

TEST(ParseTarget, ReadsTheQuery) {
  const auto target = parse_target("/p?index=7&leaf%5fhash=a%3Db&empty=");
  ASSERT_TRUE(target);
  EXPECT_EQ(*target->parameter("index"), "7");
  EXPECT_EQ(*target->parameter("leaf_hash"), "a=b");
  EXPECT_EQ(*target->parameter("empty"), "");
  EXPECT_EQ(target->parameter("other"), nullptr);
  EXPECT_EQ(target->path, "/p");
  EXPECT_TRUE(parse_target("/p?")->query.empty());
}

TEST(ParseTarget, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* target : {"",
                             "*",
                             "logs",
                             "example.org:443",
                             "//",
                             "/a//b",
                             "/a//",
                             "/a/./",
                             "/.",
                             "/..",
                             "/a/../b",
                             "/a/./b",
                             "/a/%2e%2E/b",
                             "/a%",
                             "/a%4",
                             "/a%zz",
                             "/a%00b",
                             "/a b",
                             "/a#b",
                             "/\xc3\xa4",
                             "/a\x7f",
                             "/?a",
                             "/?a&b=1",
                             "/?=1",
                             "/?a=%g1",
                             "/?&a=1",
                             "ftp://h/a"})
    EXPECT_FALSE(parse_target(target)) << target;
}

TEST(ParseTarget, KeepsWhatComesAgainAndLeavesItToTheRoute) {
  EXPECT_EQ(parse_target("/?a=1&%61=2")->query, (Parameters{{"a", "1"}, {"a", "2"}}));
}

TEST(ParseForm, IsAQueryWithAPlusForABlank) {
  EXPECT_EQ(*parse_form("a=1+2&a=%2B"), (Parameters{{"a", "1 2"}, {"a", "+"}}));
  EXPECT_TRUE(parse_form("")->empty());
  EXPECT_FALSE(parse_form("a"));
  EXPECT_FALSE(parse_form("a=%0"));
}

TEST(PercentEncoding, IsUndoneForEveryByteAndLeavesNothingThatAUrlReads) {
  for (int byte = 1; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const std::string encoded = percent_encode(text);
    EXPECT_EQ(*percent_decode(encoded), text);
    EXPECT_EQ(encoded.find_first_of("?&=+#/ "), std::string::npos) << encoded;
  }
}

TEST(ParseTarget, KeepsASlashAtTheEndApart) {
  EXPECT_TRUE(parse_target("/a/")->slash_at_end);
  EXPECT_EQ(parse_target("/a/?b=1")->segments, Strings{"a"});
  EXPECT_FALSE(parse_target("/a")->slash_at_end);
  EXPECT_FALSE(parse_target("/")->slash_at_end);
}

TEST(ParseTarget, RefusesMoreThanItsLimits) {
  const std::string longest = "/" + std::string(kTargetMax - 1, 'a');
  EXPECT_TRUE(parse_target(longest));
  EXPECT_FALSE(parse_target(longest + "a"));
  std::string query = "/?";
  for (std::size_t i = 0; i < kQueryParametersMax; ++i) query += "p" + std::to_string(i) + "=1&";
  EXPECT_TRUE(parse_target(query));
  EXPECT_FALSE(parse_target(query + "more=1"));
}

RouteMatch match(Method method, std::string_view target) {
  return match_route(routes(), method, *parse_target(target));
}

TEST(MatchRoute, FindsEveryRouteOfTheTableByItsOwnPattern) {
  for (const Route& route : routes()) {
    std::string target{route.pattern};
    for (const auto& [part, value] : {std::pair{"{log}", "l"}, {"{item}", "7"}, {"{rest}", "x/y"}})
      if (const std::size_t at = target.find(part); at != std::string::npos)
        target.replace(at, std::string{part}.size(), value);
    EXPECT_EQ(match(route.method, target).route, &route) << target;
    if (route.method == Method::kGet) {
      EXPECT_EQ(match(Method::kHead, target).route, &route);
    }
    const bool slash = target.ends_with('/');
    EXPECT_EQ(match(route.method, target + (slash ? "more" : "/more")).route == &route,
              route.pattern.ends_with("{rest}"));
    if (slash) target.pop_back();
    EXPECT_NE(match(route.method, slash ? target : target + "/").route, &route) << target;
  }
}

TEST(MatchRoute, HandsOverTheParts) {
  EXPECT_EQ(match(Method::kGet, "/logs/a/tile/0/x001/067.p/5").rest, "0/x001/067.p/5");
  EXPECT_EQ(match(Method::kGet, "/logs/a/tile/entries/x001/067").rest, "x001/067");
  EXPECT_EQ(match(Method::kGet, "/logs/a/tile/entries/%78001").rest, "%78001");
  EXPECT_EQ(match(Method::kGet, "/logs/a/sources/b%2Fc").item, "b/c");
  EXPECT_EQ(match(Method::kGet, "/logs/a/sources/b%2Fc").log, "a");
}

TEST(MatchRoute, SaysWhichMethodsAPathTakes) {
  EXPECT_EQ(match(Method::kPut, "/logs/a/keys").allowed, "GET, HEAD, POST");
  EXPECT_EQ(match(Method::kDelete, "/logs/a/batches").allowed, "POST");
  EXPECT_EQ(match(Method::kPost, "/logs/a/tile/entries/000").allowed, "GET, HEAD");
  EXPECT_EQ(match(Method::kGet, "/logs/a/nothing").allowed, "");
  EXPECT_EQ(match(Method::kGet, "/logs/a/tile").allowed, "");
  EXPECT_EQ(match(Method::kGet, "/").allowed, "");
}

}  // namespace
}  // namespace varve::api
