// The official JavaScript client of Elasticsearch delivers to the running server, configured as
// docs/senders/elasticsearch.md says; what is stored is byte for byte the slice that it sent.
#include <gtest/gtest.h>

#include <sstream>

#include "foreign_sender.h"
#include "ledger/format/json.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

constexpr const char* kMediaType = "application/vnd.elasticsearch+x-ndjson";
constexpr unsigned kEvents = 200;

/// What the client sent and what it was answered, by lines of its output.
struct Told {
  std::vector<std::string> slices;  // of each event that was acknowledged
  std::vector<std::uint64_t> statuses;
  std::size_t requests = 0;
};

// Two lines an event: none of these bodies has a delete in front of another action.
void add_slices(const std::string& body, std::vector<std::string>& slices) {
  std::istringstream lines(body);
  for (std::string action, source; std::getline(lines, action);) {
    if (action.find("\"delete\"") != std::string::npos) continue;
    std::getline(lines, source);
    slices.push_back(action + "\n" + source);
  }
}

Told told_by(const std::string& output) {
  Told told;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const auto answer = format::Json::parse(line);
    if (!answer || !answer->has("body")) continue;
    ++told.requests;
    std::vector<std::string> slices;
    add_slices(*answer->text("body"), slices);
    std::size_t place = 0;
    const auto items = answer->objects("items");
    for (const format::Json& item : *items) {
      told.statuses.push_back(*item.number("status"));
      if (told.statuses.back() < 300) told.slices.push_back(slices.at(place));
      ++place;
    }
  }
  return told;
}

class JavaScriptClient : public NpmSender {
 protected:
  JavaScriptClient() : NpmSender("elasticsearch.mjs", "elasticsearch.md", "client.mjs") {}

  /// Delivers events while the server is killed once and started again.
  Told deliver_through_a_kill(const std::string& ids) {
    Process sender(words({"many", std::to_string(kEvents), ids}), output_file());
    EXPECT_TRUE(wait_until([&] { return told_by(printed()).requests >= 3; }));
    varve_.kill_9();
    varve_.start();
    EXPECT_EQ(sender.wait_ms(), 0) << printed();
    return told_by(printed());
  }
};

TEST_F(JavaScriptClient, DeliversEverySampleAndIsToldWhichActionsAreRefused) {
  const std::string samples = source_file("tests/samples/es-bulk/");
  const Outcome outcome = run(
      words({"file", samples + "create_index.ndjson", samples + "delete_multiple_documents.ndjson",
             samples + "update_multiple_documents.ndjson"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("\"alive\":true"), std::string::npos) << outcome.output;
  const Told told = told_by(outcome.output);
  EXPECT_EQ(told.statuses, (std::vector<std::uint64_t>{201, 400, 400}));
  const std::string sample = read_text(samples + "create_index.ndjson");
  EXPECT_EQ(stored_payloads(varve_, kMediaType), (std::map<std::string, int>{{sample, 1}}));
}

TEST_F(JavaScriptClient, EventsWithIdsAreStoredExactlyOnceThoughTheServerIsKilled) {
  const Told told = deliver_through_a_kill("ids");
  ASSERT_EQ(told.slices.size(), kEvents);
  std::map<std::string, int> sent;
  for (const std::string& slice : told.slices) ++sent[slice];
  EXPECT_EQ(sent.size(), kEvents);
  EXPECT_EQ(stored_payloads(varve_, kMediaType), sent);
}

TEST_F(JavaScriptClient, EventsWithoutIdsAreStoredAtLeastOnceThoughTheServerIsKilled) {
  const Told told = deliver_through_a_kill("none");
  ASSERT_EQ(told.slices.size(), kEvents);
  const auto stored = stored_payloads(varve_, kMediaType);
  for (const std::string& slice : told.slices) EXPECT_GE(stored.count(slice), 1U) << slice;
  EXPECT_EQ(stored.size(), kEvents) << "and nothing that was not sent";
}

}  // namespace
}  // namespace varve::system
