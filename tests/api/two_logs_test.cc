// Two logs of one server: what one holds is reached by no route, credential, key, name or cache of the other.
#include <gtest/gtest.h>

#include <set>

#include "tests/api/site.h"

namespace varve::api {
namespace {

constexpr const char* kTypeOfEvents = "application/x-ndjson";

/// "ours" and "theirs": one log each, both with private reads, and for each a token with all roles there.
class TwoLogs : public ::testing::Test {
 protected:
  TwoLogs() {
    AccessOptions options;
    for (testing::World* world : {&ours, &theirs}) CHECK(world->open().has_value());
    options.logs = {{"ours", ours.options.origin, false, ours.log.get()},
                    {"theirs", theirs.options.origin, false, theirs.log.get()}};
    const std::string all = "append,read,proofs,operate,hold,approve,breakglass";
    access =
        std::make_unique<Access>(std::move(options),
                                 *Tokens::parse(*token_line("one", "ann", all, "ours") + "\n" +
                                                *token_line("two", "ann", all, "theirs") + "\n" +
                                                *token_line("both", "eve", all, "*") + "\n"),
                                 journal);
    service = std::make_unique<Service>(*access, env::posix_clock());
  }
  ~TwoLogs() override {
    ours.log->stop();
    theirs.log->stop();
    access->stop();
  }

  Response ask(Method method, const std::string& target, const std::string& token,
               const std::string& body = "", Headers headers = {}) {
    if (!token.empty()) headers.emplace_back("authorization", "Bearer " + token);
    if (method == Method::kPost) headers.emplace_back("content-type", kTypeOfEvents);
    return answer_of(*service, {method, target, std::move(headers), to_buffer(bytes_of(body))});
  }
  /// The receipt of an event that was appended.
  format::Receipt append(const std::string& log, const std::string& token, const std::string& body,
                         const std::string& key = "") {
    Headers headers;
    if (!key.empty()) headers.emplace_back("idempotency-key", key);
    const Response response = ask(Method::kPost, "/logs/" + log + "/events", token, body, headers);
    EXPECT_TRUE(response.status == 201 || response.status == 200) << text_of(response.body);
    return *format::parse_receipt(text_of(response.body));
  }

  testing::World ours{"audit.example.org/ours"};
  testing::World theirs{"audit.example.org/theirs"};
  Journal journal{Level::kError};
  std::unique_ptr<Access> access;
  std::unique_ptr<Service> service;
};

std::string target_on(std::string target, const std::string& log) {
  for (const auto& [part, value] : {std::pair<std::string, std::string>{"{log}", log},
                                    {"{item}", "2"},
                                    {"entries/{rest}", "entries/000.p/3"},
                                    {"{rest}", "0/000.p/3"}})
    if (const std::size_t at = target.find(part); at != std::string::npos)
      target.replace(at, part.size(), value);
  return target;
}

// Each way to spell the log, too: as a path is written, and as a router might understand it.
TEST_F(TwoLogs, NoRouteAnswersTheCredentialOfTheOther) {
  const std::string secret = "what-is-theirs-alone";
  append("theirs", "two", "{\"x\":\"" + secret + "\"}\n");
  append("ours", "one", "{}\n");
  std::set<int> statuses;
  for (const Route& route : routes()) {
    const std::string pattern(route.pattern);
    for (const std::string log : {"theirs", "%74heirs", "ours/../theirs", "ours%2F..%2Ftheirs",
                                  "ours/%2e%2e/theirs", "theirs%00"}) {
      const Response response = ask(route.method, target_on(pattern, log), "one", "{}");
      const std::string body(text_of(response.body));
      EXPECT_EQ(body.find(secret), std::string::npos) << pattern;
      EXPECT_EQ(body.find(format::format_vkey(theirs.first_key.key)), std::string::npos) << pattern;
      if (pattern.find("{log}") == std::string::npos) continue;
      EXPECT_GE(response.status, 400) << pattern << " as " << log;
      statuses.insert(response.status);
    }
  }
  EXPECT_TRUE(statuses.contains(403));
  EXPECT_EQ(theirs.size(), theirs.log->latest()->checkpoint.size);
}

TEST_F(TwoLogs, OneKeyOfOneClientIsAnotherRequestOnEach) {
  const auto here = append("ours", "both", "{\"a\":1}\n", "the-same");
  const auto there = append("theirs", "both", "{\"b\":2}\n{\"c\":3}\n", "the-same");
  EXPECT_EQ(here.count, 1U);
  EXPECT_EQ(there.count, 2U);
  const auto again = append("theirs", "both", "{\"b\":2}\n{\"c\":3}\n", "the-same");
  EXPECT_EQ(again.first_index, there.first_index);
  EXPECT_EQ(again.root, there.root);
}

TEST_F(TwoLogs, ASourceOfOneNameHasAChainOfItsOwnOnEach) {
  testing::Source source = ours.registered("wards/7");
  const Buffer batch = source.seal({"{}"});
  ASSERT_TRUE(ours.append(to_buffer(batch)));
  EXPECT_EQ(theirs.append(to_buffer(batch)).error().code, Code::kNotFound);
  testing::Source namesake = theirs.registered("wards/7");
  EXPECT_EQ(theirs.append(to_buffer(batch)).error().code, Code::kInvalid)
      << "its seal is signed for the other";
  EXPECT_TRUE(theirs.append(namesake.seal({"{}"})));
}

// Asked in turns, so that what one log left in memory is there when the other is asked.
TEST_F(TwoLogs, ProofsAndTilesOfOneAreNotTheOthers) {
  const auto here = append("ours", "both", "{\"a\":1}\n");
  const auto there = append("theirs", "both", "{\"b\":2}\n");
  const auto leaf = [](const testing::World& world, LeafIndex i) {
    return merkle::leaf_hash(world.log->records(i, 1)->front());
  };
  const std::string of_ours = hex(leaf(ours, here.first_index).view());
  const std::string of_theirs = hex(leaf(theirs, there.first_index).view());
  for (int again = 0; again < 2; ++again) {
    const auto proof = [&](const std::string& log, const std::string& hash) {
      return ask(Method::kGet, "/logs/" + log + "/proof/inclusion?leaf_hash=" + hash, "both")
          .status;
    };
    EXPECT_EQ(proof("ours", of_ours), 200);
    EXPECT_EQ(proof("theirs", of_theirs), 200);
    EXPECT_EQ(proof("ours", of_theirs), 404);
    EXPECT_EQ(proof("theirs", of_ours), 404);
    const auto tile = [&](const std::string& log) {
      const Response response = ask(Method::kGet, "/logs/" + log + "/tile/0/000.p/3", "both");
      return std::string(text_of(response.body));
    };
    EXPECT_NE(tile("ours"), tile("theirs"));
    EXPECT_EQ(tile("ours").size(), 96U);
  }
}

}  // namespace
}  // namespace varve::api
