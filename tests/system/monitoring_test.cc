// docs/operating/monitoring.md, with a real Prometheus and its node exporter: what the alerts and the dashboard ask of
// a server that runs is answered, and the page lists what there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include "runbook.h"
#include "tests/directories.h"
#include "varve_witness.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const std::string kAlerts = source_file("tools/package/monitoring/alerts.yml");

/// All that `form` finds in `text`: its first group.
Names found_in(const std::string& text, const std::string& form) {
  const std::regex regex(form);
  Names found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    found.insert((*at)[1]);
  return found;
}

std::string in_a_url(const std::string& text) {
  static constexpr const char* kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0)
      out += c;
    else
      (out += '%') += {kHex[byte / 16], kHex[byte % 16]};
  }
  return out;
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t at = text.find(begin);
  if (at == std::string::npos) return "";
  return text.substr(at + begin.size(), text.find(end, at + begin.size()) - at - begin.size());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Alerts, FireWhenTheyShouldAndNotBefore) {
  must_run({"promtool", "check", "rules", kAlerts});
  std::string cases;
  for (const char* file : {"tests/monitoring/alerts.yml", "tests/monitoring/slow_alerts.yml"}) {
    const Outcome tested = run({"promtool", "test", "rules", source_file(file)});
    EXPECT_EQ(tested.exit_code, 0) << tested.output;
    cases += read_text(source_file(file));
  }
  const Names alerts = found_in(read_text(kAlerts), "- alert: (\\w+)");
  EXPECT_EQ(found_in(cases, "alertname: (\\w+)\n *exp_alerts: \\[\\]"), alerts) << "when silent";
  EXPECT_EQ(found_in(cases, "alertname: (\\w+)\n *exp_alerts:\n"), alerts) << "when it fires";
}

/// A server with all that has metrics, a mirror of its log, and who watches both.
class Watched : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(varve_.path("marks"));
    fs::create_directory(varve_.path("metrics"));
    witness_ =
        std::make_unique<VarveWitness>(varve_, "north.example", VarveWitness::item(varve_.vkey()));
    witness_->start();
    const std::string policy =
        "log " + varve_.vkey() + "\n" + witness_->line() + "quorum north.example\n";
    write_text(varve_.path("policy"), policy);
    write_text(varve_.path("jwks"),
               R"({"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"a",)"
               R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    varve_.add_configuration(
        "high_water_mark = \"" + varve_.path("marks") + "\"\nwitness_policy = \"" +
        varve_.path("policy") + "\"\nwitness_ca = \"" + varve_.path("ca.pem") +
        "\"\nwitness_interval_s = 1\ntimestamp_urls = "
        "[\"https://127.0.0.1:1\"]\n[[listener]]\nkind = \"syslog-tcp\"\nlisten = \"" +
        varve_.address() + ":0\"\nlog = \"main\"\nclient = \"devices\"\nplain_text = true\n" +
        "[[listener]]\nkind = \"relp-tls\"\nlisten = \"" + varve_.address() +
        ":0\"\nlog = \"main\"\nclient = \"devices\"\n[[issuer]]\nissuer = "
        "\"https://idp.example.org\"\n"
        "audience = [\"varve\"]\nalgorithms = [\"EdDSA\"]\nkeys = \"" +
        varve_.path("jwks") +
        "\"\nclient_prefix = \"idp/\"\n[[issuer.grant]]\nvalue = \"read\"\nroles = "
        "[\"read\"]\nlogs = "
        "[\"main\"]\n");
    varve_.start();
    ASSERT_EQ(append(), 201);
    start_collector();
    back_up();
    start_watching();
  }

  int append() {
    client::HttpClient client = varve_.connect("append");
    const auto response = client.post("/events", "application/x-ndjson", bytes_of("{\"a\":1}\n"));
    return response ? response->status : 0;
  }

  /// Its first file of metrics is there.
  void start_collector() {
    const std::string collect = Installation::program("varve-collect");
    const std::string dir = varve_.path("collector");
    must_run({collect, "init", "--dir", dir, "--source", "clinic/ehr", "--origin", kOrigin, "--url",
              varve_.url(), "--vkey", varve_.vkey(), "--bearer-file", varve_.token_file("append"),
              "--ca", varve_.path("ca.pem")});
    must_run({collect, "register", "--dir", dir, "--bearer-file", varve_.token_file("operate")});
    write_text(varve_.path("events.ndjson"), "{}\n");
    const std::string metrics = varve_.path("metrics/ehr.prom");
    collector_ = std::make_unique<Process>(
        Words{collect, "follow", "--dir", dir, "--metrics", metrics, varve_.path("events.ndjson")},
        varve_.path("collector.log"));
    ASSERT_TRUE(wait_until([&] { return fs::exists(metrics); }))
        << read_text(varve_.path("collector.log"));
  }

  void back_up() const {
    const auto measured = [&](Words words, const std::string& name) {
      words.insert(words.end(), {"--metrics", varve_.path("metrics/" + name + ".prom")});
      must_run(words);
    };
    measured(varve_.mirror_words(), "main-mirror");
    measured({Installation::program("varve-audit"), "check", varve_.path("mirror"), "--vkey",
              varve_.vkey()},
             "main-verify");
    write_text(varve_.path("first.vkey"), varve_.vkey() + "\n");
    write_text(varve_.path("drill.toml"), "[auditor]\nserver = \"" + varve_.server_url() +
                                              "\"\nca = \"" + varve_.path("ca.pem") +
                                              "\"\n[[log]]\nname = \"main\"\nfirst_vkey = \"" +
                                              varve_.path("first.vkey") + "\"\n");
    measured({Installation::program("varved"), "drill", "--config", varve_.path("drill.toml"),
              "--from", varve_.path("mirror"), "--scratch", varve_.path("")},
             "main-drill");
  }

  /// With the page's own configuration, on addresses of this test, and looking every second.
  void start_watching() {
    const std::string page = read_text(source_file("docs/operating/monitoring.md"));
    const std::string of_server = between(page, "```yaml\n", "```");
    const std::string witness = "\n## Witnesses\n";
    std::string config = of_server + between(page.substr(page.find(witness)), "```yaml\n", "```");
    config = replaced(config, "/usr/share/varve/alerts.yml", kAlerts);
    for (const char* ca : {"/etc/prometheus/varve-ca.pem", "/etc/prometheus/witness-ca.pem"})
      config = replaced(config, ca, varve_.path("ca.pem"));
    config =
        replaced(config, "witness.example.org:8444", between(witness_->url() + "/", "//", "/"));
    config = replaced(config, "audit.example.org:8443", between(varve_.server_url(), "//", "/"));
    config = replaced(config, "\"audit.example.org:9100\", \"mirror.example.org:9100\"",
                      "\"" + varve_.address() + ":9100\"");
    write_text(varve_.path("prometheus.yml"),
               "global: {scrape_interval: 1s, evaluation_interval: 1s}\n" + config);
    must_run({"promtool", "check", "config", varve_.path("prometheus.yml")});
    exporter_ = std::make_unique<Process>(
        Words{"prometheus-node-exporter", "--web.listen-address=" + varve_.address() + ":9100",
              "--collector.disable-defaults", "--collector.textfile",
              "--collector.textfile.directory=" + varve_.path("metrics")},
        varve_.path("exporter.log"));
    prometheus_ = std::make_unique<Process>(
        Words{"prometheus", "--web.listen-address=" + varve_.address() + ":9090",
              "--config.file=" + varve_.path("prometheus.yml"),
              "--storage.tsdb.path=" + varve_.path("tsdb")},
        varve_.path("prometheus.log"));
    ASSERT_TRUE(wait_until([&] { return answers_with("count(up == 1)", "\"3\"]"); }))
        << read_text(varve_.path("prometheus.log"));
  }

  /// The body of an answer of Prometheus; empty: there is none.
  [[nodiscard]] std::string asked(const std::string& path) const {
    client::HttpOptions options;
    options.connect_timeout_ms = options.io_timeout_ms = kPatienceMs;
    auto client = client::HttpClient::open(
        client::parse_url("http://" + varve_.address() + ":9090").value(), options);
    const auto answer = client->get("/api/v1/" + path);
    return answer ? answer->body : "";
  }
  [[nodiscard]] std::string answer_to(const std::string& expression) const {
    return asked("query?query=" + in_a_url(expression));
  }
  [[nodiscard]] bool answers_with(const std::string& expression, const std::string& part) const {
    return answer_to(expression).find(part) != std::string::npos;
  }
  /// What `filter` of jq makes of an answer of Prometheus.
  [[nodiscard]] std::vector<std::string> asked(const std::string& path,
                                               const std::string& filter) const {
    write_text(varve_.path("answer"), asked(path));
    return lines_of(must_run({"jq", "-r", filter, varve_.path("answer")}));
  }
  [[nodiscard]] std::vector<std::string> alerts_in(const std::string& state) const {
    return asked("rules", ".data.groups[].rules[] | select(.state == \"" + state + "\") | .name");
  }

  Installation varve_;
  std::unique_ptr<VarveWitness> witness_;
  std::unique_ptr<Process> collector_;
  std::unique_ptr<Process> exporter_;
  std::unique_ptr<Process> prometheus_;
};

// The dashboard's variables are Grafana's: it puts patterns in their places.
std::vector<std::string> expressions_of_dashboard() {
  const std::string file = source_file("tools/package/monitoring/dashboard.json");
  std::string all = must_run({"jq", "-r", ".panels[].targets[]?.expr", file});
  for (const char* variable : {"$instance", "$log"}) all = replaced(all, variable, ".*");
  return lines_of(all);
}

/// As the page lists it: its parts belong to a histogram, and listeners count as HTTP does.
std::string family_of(std::string name) {
  for (const char* way : {"varve_syslog_", "varve_relp_"})
    if (name.starts_with(way)) name = "varve_http_" + name.substr(std::string(way).size());
  for (const char* part : {"_bucket", "_sum", "_count"})
    if (name.ends_with(part)) name.resize(name.size() - std::string(part).size());
  return name;
}

TEST_F(Watched, AnswersAllThatTheAlertsAndTheDashboardAsk) {
  const std::vector<std::string> shown = expressions_of_dashboard();
  ASSERT_GT(shown.size(), 30U);
  for (const std::string& expression : shown) {
    SCOPED_TRACE(expression);
    if (expression.find(" > 0)") != std::string::npos) {  // not yet, of some, and no error
      EXPECT_TRUE(answers_with(expression, "\"status\":\"success\"")) << answer_to(expression);
      continue;
    }
    EXPECT_TRUE(wait_until([&] { return answers_with(expression, "\"value\":"); }))
        << answer_to(expression);
  }
  const auto evaluated = [&] {
    return asked("rules", ".data.groups[].rules[].health").size() ==
           asked("rules", ".data.groups[].rules[] | select(.health == \"ok\") | .health").size();
  };
  EXPECT_TRUE(wait_until(evaluated)) << asked("rules");

  std::string asking = read_text(kAlerts);
  for (const std::string& expression : shown) asking += expression + "\n";
  Names there;
  for (const std::string& name : asked("label/__name__/values", ".data[]"))
    if (name.starts_with("varve_")) there.insert(family_of(name));
  for (const std::string& name : found_in(asking, "\\b(varve_[a-z_]+)"))
    EXPECT_TRUE(there.contains(family_of(name))) << name << " is in no answer of a server";
  const std::string page = read_text(source_file("docs/operating/monitoring.md"));
  Names listed;
  for (const std::string& line : lines_of(page.substr(page.find("\n## Metrics"))))
    if (line.starts_with("| `"))
      listed.merge(found_in(line.substr(0, line.find(" | ")), "`(varve_[a-z_]+)`"));
  EXPECT_EQ(listed, there) << "the page lists what there is, and nothing else";
}

// The certificate of this installation lasts two days, and so does the CA that its witness is verified by.
TEST_F(Watched, FiresNothingWhileAllIsWellAndWhatItShouldWhileTheTokenIsAway) {
  const std::vector<std::string> about_certificates = {"VarveCertificateExpiresNow"};
  ASSERT_TRUE(wait_until([&] { return alerts_in("firing") == about_certificates; }));
  // Once the node exporter was asked, too.
  ASSERT_TRUE(wait_until([&] {
    return alerts_in("pending") ==
           std::vector<std::string>{"VarveCertificateExpires", "VarveAuthorityExpires"};
  }));

  ASSERT_TRUE(wait_until(
      [&] { return answers_with("varve_log_signature_failures_total offset 1s", "\"0\"]"); }));
  varve_.move_token_away();
  EXPECT_EQ(append(), 503);
  const auto is_known = [&] {
    const auto fires = alerts_in("firing");
    const auto waits = alerts_in("pending");
    return std::ranges::count(fires, "VarveAppendsRefused") == 1 &&
           std::ranges::count(fires, "VarveTokenErrors") == 1 &&
           std::ranges::count(waits, "VarveUnsigned") +
                   std::ranges::count(fires, "VarveUnsigned") ==
               1;
  };
  EXPECT_TRUE(wait_until(is_known)) << asked("rules");
  varve_.bring_token_back();
  ASSERT_TRUE(wait_until([&] { return append() == 201; }));
  EXPECT_TRUE(wait_until(
      [&] { return answers_with("ALERTS{alertname=\"VarveUnsigned\"}", "\"result\":[]"); }));
}

// A run that was not sound says so, and does not hide when the last sound one was.
TEST_F(Watched, KeepsWhenTheMirrorWasLastFoundIntact) {
  const std::string file = varve_.path("metrics/main-verify.prom");
  const auto verified = found_in(read_text(file), "\n(varve_backup_verified_seconds.*)\n");
  ASSERT_EQ(verified.size(), 1U) << read_text(file);
  fs::resize_file(varve_.path("mirror/checkpoint"), 40);
  const Outcome found = run({Installation::program("varve-audit"), "check", varve_.path("mirror"),
                             "--vkey", varve_.vkey(), "--metrics", file});
  EXPECT_EQ(found.exit_code, 13) << found.output;
  EXPECT_EQ(found_in(read_text(file), "\n(varve_backup_verified_seconds.*)\n"), verified);
  EXPECT_TRUE(wait_until([&] {
    const auto fires = alerts_in("firing");
    return std::ranges::count(fires, "VarveBackupNotIntact") == 1;
  })) << read_text(file);
}

}  // namespace
}  // namespace varve::system
