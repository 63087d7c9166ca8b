// Listeners over TLS: whose messages they are, and whose they refuse.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <csignal>

#include "tests/access/journal_lines.h"
#include "tests/access/replace_tokens.h"
#include "tests/api/listening_site.h"
#include "tests/api/made_certificates.h"

namespace varve::api {
namespace {

const std::string kMessage = "<13>1 - h a - - - the door of ward 7";

class ListenerTls : public MadeCertificates, public JournalLines, public ListeningSite {
 protected:
  ListenerTls() : ListeningSite({}, Level::kInfo) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to connections that the server has closed
    replace_tokens(*site.access, *Tokens::parse("ward-7 append open cert-dns:ward-7.example.org\n"
                                                "reader read open cert-dns:reader.example.org\n"));
    for (const std::string name : {"ward-7", "reader", "stranger"})
      make_client(name, kForClients + ("subjectAltName=DNS:" + name + ".example.org\n"));
  }

  void start_tls(ListenerKind kind, bool with_client_ca) {
    ListenerOptions options;
    options.kind = kind;
    options.tls = {path("server.pem"), path("server.key"), with_client_ca ? path("ca.pem") : "",
                   ClientCertificates::kRequired};
    start(options);
    next();  // listener_started
  }

  /// Sends `stream` as a client with that certificate, and reads until the server closes.
  [[nodiscard]] std::string exchange(const std::string& name, const std::string& stream) const {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free};
    if (!name.empty()) {
      SSL_CTX_use_certificate_chain_file(context.get(), path(name + ".pem").c_str());
      SSL_CTX_use_PrivateKey_file(context.get(), path(name + ".key").c_str(), SSL_FILETYPE_PEM);
    }
    const std::unique_ptr<BIO, void (*)(BIO*)> bio{BIO_new_ssl_connect(context.get()),
                                                   BIO_free_all};
    BIO_set_conn_hostname(bio.get(), ("127.0.0.1:" + std::to_string(port())).c_str());
    BIO_write(bio.get(), stream.data(), static_cast<int>(stream.size()));
    SSL* ssl = nullptr;
    BIO_get_ssl(bio.get(), &ssl);
    SSL_shutdown(ssl);
    std::string out;
    char some[4096];
    for (int n = 0; (n = BIO_read(bio.get(), some, sizeof some)) > 0;)
      out.append(some, static_cast<std::size_t>(n));
    return out;
  }
  static std::string counted(const std::string& message) {
    return std::to_string(message.size()) + " " + message;
  }
};

TEST_F(ListenerTls, ACertificateThatTheTokensFileNamesIsThatClient) {
  start_tls(ListenerKind::kSyslogTls, true);
  static_cast<void>(exchange("ward-7", counted(kMessage) + counted(kMessage + "\n")));
  EXPECT_NE(next().find(R"("route":"syslog-tls","log":"open","client":"ward-7","status":201)"),
            std::string::npos);
  EXPECT_TRUE(becomes([&] { return payloads() == std::vector{kMessage, kMessage + "\n"}; }));
}

TEST_F(ListenerTls, RelpIsAnswered) {
  start_tls(ListenerKind::kRelpTls, true);
  const std::string frame = "2 syslog " + counted(kMessage) + "\n";
  const std::string answers = exchange("ward-7", "1 open 0\n" + frame + "3 close 0\n");
  EXPECT_NE(answers.find("2 rsp 6 200 OK\n3 rsp 6 200 OK\n"), std::string::npos) << answers;
  EXPECT_EQ(payloads(), std::vector{kMessage});
}

TEST_F(ListenerTls, WhoeverMayNotAppendIsCutOffAndNothingIsStored) {
  start_tls(ListenerKind::kSyslogTls, true);
  static_cast<void>(exchange("reader", counted(kMessage)));
  EXPECT_NE(next().find("to append events takes append; the client has read"), std::string::npos);
  EXPECT_NE(next().find(R"("client":"reader","status":403)"), std::string::npos);
  static_cast<void>(exchange("stranger", counted(kMessage)));
  EXPECT_NE(next().find("credential_refused"), std::string::npos);
  EXPECT_NE(next().find(R"("client":"","status":401)"), std::string::npos);
  static_cast<void>(exchange("", counted(kMessage)));  // the handshake ends it
  listeners->stop();
  EXPECT_TRUE(payloads().empty());
}

TEST_F(ListenerTls, WithoutCertificatesTheConfigurationSaysWhoSends) {
  start_tls(ListenerKind::kSyslogTls, false);
  static_cast<void>(exchange("", counted(kMessage)));
  EXPECT_NE(next().find(R"("client":"ward-7","status":201)"), std::string::npos);
}

TEST_F(ListenerTls, OnlyOctetCountingIsTaken) {
  start_tls(ListenerKind::kSyslogTls, true);
  static_cast<void>(exchange("ward-7", kMessage + "\n"));
  EXPECT_NE(next().find("a frame begins with the count of its bytes"), std::string::npos);
  EXPECT_TRUE(payloads().empty());
}

TEST_F(ListenerTls, ANewCertificateIsTakenWithoutARestartAndAWrongOneIsNot) {
  start_tls(ListenerKind::kSyslogTls, true);
  EXPECT_TRUE(reload());
  std::filesystem::copy(path("ward-7.key"), path("server.key"),
                        std::filesystem::copy_options::overwrite_existing);
  const auto reloaded = reload();
  ASSERT_FALSE(reloaded);
  EXPECT_TRUE(reloaded.error().message.starts_with("[[listener]] syslog-tls: TLS key "));
  static_cast<void>(exchange("ward-7", counted(kMessage)));
  EXPECT_NE(next().find(R"("status":201)"), std::string::npos);
}

}  // namespace
}  // namespace varve::api
