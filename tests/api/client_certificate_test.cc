// Mutual TLS, with certificates that openssl made: who is let in, who is not, and what each learns.
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/server.h"
#include "tests/access/journal_lines.h"
#include "tests/access/replace_tokens.h"
#include "tests/api/made_certificates.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

class MutualTls : public MadeCertificates, public ::testing::Test {
 protected:
  MutualTls() {
    replace_tokens(*site.access, *Tokens::parse("ward-7 append * cert-dns:ward-7.example.org\n" +
                                                *token_line("append", "t", "append", "*")));
  }
  ~MutualTls() override {
    if (server) server->stop();
    site.stop();
  }

  [[nodiscard]] ServerOptions options() const {
    ServerOptions out;
    out.port = 0;
    out.tls = {path("server.pem"), path("server.key"), path("ca.pem"), needed_};
    return out;
  }
  Result<void> reload() {
    ASSIGN_OR_RETURN(const auto change, server->prepare_reload(options()));
    change();
    return {};
  }
  void start(ClientCertificates needed) {
    needed_ = needed;
    auto started = Server::start(options(), *site.service);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }

  struct Answer {
    int status = 0;  // 0: no answer
    std::string body;
  };
  Answer ask(const std::string& name, const std::string& bearer = "",
             const std::string& target = "/whoami") {
    const std::string certificate = name.empty() ? "" : path(name + ".pem");
    const std::string key = name.empty() ? "" : path(name + ".key");
    httplib::SSLClient client("127.0.0.1", server->port(), certificate, key);
    client.set_ca_cert_path(path("server.pem").c_str());
    client.set_read_timeout(60);
    if (!bearer.empty()) client.set_bearer_token_auth(bearer);
    const auto result = client.Get(target);
    return result ? Answer{result->status, result->body} : Answer{};
  }
  /// The reason of the alert that ends the handshake of whoever shows that certificate.
  int alert_to(const std::string& name) {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free};
    SSL_CTX_use_certificate_chain_file(context.get(), path(name + ".pem").c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), path(name + ".key").c_str(), SSL_FILETYPE_PEM);
    const std::unique_ptr<BIO, void (*)(BIO*)> bio{BIO_new_ssl_connect(context.get()),
                                                   BIO_free_all};
    BIO_set_conn_hostname(bio.get(), ("127.0.0.1:" + std::to_string(server->port())).c_str());
    char byte = 0;
    ERR_clear_error();
    if (BIO_do_connect(bio.get()) != 1 || BIO_read(bio.get(), &byte, 1) > 0) return 0;
    return ERR_GET_REASON(ERR_peek_last_error());
  }
  std::string metrics() { return site.access->metrics().text(); }

  Site site{{}, Level::kWarning};
  ClientCertificates needed_ = ClientCertificates::kOptional;
  std::unique_ptr<Server> server;
};

const std::string kWard = std::string{kForClients} + "subjectAltName=DNS:Ward-7.example.org\n";

TEST_F(MutualTls, ACertificateThatTheTokensFileNamesIsThatClient) {
  make_client("ward", kWard);
  start(ClientCertificates::kOptional);
  const Answer answer = ask("ward");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.starts_with(
      R"({"client":"ward-7","proof":"certificate","subject":"CN=ward,O=Example","expires":)"))
      << answer.body;
  EXPECT_NE(answer.body.find(R"({"name":"closed","roles":["append"]})"), std::string::npos);
  EXPECT_NE(ask("ward", "append").body.find(R"("client":"t","proof":"token")"), std::string::npos);
}

TEST_F(MutualTls, WhoShowsNoneIsLetInWhereItIsOptionalAndNotWhereItIsRequired) {
  start(ClientCertificates::kOptional);
  EXPECT_EQ(ask("").status, 401);
  EXPECT_EQ(ask("", "append").status, 200);
  server->stop();
  start(ClientCertificates::kRequired);
  EXPECT_EQ(ask("", "append").status, 0);
}

TEST_F(MutualTls, OneThatIsVouchedForButNobodysOpensOnlyWhatAnybodyMayRead) {
  make_client("stranger", std::string{kForClients} + "subjectAltName=DNS:*.example.org\n");
  start(ClientCertificates::kRequired);
  const Answer answer = ask("stranger");
  EXPECT_EQ(answer.status, 401);
  EXPECT_NE(answer.body.find("this credential is not accepted here"), std::string::npos);
  EXPECT_EQ(ask("stranger", "", "/logs/closed/checkpoint").status, 401);
  EXPECT_EQ(ask("stranger", "", "/logs/open/checkpoint").status, 200);
}

TEST_F(MutualTls, WrongCertificatesAreRefusedInTheHandshakeAndTheJournalSaysWhy) {
  make_ca("other");
  make_client("server-only",
              "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:ward-7.example.org\n");
  make_client("for-anything", "subjectAltName=DNS:ward-7.example.org\n");
  make_client("expired", kWard, "ca", "-10d");
  make_client("early", kWard, "ca", "+10d");
  make_client("foreign", kWard, "other");
  // DNS:ward-7.example.org, a NUL, ".evil"
  make_client("nul",
              std::string{kForClients} +
                  "2.5.29.17=DER:30:1a:82:18:77:61:72:64:2d:37:2e:65:78:61:6d:70:6c:65:2e:6f:"
                  "72:67:00:2e:65:76:69:6c\n");
  run("cp foreign.pem self.pem && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
      "-nodes -days 2 -subj /CN=self -addext extendedKeyUsage=clientAuth -keyout self.key -out "
      "self.pem");
  start(ClientCertificates::kOptional);
  const std::pair<const char*, const char*> table[] = {
      {"server-only", "unsuitable certificate purpose"},
      {"for-anything", "the certificate is not marked for clients"},
      {"expired", "certificate has expired"},
      {"early", "certificate is not yet valid"},
      {"foreign", "unable to get local issuer certificate"},
      {"nul", "an alternative name of the certificate is not plain text"},
      {"self", "self-signed certificate"}};
  JournalLines lines;
  for (const auto& [name, reason] : table) {
    EXPECT_EQ(alert_to(name), SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE) << name;
    const std::string line = lines.next();
    EXPECT_NE(line.find(R"("event":"credential_refused","proof":"certificate")"),
              std::string::npos);
    EXPECT_NE(line.find(reason), std::string::npos) << name << ": " << line;
    EXPECT_EQ(ask(name, "append").status, 0) << name;  // whatever else it presents
    EXPECT_NE(lines.next().find(reason), std::string::npos) << name;
  }
  EXPECT_NE(metrics().find(R"(varve_credentials_total{kind="certificate",outcome="refused"} 14)"),
            std::string::npos);
}

TEST_F(MutualTls, NewCAsAreTakenWithoutARestart) {
  make_ca("other");
  make_client("ward", kWard, "other");
  start(ClientCertificates::kRequired);
  EXPECT_EQ(ask("ward").status, 0);
  std::filesystem::copy(path("other.pem"), path("ca.pem"),
                        std::filesystem::copy_options::overwrite_existing);
  ASSERT_TRUE(reload());
  EXPECT_EQ(ask("ward").status, 200);
  std::ofstream(path("ca.pem")) << "nothing";
  EXPECT_FALSE(reload());
  EXPECT_EQ(ask("ward").status, 200);
}

}  // namespace
}  // namespace varve::api
