// fhir-kit-client delivers AuditEvents to the running server, configured as docs/senders/fhir.md says;
// what is stored is byte for byte what it sent.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "foreign_sender.h"
#include "ledger/format/json.h"
#include "tests/directories.h"
#include "tests/events/sample_files.h"

namespace varve::system {
namespace {

constexpr const char* kFhirMediaType = "application/fhir+json";
constexpr unsigned kAuditEvents = 60;

/// A line for each request that was answered.
std::vector<format::Json> answers_in(const std::string& output) {
  std::vector<format::Json> out;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    auto answer = format::Json::parse(line);
    if (answer && answer->has("body")) out.push_back(std::move(*answer));
  }
  return out;
}

class FhirClient : public NpmSender {
 protected:
  FhirClient() : NpmSender("fhir.mjs", "fhir.md", "fhir-client.mjs") {
    environment_ = {"NODE_EXTRA_CA_CERTS=" + varve_.path("ca.pem")};
  }
};

Words sample_paths() {
  Words out;
  for (const char* folder : {"balp", "fhir-r4-core"}) {
    const std::string directory = events::samples_directory() + "/" + folder;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      if (entry.path().extension() == ".json") out.push_back(entry.path());
  }
  return out;
}

TEST_F(FhirClient, DeliversEverySampleByItselfAndInOneBundle) {
  if (events::samples_directory().empty()) GTEST_SKIP() << "the samples are not there";
  const Words paths = sample_paths();
  ASSERT_FALSE(paths.empty());
  Words create{"create"};
  create.insert(create.end(), paths.begin(), paths.end());
  const Outcome created = run(words(create));
  ASSERT_EQ(created.exit_code, 0) << created.output;
  std::map<std::string, int> sent;
  for (const format::Json& answer : answers_in(created.output)) {
    EXPECT_EQ(*answer.number("status"), 201U);
    EXPECT_NE(*answer.text("location"), "");
    ++sent[std::string{*answer.text("body")}];
  }
  EXPECT_EQ(answers_in(created.output).size(), paths.size());
  EXPECT_EQ(stored_payloads(varve_, kFhirMediaType), sent);

  Words batch{"batch"};
  batch.insert(batch.end(), paths.begin(), paths.end());
  const Outcome batched = run(words(batch));
  ASSERT_EQ(batched.exit_code, 0) << batched.output;
  const auto told = answers_in(batched.output);
  ASSERT_EQ(told.size(), 1U);
  const std::string body{*told[0].text("body")};
  int entries = 0;
  for (const auto& [payload, count] : stored_payloads(varve_, kFhirMediaType)) {
    if (sent.contains(payload)) continue;
    EXPECT_NE(body.find(payload), std::string::npos) << "each is a slice of what was sent";
    entries += count;
  }
  EXPECT_EQ(entries, static_cast<int>(paths.size()));
}

std::string event_of(const std::string& patient, int number) {
  return R"({"resourceType":"AuditEvent","id":"e)" + std::to_string(number) +
         R"(","entity":[{"what":{"reference":"Patient/)" + patient + R"("}}]})";
}

/// Whatever page an event is on, the client gets it once; and no URL that it asks names the patient.
TEST_F(FhirClient, SearchesThroughAllPages) {
  std::set<std::string> sent;
  Words create{"create"};
  for (int number = 0; number < 7; ++number) {
    const std::string file = varve_.path("event" + std::to_string(number) + ".json");
    write_text(file, event_of(number % 2 == 0 ? "anna" : "bert", number));
    if (number % 2 == 0) sent.insert(read_text(file));
    create.push_back(file);
  }
  ASSERT_EQ(run(words(create)).exit_code, 0);
  const Outcome searched =
      run(words({"search", varve_.token_file("read"), "2", "patient=anna", "date=ge2026-01-01"}));
  ASSERT_EQ(searched.exit_code, 0) << searched.output;
  std::set<std::string> found;
  std::vector<std::string> methods;
  std::istringstream lines(searched.output);
  for (std::string line; std::getline(lines, line);) {
    const auto page = format::Json::parse(line);
    if (!page || !page->has("found")) continue;
    EXPECT_EQ(page->text("url")->find("anna"), std::string::npos) << line;
    methods.emplace_back(*page->text("method"));
    const auto events = page->texts("found");
    EXPECT_LE(events->size(), 2U);
    for (const std::string& event : *events) EXPECT_TRUE(found.insert(event).second) << event;
  }
  EXPECT_EQ(found, sent);
  ASSERT_GE(methods.size(), 2U);
  EXPECT_EQ(methods.front(), "POST");
  EXPECT_EQ(methods.back(), "GET");
}

TEST_F(FhirClient, EventsAreStoredAtLeastOnceThoughTheServerIsKilled) {
  Process sender(words({"many", std::to_string(kAuditEvents)}), output_file());
  EXPECT_TRUE(wait_until([&] { return answers_in(printed()).size() >= 10; }));
  varve_.kill_9();
  varve_.start();
  EXPECT_EQ(sender.wait_ms(), 0) << printed();
  const auto stored = stored_payloads(varve_, kFhirMediaType);
  const auto told = answers_in(printed());
  EXPECT_EQ(told.size(), kAuditEvents);
  for (const format::Json& answer : told)
    EXPECT_GE(stored.count(std::string{*answer.text("body")}), 1U);
  EXPECT_EQ(stored.size(), kAuditEvents) << "and nothing that was not sent";
}

}  // namespace
}  // namespace varve::system
