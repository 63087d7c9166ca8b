// rsyslog's omelasticsearch delivers to the running server, configured as
// docs/senders/elasticsearch.md says.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "foreign_sender.h"

namespace varve::system {
namespace {

constexpr unsigned kMessages = 300;
constexpr const char* kPlugin = "/usr/lib/x86_64-linux-gnu/rsyslog/omelasticsearch.so";

std::string message(unsigned number) {
  return "read record " + std::to_string(number) + " of \"ward 7\" \\ gr\xc3\xbc\xc3\x9f";
}

class Rsyslog : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* file : {"/usr/sbin/rsyslogd", kPlugin})
      if (!std::ifstream(file)) GTEST_SKIP() << file << " is not installed";
    varve_.start();
    std::filesystem::create_directory(varve_.path("spool"));
    write_text(varve_.path("rsyslog.conf"),
               "global(workDirectory=\"" + varve_.path("spool") + "\")\nmodule(load=\"imfile\")\n" +
                   snippet(varve_, "elasticsearch.md", "rsyslog") +
                   "input(type=\"imfile\" file=\"" + varve_.path("audit.log") +
                   "\" tag=\"ehr\" ruleset=\"varve\")\n");
  }

  void write_messages(unsigned from, unsigned to) const {
    std::ofstream out(varve_.path("audit.log"), std::ios::app);
    for (unsigned number = from; number < to; ++number) out << message(number) << '\n';
  }

  /// How often each message is in the log.
  [[nodiscard]] std::vector<int> stored() const {
    std::vector<int> counts(kMessages, 0);
    const auto payloads = stored_payloads(varve_, "application/vnd.elasticsearch+x-ndjson");
    for (const auto& [payload, times] : payloads) {
      EXPECT_TRUE(payload.starts_with("{\"create\":{\"_index\": \"audit\"")) << payload;
      const std::size_t at = payload.find("read record ");
      counts.at(std::stoul(payload.substr(at + 12))) += times;
    }
    return counts;
  }
  [[nodiscard]] bool all_stored() const {
    for (const int count : stored())
      if (count == 0) return false;
    return true;
  }

  Installation varve_;
};

TEST_F(Rsyslog, StoresEachMessageExactlyOnceThoughTheServerIsKilled) {
  write_messages(0, kMessages / 2);
  Process rsyslog({"/usr/sbin/rsyslogd", "-n", "-f", varve_.path("rsyslog.conf"), "-i",
                   varve_.path("rsyslog.pid")},
                  varve_.path("rsyslog.log"));
  EXPECT_TRUE(wait_until([&] {
    return !stored_payloads(varve_, "application/vnd.elasticsearch+x-ndjson").empty();
  })) << read_text(varve_.path("rsyslog.log"));
  varve_.kill_9();
  write_messages(kMessages / 2, kMessages);
  varve_.start();
  EXPECT_TRUE(wait_until([&] { return all_stored(); })) << read_text(varve_.path("rsyslog.log"));
  EXPECT_EQ(stored(), std::vector<int>(kMessages, 1));
  rsyslog.send(SIGTERM);
  rsyslog.wait_ms();
}

}  // namespace
}  // namespace varve::system
