// Sets the token up with SoftHSM's own tool. The server reaches it through OpenSC's spy, which
// writes every call into a file: that is how logins are counted.
#include "tests/hsm/network_token.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "ledger/env/posix.h"
#include "tests/hsm/soft_token.h"

namespace varve::testing {
namespace {

constexpr const char* kSpiedModule = "/usr/lib/softhsm/libsofthsm2.so";

/// The same in every fixture of this process: the client remembers the address from its first use.
const std::filesystem::path& place_of_network_tokens() {
  static const std::filesystem::path place = [] {
    std::string name = (std::filesystem::temp_directory_path() / "varve-net-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    return name;
  }();
  return place;
}

void run_or_abort(const std::string& command) {
  CHECK(std::system((command + " >/dev/null").c_str()) == 0);
}

}  // namespace

NetworkToken::NetworkToken() : directory_(place_of_network_tokens()) {
  CHECK(env::initialize().has_value());
  std::filesystem::create_directories(directory_ / "tokens");
  std::ofstream(directory_ / "softhsm2.conf")
      << "directories.tokendir = " << (directory_ / "tokens").string()
      << "\nobjectstore.backend = file\nlog.level = ERROR\nlibrary.reset_on_fork = true\n";
  write_secret(pin_file(), std::string(kPin) + "\n");
  run_or_abort("SOFTHSM2_CONF=" + (directory_ / "softhsm2.conf").string() +
               " softhsm2-util --init-token --free --label net --so-pin 0815-4711 --pin " + kPin);
  const std::string address = "unix:path=" + socket().string();
  CHECK(::setenv("P11_KIT_SERVER_ADDRESS", address.c_str(), 1) == 0);
  start();
}

NetworkToken::~NetworkToken() {
  server_.reset();
  std::error_code ignored;  // the system cleans /tmp as well
  std::filesystem::remove_all(directory_, ignored);
}

hsm::TokenOptions NetworkToken::options(std::uint32_t timeout_ms) const {
  return {kModule, kUri, *env::SecretBytes::copy_of(bytes_of(kPin)), timeout_ms};
}

std::unique_ptr<hsm::Token> NetworkToken::open() const {
  auto token = hsm::Token::open(options());
  if (!token) std::cerr << "NetworkToken: " << token.error().message << '\n';
  CHECK(token.has_value());
  return std::move(*token);
}

void NetworkToken::kill() {
  server_.reset();
}

void NetworkToken::start() {
  std::filesystem::remove(socket());
  server_.emplace(
      std::vector<std::string>{"p11-kit", "server", "--foreground", "--name", socket().string(),
                               "--provider", VARVE_PKCS11_MODULES "/pkcs11-spy.so", kUri},
      std::map<std::string, std::string>{{"SOFTHSM2_CONF", (directory_ / "softhsm2.conf").string()},
                                         {"PKCS11SPY", kSpiedModule},
                                         {"PKCS11SPY_OUTPUT", calls().string()}},
      (directory_ / "server.log").string());
  Daemon::wait_for_socket(socket().string());
}

void NetworkToken::pause() const {
  server_->send(SIGSTOP);
}

void NetworkToken::resume() const {
  server_->send(SIGCONT);
}

void NetworkToken::change_pin(std::string_view from, std::string_view to) const {
  CHECK(!server_);
  std::string command = "SOFTHSM2_CONF=" + (directory_ / "softhsm2.conf").string();
  command.append(" pkcs11-tool --module ")
      .append(kSpiedModule)
      .append(" --token-label net --login");
  command.append(" --change-pin --pin ").append(from).append(" --new-pin ").append(to);
  run_or_abort(command);
}

std::size_t NetworkToken::logins() const {
  std::ifstream in(calls());
  std::size_t count = 0;
  for (std::string line; std::getline(in, line);)
    if (line.find("C_Login") != std::string::npos) ++count;
  return count;
}

}  // namespace varve::testing
