// TLS: version 1.3 and nothing else, certificates that fit, and new ones without a restart.
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <filesystem>

#include "api/server.h"
#include "tests/api/raw_client.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

class Tls : public ::testing::Test {
 protected:
  Tls() {
    std::string pattern = ::testing::TempDir() + "varve-tls-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    make_certificate("first");
    make_certificate("second", 99);
    std::filesystem::copy(directory / "first.pem", files().certificate);
    std::filesystem::copy(directory / "first.key", files().key);
  }
  ~Tls() override {
    if (server) server->stop();
    site.stop();
    std::filesystem::remove_all(directory);
  }
  void make_certificate(const std::string& name, int days = 2) const {
    const std::string path = (directory / name).string();
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days " +
        std::to_string(days) + " -subj /CN=" + name +
        " -addext subjectAltName=IP:127.0.0.1 -keyout " + path + ".key -out " + path +
        ".pem 2>/dev/null";
    CHECK(std::system(command.c_str()) == 0);
  }
  [[nodiscard]] TlsFiles files() const {
    return {(directory / "server.pem").string(), (directory / "server.key").string()};
  }
  [[nodiscard]] ServerOptions options() const {
    ServerOptions out;
    out.port = 0;
    out.tls = files();
    return out;
  }
  Result<void> start() {
    auto started = Server::start(options(), *site.service);
    if (!started) return std::move(started).error();
    server = std::move(*started);
    return {};
  }
  Result<void> reload() {
    ASSIGN_OR_RETURN(const auto change, server->prepare_reload(options()));
    change();
    return {};
  }
  // The status of a request by a client that trusts that certificate only; 0: no connection.
  int ask(const std::string& trusted) {
    httplib::SSLClient client("127.0.0.1", server->port());
    client.set_ca_cert_path((directory / (trusted + ".pem")).c_str());
    client.enable_server_certificate_verification(true);
    client.set_bearer_token_auth("append");
    client.set_read_timeout(60);
    const auto result = client.Post("/logs/open/events", "{}\n", "application/x-ndjson");
    return result ? result->status : 0;
  }
  // Whether a handshake of exactly that version succeeds.
  bool shakes_hands(int version) {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free};
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    const std::unique_ptr<BIO, void (*)(BIO*)> bio{BIO_new_ssl_connect(context.get()),
                                                   BIO_free_all};
    BIO_set_conn_hostname(bio.get(), ("127.0.0.1:" + std::to_string(server->port())).c_str());
    return BIO_do_connect(bio.get()) == 1 && BIO_do_handshake(bio.get()) == 1;
  }

  std::filesystem::path directory;
  Site site;
  std::unique_ptr<Server> server;
};

TEST_F(Tls, ServesClientsThatVerifyTheCertificate) {
  ASSERT_TRUE(start());
  EXPECT_EQ(ask("first"), 201);
  EXPECT_EQ(ask("second"), 0);
}

TEST_F(Tls, SpeaksVersion13Only) {
  ASSERT_TRUE(start());
  EXPECT_TRUE(shakes_hands(TLS1_3_VERSION));
  EXPECT_FALSE(shakes_hands(TLS1_2_VERSION));
}

TEST_F(Tls, AnswersNobodyInPlainText) {
  ASSERT_TRUE(start());
  RawClient peer{server->port()};
  peer.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(peer.read_all().find("HTTP"), std::string::npos);
  EXPECT_EQ(ask("first"), 201);
}

TEST_F(Tls, TakesANewCertificateWithoutARestart) {
  ASSERT_TRUE(start());
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy(directory / "second.pem", files().certificate, overwrite);
  EXPECT_FALSE(reload());  // not its key
  EXPECT_EQ(ask("first"), 201);
  std::filesystem::copy(directory / "second.key", files().key, overwrite);
  EXPECT_TRUE(reload());
  EXPECT_EQ(ask("second"), 201);
  EXPECT_EQ(ask("first"), 0);
}

// What counts is the one that clients see, and not a file that was not read again.
TEST_F(Tls, SaysWhenTheCertificateExpiresThatItShows) {
  ASSERT_TRUE(start());
  const std::string listener = "https:" + std::to_string(server->port());
  const auto ready = [&] { return body_of(site.get("/readyz")); };
  const auto soon = "\"certificates\":[\"the certificate of " + listener + " expires on ";
  EXPECT_NE(ready().find(soon), std::string::npos) << ready();
  EXPECT_NE(body_of(site.get("/metrics"))
                .find("varve_certificate_expires_seconds{listener=\"" + listener + "\"} 1"),
            std::string::npos);
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy(directory / "second.pem", files().certificate, overwrite);
  std::filesystem::copy(directory / "second.key", files().key, overwrite);
  EXPECT_NE(ready().find(soon), std::string::npos) << "it was not told to read it";
  ASSERT_TRUE(reload());
  EXPECT_EQ(ready().find("certificates"), std::string::npos) << ready();
}

TEST_F(Tls, RefusesToStartWithoutAUsableCertificateAndKey) {
  std::filesystem::remove(files().key);
  const auto no_key = start();
  ASSERT_FALSE(no_key);
  EXPECT_NE(no_key.error().message.find("server.key"), std::string::npos);
  std::filesystem::copy(directory / "second.key", files().key);
  EXPECT_FALSE(start());
  std::filesystem::remove(files().certificate);
  EXPECT_FALSE(start());
}

TEST_F(Tls, AKeyThatOthersMayReadAndACertificateThatTheyMayChangeAreRefusedAlsoLater) {
  using std::filesystem::perms;
  const auto give = [](const std::string& path, perms to_others) {
    std::filesystem::permissions(path, perms::owner_read | perms::owner_write | to_others);
  };
  const std::pair<std::string, perms> table[] = {{files().key, perms::others_read},
                                                 {files().key, perms::others_write},
                                                 {files().certificate, perms::others_write}};
  for (const auto& [path, to_others] : table) {
    give(path, to_others);
    const auto refused = start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kInvalid);
    EXPECT_NE(refused.error().message.find(path), std::string::npos) << refused.error().message;
    give(path, perms::none);
  }
  give(files().certificate, perms::others_read);
  ASSERT_TRUE(start());
  for (const auto& [path, to_others] : table) {
    give(path, to_others);
    EXPECT_FALSE(reload()) << path;
    give(path, perms::none);
  }
  EXPECT_TRUE(reload());
}

}  // namespace
}  // namespace varve::api
