// splunk-logging, @logdna/logger and OpenTelemetry's exporter deliver to the running server, configured as their pages
// of docs/senders say; what is stored is byte for byte the slices that they sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "foreign_sender.h"
#include "ledger/format/json.h"
#include "tests/events/sample_files.h"

namespace varve::system {
namespace {

constexpr const char* kHecType = "application/vnd.splunk.event+json";
constexpr int kHecEvents = 60;

/// The events of all requests that were answered, each a slice of what was sent.
std::map<std::string, int> acknowledged_by(const std::string& output) {
  std::map<std::string, int> out;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const auto answer = format::Json::parse(line);
    if (!answer || !answer->has("body")) continue;
    const std::string body{*answer->text("body")};
    const auto events = answer->objects("events");
    for (const format::Json& event : *events) {
      const std::string text{*event.text("event")};
      EXPECT_NE(body.find(text), std::string::npos);
      ++out[text];
    }
  }
  return out;
}

/// All of them beside one server: most of the time of such a test goes into unpacking.
class NpmSenders : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    directory_ = npm_packages(varve_, "senders", why);
    if (directory_.empty()) GTEST_SKIP() << why;
    varve_.start();
    for (const std::string name : {"splunk", "mezmo", "opentelemetry"})
      write_text(directory_ + "/" + name + "-client.mjs", snippet(varve_, name + ".md", "js"));
  }

  [[nodiscard]] Words words(const std::string& name, const Words& more) const {
    Words out{"env", "NODE_EXTRA_CA_CERTS=" + varve_.path("ca.pem"), "node",
              directory_ + "/" + name + ".mjs"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  /// Delivers all samples. Returns what the client printed.
  std::string deliver_samples(const std::string& name, Words more, const std::string& media_type) {
    SCOPED_TRACE(name);
    for (const events::Sample& sample : events::all_samples())
      more.push_back(events::samples_directory() + "/" + sample.name);
    const Outcome outcome = run(words(name, more));
    const std::string& all = outcome.output;
    EXPECT_EQ(outcome.exit_code, 0)
        << all.substr(all.size() - std::min<std::size_t>(all.size(), 900));
    const auto sent = acknowledged_by(all);
    EXPECT_FALSE(sent.empty());
    EXPECT_TRUE(stored_payloads(varve_, media_type) == sent) << "each as often as it was sent";
    return all;
  }

  Installation varve_;

 private:
  std::string directory_;
};

TEST_F(NpmSenders, EachDeliversEverySampleAndTheLogHasWhatItAcknowledged) {
  if (events::samples_directory().empty()) GTEST_SKIP() << "the samples are not there";
  const std::string printed = deliver_samples("splunk", {"files"}, kHecType);
  EXPECT_TRUE(printed.ends_with("{\"acknowledged\":true}\n"));
  deliver_samples("mezmo", {}, "application/vnd.mezmo.line+json");
  deliver_samples("opentelemetry", {}, "application/vnd.opentelemetry.resource-logs+json");
}

TEST_F(NpmSenders, EventsAreStoredAtLeastOnceThoughTheServerIsKilled) {
  const std::string file = varve_.path("client.log");
  const auto printed = [&] { return read_text(file); };
  Process sender(words("splunk", {"many", std::to_string(kHecEvents)}), file);
  EXPECT_TRUE(wait_until([&] { return acknowledged_by(printed()).size() >= 20; }));
  varve_.kill_9();
  varve_.start();
  EXPECT_EQ(sender.wait_ms(), 0) << printed();
  EXPECT_TRUE(printed().ends_with("{\"acknowledged\":true}\n")) << printed();
  const auto sent = acknowledged_by(printed());
  const auto stored = stored_payloads(varve_, kHecType);
  EXPECT_EQ(sent.size(), static_cast<std::size_t>(kHecEvents));
  EXPECT_EQ(stored.size(), sent.size()) << "and nothing that was not sent";
  for (const auto& [event, count] : sent) EXPECT_TRUE(stored.contains(event)) << event;
}

}  // namespace
}  // namespace varve::system
