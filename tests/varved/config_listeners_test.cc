// The [[listener]] tables: which keys go together, and what has to be said in so many words.
#include <gtest/gtest.h>

#include "tools/server/listen.h"
#include "tools/varved/config.h"
#include "tools/varved/descriptors.h"

namespace varve::tools {
namespace {

const std::string kPlainServer = "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n";
const std::string kTlsServer =
    "[server]\ntls_certificate = \"/c\"\ntls_key = \"/k\"\ndata = \"/d\"\ntokens = \"/t\"\n";
const std::string kRest =
    "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n"
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n"
    "[[log]]\nname = \"old\"\norigin = \"o\"\nkey = \"pkcs11:object=o\"\nended = true\n";

std::string listener(const std::string& kind, const std::string& more,
                     const std::string& log = "a") {
  return "[[listener]]\nkind = \"" + kind + "\"\nlog = \"" + log + "\"\n" + more;
}
const std::string kHere = "listen = \"127.0.0.1:514\"\n";
const std::string kAway = "listen = \"192.0.2.1:514\"\n";
const std::string kWho = "client = \"ward-7\"\n";
const std::string kCa = "client_ca = \"/ca\"\n";
const std::string kPlainText = "plain_text = true\n";
const std::string kLossy = "lossy = true\n";

std::string verdict(const std::string& listeners, const std::string& server = kTlsServer) {
  const auto config = parse_config(server + kRest + listeners, "varved.toml");
  return config ? "accepted" : config.error().message;
}

TEST(ConfiguredListener, HasWhatItIsGivenAndTheServersCertificateOtherwise) {
  const auto config = parse_config(
      kTlsServer + kRest + listener("syslog-tls", "listen = \"[::]:6514\"\n" + kCa) +
          listener("relp-tls", kAway + kWho +
                                   "tls_certificate = \"/c2\"\ntls_key = \"/k2\"\n"
                                   "connections_max = 7\n") +
          listener("relp", kHere + kWho) + listener("syslog-tcp", kAway + kWho + kPlainText) +
          listener("syslog-udp", kHere + kWho + kLossy),
      "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  const auto& all = config->listeners;
  ASSERT_EQ(all.size(), 5U);
  for (std::size_t k = 0; k < all.size(); ++k) EXPECT_EQ(all[k].log, "a");
  EXPECT_EQ(all[0].kind, api::ListenerKind::kSyslogTls);
  EXPECT_EQ(all[0].address, "::");
  EXPECT_EQ(all[0].port, 6514);
  EXPECT_EQ(all[0].tls.certificate, "/c");
  EXPECT_EQ(all[0].tls.key, "/k");
  EXPECT_EQ(all[0].tls.client_ca, "/ca");
  EXPECT_EQ(all[0].tls.client_certificates, api::ClientCertificates::kRequired);
  EXPECT_TRUE(all[0].client.empty());
  EXPECT_EQ(all[1].kind, api::ListenerKind::kRelpTls);
  EXPECT_EQ(all[1].tls.certificate, "/c2");
  EXPECT_EQ(all[1].tls.key, "/k2");
  EXPECT_TRUE(all[1].tls.client_ca.empty());
  EXPECT_EQ(all[1].client, "ward-7");
  EXPECT_EQ(all[1].connections_max, 7U);
  EXPECT_EQ(all[2].kind, api::ListenerKind::kRelp);
  EXPECT_TRUE(all[2].tls.certificate.empty());
  EXPECT_EQ(all[3].kind, api::ListenerKind::kSyslogTcp);
  EXPECT_EQ(all[4].kind, api::ListenerKind::kSyslogUdp);
}

TEST(ConfiguredListener, SaysWhatLeavesSendersUnprovenMessagesReadableOrLost) {
  struct Case {
    std::string listener;
    std::string message;  // part of it
    std::string server = kTlsServer;
  };
  const Case table[] = {
      {listener("syslog-tls", kAway), "give either client_ca"},
      {listener("syslog-tls", kAway + kWho + kCa), "give either client_ca"},
      {listener("relp", kHere), "client is needed"},
      {listener("relp", kHere + kWho + kCa), "client_ca are for kinds with TLS"},
      {listener("relp", kHere + kWho + "tls_key = \"/k\"\n"), "are for kinds with TLS"},
      {listener("relp", kAway + kWho), "set plain_text = true"},
      {listener("syslog-tcp", kAway + kWho), "set plain_text = true"},
      {listener("syslog-udp", kAway + kWho + kLossy), "set plain_text = true"},
      {listener("syslog-udp", kHere + kWho), "set lossy = true"},
      {listener("syslog-udp", kAway + kWho + kPlainText), "set lossy = true"},
      {listener("syslog-tcp", kHere + kWho + kLossy), "lossy is for syslog-udp"},
      {listener("relp-tls", kHere + kWho + kPlainText), "contradict each other"},
      {listener("relp-tls", kHere + kWho), "set tls_certificate and tls_key", kPlainServer},
      {listener("relp-tls", kHere + kWho + "tls_key = \"/k\"\n"), "go together"},
      {listener("relp", kHere + "client = \"ward 7\"\n"), "client is 1 to 127 of a-z A-Z 0-9"},
      {listener("relp", kHere + "client = \"x append * cert-subject:y\"\n"),
       "client is 1 to 127 of a-z A-Z 0-9"},
      {listener("relp", kHere + kWho, "b"), "there is no [[log]] named b"},
      {listener("relp", kHere + kWho, "old"), "log old has ended"},
      {listener("relp", kWho + "listen = \"127.0.0.1\"\n"), "listen is an IP address, a colon"},
      {listener("rlep", kHere + kWho),
       "kind is one of syslog-tls syslog-tcp syslog-udp relp relp-tls"},
      {"[[listener]]\nlog = \"a\"\n" + kHere, "[[listener]] needs the key kind"},
      {listener("relp", kWho), "[[listener]] needs the key listen"},
      {listener("relp", kHere + kWho + "sender = \"x\"\n"), "unknown key sender in [[listener]]"},
      {"[listener]\nkind = \"relp\"\n", "each listener is a table of its own: [[listener]]"},
  };
  for (const Case& one : table) {
    const std::string said = verdict(one.listener, one.server);
    EXPECT_NE(said.find(one.message), std::string::npos) << said << "\nnot: " << one.message;
  }
  EXPECT_EQ(verdict(listener("syslog-udp", kAway + kWho + kPlainText + kLossy)), "accepted");
  EXPECT_EQ(verdict(listener("relp", kHere + kWho), kPlainServer), "accepted");
}

TEST(ConfiguredListener, TakesDescriptorsForItsConnections) {
  const auto without = parse_config(kTlsServer + kRest, "varved.toml");
  const auto with = parse_config(kTlsServer + kRest +
                                     listener("relp", kHere + kWho + "connections_max = 1000\n") +
                                     listener("syslog-udp", kHere + kWho + kLossy),
                                 "varved.toml");
  ASSERT_TRUE(without && with);
  EXPECT_GE(descriptors_besides_connections(*with),
            descriptors_besides_connections(*without) + 1000 + 2);
}

TEST(Listen, KnowsLoopbackAddresses) {
  for (const char* here : {"127.0.0.1", "127.255.0.9", "::1"})
    EXPECT_TRUE(is_loopback(here)) << here;
  for (const char* away :
       {"0.0.0.0", "128.0.0.1", "::", "::2", "::ffff:127.0.0.1", "localhost", ""})
    EXPECT_FALSE(is_loopback(away)) << away;
}

}  // namespace
}  // namespace varve::tools
