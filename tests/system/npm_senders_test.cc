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

class PageOfASender : public NpmSender {
 protected:
  explicit PageOfASender(const std::string& name)
      : NpmSender(name + ".mjs", name + ".md", name + "-client.mjs") {
    environment_ = {"NODE_EXTRA_CA_CERTS=" + varve_.path("ca.pem")};
  }

  /// Delivers all samples. Returns what the client printed; empty where it was skipped or failed.
  std::string deliver_samples(Words more, const std::string& media_type) {
    for (const events::Sample& sample : events::all_samples())
      more.push_back(events::samples_directory() + "/" + sample.name);
    const Outcome outcome = run(words(more));
    const std::string& all = outcome.output;
    EXPECT_EQ(outcome.exit_code, 0)
        << all.substr(all.size() - std::min<std::size_t>(all.size(), 900));
    const auto sent = acknowledged_by(all);
    EXPECT_FALSE(sent.empty());
    EXPECT_TRUE(stored_payloads(varve_, media_type) == sent)
        << "each slice as often as it was sent";
    return all;
  }
};

class SplunkClient : public PageOfASender {
 protected:
  SplunkClient() : PageOfASender("splunk") {}
};

class MezmoClient : public PageOfASender {
 protected:
  MezmoClient() : PageOfASender("mezmo") {}
};

class OpenTelemetryClient : public PageOfASender {
 protected:
  OpenTelemetryClient() : PageOfASender("opentelemetry") {}
};

TEST_F(SplunkClient, DeliversEverySampleAndTheLogHasWhatItAcknowledged) {
  if (events::samples_directory().empty()) GTEST_SKIP() << "the samples are not there";
  const std::string printed = deliver_samples({"files"}, kHecType);
  EXPECT_TRUE(printed.ends_with("{\"acknowledged\":true}\n"));
}

TEST_F(MezmoClient, DeliversEverySample) {
  if (events::samples_directory().empty()) GTEST_SKIP() << "the samples are not there";
  deliver_samples({}, "application/vnd.mezmo.line+json");
}

TEST_F(OpenTelemetryClient, DeliversEverySample) {
  if (events::samples_directory().empty()) GTEST_SKIP() << "the samples are not there";
  deliver_samples({}, "application/vnd.opentelemetry.resource-logs+json");
}

TEST_F(SplunkClient, EventsAreStoredAtLeastOnceThoughTheServerIsKilled) {
  Process sender(words({"many", std::to_string(kHecEvents)}), output_file());
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
