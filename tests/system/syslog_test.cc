// Senders of syslog and RELP that are not ours deliver to the running server. The server and they are
// configured as docs/senders/syslog.md says.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "foreign_sender.h"

namespace varve::system {
namespace {

constexpr unsigned kMessages = 300;
const std::string kNew = "application/vnd.varve.syslog; form=rfc5424";
const std::string kOld = "application/vnd.varve.syslog; form=rfc3164";

std::string message(unsigned number) {
  return "read record " + std::to_string(number) + " of \"ward 7\" \\ gr\xc3\xbc\xc3\x9f";
}

void replace_each(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

class SyslogSenders : public ::testing::Test {
 protected:
  void SetUp() override {
    make_sender_certificate();
    write_text(varve_.path("access"), read_text(varve_.path("access")) +
                                          "ward-7 append main cert-dns:ward-7.example.org\n");
    varve_.add_configuration(adapted("toml"));
    varve_.start();
    std::filesystem::create_directory(varve_.path("spool"));
  }

  /// ward-7.pem and ward-7.key, as docs/senders/syslog.md makes them.
  void make_sender_certificate() const {
    write_text(varve_.path("ext"),
               "extendedKeyUsage=clientAuth\nsubjectAltName=DNS:ward-7.example.org\n");
    must_run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
              "-keyout", varve_.path("ward-7.key"), "-out", varve_.path("ward-7.csr"), "-subj",
              "/CN=ward-7"});
    must_run({"openssl", "x509", "-req", "-in", varve_.path("ward-7.csr"), "-CA",
              varve_.path("ca.pem"), "-CAkey", varve_.path("ca.key"), "-CAcreateserial", "-days",
              "2", "-extfile", varve_.path("ext"), "-out", varve_.path("ward-7.pem")});
  }

  /// A block of the page, for this installation.
  [[nodiscard]] std::string adapted(const std::string& language) const {
    std::string text = snippet(varve_, "syslog.md", language);
    for (const char* file : {"ward-7.pem", "ward-7.key"})
      replace_each(text, std::string("/etc/varve/") + file, varve_.path(file));
    replace_each(text, "192.0.2.10", varve_.address());
    replace_each(text, "target=\"varve.example.org\"", "target=\"" + varve_.address() + "\"");
    replace_each(text, "\"cardiology\"", "\"main\"");
    return text;
  }

  /// rsyslog, which reads a file and sends its lines with that block's ruleset `varve`.
  [[nodiscard]] std::unique_ptr<Process> rsyslog(const std::string& language) const {
    write_text(varve_.path("rsyslog.conf"),
               "global(workDirectory=\"" + varve_.path("spool") + "\")\nmodule(load=\"imfile\")\n" +
                   adapted(language) + "input(type=\"imfile\" file=\"" + varve_.path("audit.log") +
                   "\" tag=\"ehr\" ruleset=\"varve\")\n");
    return std::make_unique<Process>(
        Words{"/usr/sbin/rsyslogd", "-n", "-f", varve_.path("rsyslog.conf"), "-i",
              varve_.path("rsyslog.pid")},
        varve_.path("rsyslog.log"));
  }
  static bool lacks(const std::string& plugin) {
    return !std::ifstream("/usr/sbin/rsyslogd") ||
           !std::ifstream("/usr/lib/x86_64-linux-gnu/rsyslog/" + plugin);
  }

  void write_messages(unsigned from, unsigned to) const {
    std::ofstream out(varve_.path("audit.log"), std::ios::app);
    for (unsigned number = from; number < to; ++number) out << message(number) << '\n';
  }

  /// How often each message is in the log.
  [[nodiscard]] std::vector<int> stored() const {
    std::vector<int> counts(kMessages, 0);
    for (const auto& [payload, times] : stored_payloads(varve_, kNew)) {
      const std::size_t at = payload.find("read record ");
      if (at == std::string::npos) continue;  // rsyslog's own
      const unsigned long number = std::stoul(payload.substr(at + 12));
      EXPECT_NE(payload.find(message(static_cast<unsigned>(number))), std::string::npos) << payload;
      counts.at(number) += times;
    }
    return counts;
  }
  [[nodiscard]] bool all_stored() const {
    const auto counts = stored();
    return std::ranges::find(counts, 0) == counts.end();
  }
  /// Without a crash each message arrives once.
  void deliver_all(const std::string& language) const {
    write_messages(0, kMessages);
    const auto sender = rsyslog(language);
    EXPECT_TRUE(wait_until([&] { return all_stored(); }))
        << read_text(varve_.path("rsyslog.log")) << varve_.server_log();
    EXPECT_EQ(stored(), std::vector<int>(kMessages, 1));
    sender->send(SIGTERM);
    sender->wait_ms();
  }
  /// By RELP, while the server ends in the middle of it and starts again.
  void deliver_while(const std::function<void()>& end_server) {
    write_messages(0, kMessages / 2);
    const auto sender = rsyslog("rsyslog relp-tls");
    EXPECT_TRUE(wait_until([&] { return !stored_payloads(varve_, kNew).empty(); }))
        << read_text(varve_.path("rsyslog.log")) << varve_.server_log();
    end_server();
    write_messages(kMessages / 2, kMessages);
    varve_.start();
    EXPECT_TRUE(wait_until([&] { return all_stored(); })) << read_text(varve_.path("rsyslog.log"));
    int copies = 0;
    for (const int count : stored()) copies += count - 1;
    RecordProperty("duplicates", copies);
    EXPECT_TRUE(journal_names("ward-7", "relp-tls"));
    sender->send(SIGTERM);
    sender->wait_ms();
  }
  [[nodiscard]] bool journal_names(const std::string& client, const std::string& listener) const {
    return varve_.server_log().find("\"route\":\"" + listener +
                                    "\",\"log\":\"main\",\"client\":\"" + client +
                                    "\",\"status\":201") != std::string::npos;
  }

  Installation varve_;
};

TEST_F(SyslogSenders, RsyslogOverRelpWithTlsLosesNothingThoughTheServerIsKilled) {
  if (lacks("omrelp.so")) GTEST_SKIP() << "rsyslog-relp is not installed";
  deliver_while([&] { varve_.kill_9(); });
}

TEST_F(SyslogSenders, RsyslogOverRelpWithTlsLosesNothingThoughTheServerIsStopped) {
  if (lacks("omrelp.so")) GTEST_SKIP() << "rsyslog-relp is not installed";
  deliver_while([&] { EXPECT_EQ(varve_.stop(), 0); });
}

TEST_F(SyslogSenders, RsyslogOverTlsIsKnownByItsCertificate) {
  if (lacks("lmnsd_gtls.so")) GTEST_SKIP() << "rsyslog-gnutls is not installed";
  deliver_all("rsyslog syslog-tls");
  EXPECT_TRUE(journal_names("ward-7", "syslog-tls"));
}

TEST_F(SyslogSenders, RsyslogOverTcp) {
  if (lacks("lmnet.so")) GTEST_SKIP() << "rsyslog is not installed";
  deliver_all("rsyslog syslog-tcp");
  EXPECT_TRUE(journal_names("devices", "syslog-tcp"));
}

TEST_F(SyslogSenders, LoggerOverTcpAndUdp) {
  if (run({"logger", "--version"}).exit_code != 0) GTEST_SKIP() << "logger is not installed";
  const std::string with = "logger --server " + varve_.address() + " --port 1514 ";
  for (const char* options :
       {"--tcp --octet-count --rfc5424=notime,notq,nohost --priority user.notice --tag ehr ",
        "--tcp --rfc5424=notime,notq,nohost --priority user.info --tag ehr ",
        "--udp --rfc5424=notime,notq,nohost --priority user.debug --tag ehr ",
        "--udp --rfc3164 --priority user.err --tag ehr "})
    must_run({"sh", "-c", with + options + "'the door of ward 7'"});
  const std::string text = " - - ehr - - - the door of ward 7";
  const auto arrived = [&](const std::string& type) { return stored_payloads(varve_, type); };
  EXPECT_TRUE(wait_until([&] { return arrived(kNew).size() == 3 && arrived(kOld).size() == 1; }))
      << varve_.server_log();
  EXPECT_EQ(arrived(kNew), (std::map<std::string, int>{
                               {"<13>1" + text, 1}, {"<14>1" + text, 1}, {"<15>1" + text, 1}}));
  EXPECT_TRUE(arrived(kOld).begin()->first.ends_with(" ehr: the door of ward 7"));
}

}  // namespace
}  // namespace varve::system
