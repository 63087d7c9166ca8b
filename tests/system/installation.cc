// Sets up with varve-keys, openssl and varved token; what a README tells an operator to do.
#include "installation.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/directories.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kCertificateDays = 2;

std::string line_of(const std::string& text, std::size_t number) {
  std::istringstream in(text);
  std::string line;
  for (std::size_t i = 0; i <= number; ++i) std::getline(in, line);
  return line;
}

/// A loopback address that no other process has: the port of a server that is down stays free for it.
std::string own_address() {
  const auto id = static_cast<unsigned>(::getpid());
  std::string address = "127.";
  address += std::to_string(1 + (id >> 16) % 254) + ".";
  address += std::to_string(id >> 8 & 255) + ".";
  return address + std::to_string(id & 255);
}

std::string make_directory() {
  std::string path = (fs::temp_directory_path() / "varve-system-XXXXXX").string();
  CHECK(::mkdtemp(path.data()) != nullptr);
  return path;
}

}  // namespace

std::string must_run(const Words& words, const Variables& variables) {
  const Outcome outcome = run(words, variables);
  if (outcome.exit_code != 0) {
    std::fprintf(stderr, "%s ended with %d: %s\n", words[0].c_str(), outcome.exit_code,
                 outcome.output.c_str());
    std::abort();
  }
  return outcome.output;
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

void write_drill_config(const Installation& varve) {
  write_text(varve.path("first.vkey"), varve.vkey() + "\n");
  write_text(varve.path("drill.toml"), "[auditor]\nserver = \"" + varve.server_url() +
                                           "\"\nca = \"" + varve.path("ca.pem") +
                                           "\"\nbearer = \"" + varve.token_file("read") +
                                           "\"\n[[log]]\nname = \"main\"\nfirst_vkey = \"" +
                                           varve.path("first.vkey") + "\"\n");
}

std::string Installation::program(const std::string& name) {
  const fs::path folder = name.starts_with("varve-") ? name.substr(6) : name;
  return (fs::path(built_file("tools")) / folder / name).string();
}

Installation::Installation() : directory_(make_directory()), address_(own_address()) {
  ::umask(077);
  std::signal(SIGPIPE, SIG_IGN);  // servers are killed while we write to them
  make_token();
  make_certificates(kCertificateDays);
  make_access();
  configure(0);
}

Installation::~Installation() {
  server_.reset();
  if (std::getenv("VARVE_KEEP") != nullptr) {
    std::fprintf(stderr, "kept: %s\n", directory_.c_str());
    return;
  }
  run({"chattr", "-R", "-i", directory_});  // sealed segments may be immutable
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

Variables Installation::variables() const {
  return {{"SOFTHSM2_CONF", path("softhsm2.conf")}};
}

Words Installation::mirror_words() const {
  return {program("varve-audit"),
          "mirror",
          url(),
          path("mirror"),
          "--vkey",
          vkey(),
          "--ca",
          path("ca.pem"),
          "--bearer-file",
          token_file("read")};
}

void Installation::wait_for_reads() const {
  client::HttpOptions options;
  options.ca_file = path("ca.pem");
  options.connect_timeout_ms = options.io_timeout_ms = kPatienceMs;
  CHECK(wait_until([&] {
    auto client = client::HttpClient::open(client::parse_url(server_url()).value(), options);
    const auto metrics = client->get("/metrics");
    return metrics &&
           metrics->body.find("\nvarve_log_reads_waiting{log=\"main\"} 0\n") != std::string::npos;
  }));
}

Words Installation::token_words() const {
  return {"--module",     kSoftHsm,
          "--token",      "pkcs11:token=system",
          "--pin",        "file:" + path("pin"),
          "--timeout-ms", std::to_string(kPatienceMs)};
}

void Installation::make_token() {
  fs::create_directory(path("softhsm"));
  fs::create_directory(path("data"));
  write_text(path("softhsm2.conf"), "directories.tokendir = " + path("softhsm") +
                                        "\nobjectstore.backend = file\nlog.level = ERROR\n"
                                        "library.reset_on_fork = true\n");
  set_pin("correct-4711");
  write_text(path("so-pin"), "0815-of-the-officer\n");
  must_run({program("varve-keys"), "init-token", "--module", kSoftHsm, "--label", "system",
            "--so-pin", "file:" + path("so-pin"), "--pin", "file:" + path("pin")},
           variables());
  Words create{program("varve-keys"), "create"};
  for (const std::string& word : token_words()) create.push_back(word);
  for (const char* word : {"--label", "first", "--origin", kOrigin}) create.emplace_back(word);
  vkey_ = line_of(must_run(create, variables()), 0);
}

void Installation::make_certificates(unsigned days) const {
  const std::string lasting = std::to_string(days);
  write_text(path("san"), "subjectAltName = IP:" + address_ + ",DNS:varve.example.org\n");
  must_run({"openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", path("ca.key"),
            "-out", path("ca.pem"), "-days", lasting, "-subj", "/CN=system test CA"});
  must_run({"openssl", "req", "-newkey", "ed25519", "-nodes", "-keyout", path("tls.key"), "-out",
            path("tls.csr"), "-subj", "/CN=localhost"});
  must_run({"openssl", "x509", "-req", "-in", path("tls.csr"), "-CA", path("ca.pem"), "-CAkey",
            path("ca.key"), "-CAcreateserial", "-days", lasting, "-out", path("tls.pem"),
            "-extfile", path("san")});
}

void Installation::make_access() const {
  std::string lines;
  for (const char* role : {"append", "read", "operate"}) {
    const std::string made =
        must_run({program("varved"), "token", std::string("who-") + role, role, "main"});
    write_text(token_file(role), line_of(made, 1) + "\n");
    lines += line_of(made, 4) + "\n";
  }
  write_text(path("access"), lines);
}

void Installation::configure(unsigned port) const {
  write_text(
      path("varved.toml"),
      "[server]\nlisten = \"" + address_ + ":" + std::to_string(port) + "\"\ntls_certificate = \"" +
          path("tls.pem") + "\"\ntls_key = \"" + path("tls.key") + "\"\ndata = \"" + path("data") +
          "\"\ntokens = \"" + path("access") + "\"\n\n[hsm]\nmodule = \"" + kSoftHsm +
          "\"\ntoken = \"pkcs11:token=system\"\npin = \"file:" + path("pin") + "\"\ntimeout_ms = " +
          std::to_string(kPatienceMs) + "\n\n[[log]]\nname = \"main\"\norigin = \"" + kOrigin +
          "\"\nkey = \"pkcs11:object=first\"\nsegment_bytes_max = 1048576\n" + further_tables_);
}

void Installation::add_configuration(const std::string& tables) {
  further_tables_ += tables;
  configure(0);
}

std::string Installation::server_url() const {
  return "https://" + address_ + ":" + std::to_string(port_);
}

client::HttpClient Installation::connect(const std::string& role) const {
  client::HttpOptions options;
  options.ca_file = path("ca.pem");
  options.token_file = token_file(role);
  options.connect_timeout_ms = options.io_timeout_ms = kPatienceMs;
  return client::HttpClient::open(client::parse_url(url()).value(), options).value();
}

bool Installation::ready() const {
  client::HttpOptions options;
  options.ca_file = path("ca.pem");
  options.connect_timeout_ms = kPatienceMs;
  auto client = client::HttpClient::open(client::parse_url(server_url()).value(), options);
  const auto response = client->get("/readyz");
  return response && response->status == 200;
}

std::string Installation::server_log() const {
  return read_text(path("server.log"));
}

// The journal is JSON, a line an event; the last "listening" is the running server's.
unsigned Installation::listening_port() const {
  const std::string log = server_log();
  const std::size_t at = log.rfind("\"listening\"");
  if (at == std::string::npos) return 0;
  const std::size_t number = log.find("\"port\":", at);
  return number == std::string::npos
             ? 0
             : static_cast<unsigned>(std::strtoul(log.c_str() + number + 7, nullptr, 10));
}

void Installation::start() {
  server_ = std::make_unique<Process>(Words{program("varved"), "--config", path("varved.toml")},
                                      path("server.log"), variables());
  if (port_ == 0) {
    wait_until([this] { return (port_ = listening_port()) != 0 || !server_->running(); });
    configure(port_);
  }
  if (!wait_until([this] { return ready() || !server_->running(); }) || !server_->running()) {
    std::fprintf(stderr, "varved did not become ready:\n%s\n", server_log().c_str());
    std::abort();
  }
}

Outcome Installation::start_in_vain() const {
  return run({"timeout", std::to_string(kPatienceMs / 1'000), program("varved"), "--config",
              path("varved.toml")},
             variables());
}

void Installation::kill_9() {
  server_->send(SIGKILL);
  CHECK(server_->wait_ms() == 128 + SIGKILL);
}

int Installation::stop() {
  server_->send(SIGTERM);
  return server_->wait_ms();
}

void Installation::move_token_away() const {
  fs::rename(path("softhsm"), path("softhsm.away"));
}
void Installation::bring_token_back() const {
  fs::rename(path("softhsm.away"), path("softhsm"));
}

void Installation::set_pin(const std::string& pin) const {
  write_text(path("pin"), pin + "\n");
}
void Installation::say_the_pin_is_right() const {
  for (const auto& entry : fs::directory_iterator(path("data")))
    if (entry.path().filename().string().starts_with("PIN-REFUSED.")) fs::remove(entry.path());
}
std::string Installation::pin() const {
  return line_of(read_text(path("pin")), 0);
}

}  // namespace varve::system
