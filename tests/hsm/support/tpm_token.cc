// The TPM answers at a Unix socket, its power switch at another. The token is made by the
// code under test; the device's own counter is read with tpm2-tools.
#include "tests/hsm/tpm_token.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "hsm/keys.h"
#include "ledger/env/posix.h"
#include "tests/hsm/soft_token.h"
#include "tests/hsm/support/plain_key.h"

namespace varve::testing {
namespace {

void set_variable(const char* name, const std::string& value) {
  CHECK(::setenv(name, value.c_str(), 1) == 0);
}

}  // namespace

TpmToken::TpmToken() {
  CHECK(env::initialize().has_value());
  std::string name = (std::filesystem::temp_directory_path() / "varve-tpm-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  std::filesystem::create_directory(directory_ / "state");
  std::filesystem::create_directory(directory_ / "store");
  write_secret(pin_file(), std::string(kPin) + "\n");
  set_variable("TPM2_PKCS11_STORE", (directory_ / "store").string());
  set_variable("TPM2_PKCS11_TCTI", "swtpm:path=" + socket());
  set_variable("TSS2_LOG", "all+NONE");
  give_power();
  const auto made =
      hsm::initialize_token({kModule, "tpm", *env::SecretBytes::copy_of(bytes_of("0815-4711")),
                             *env::SecretBytes::copy_of(bytes_of(kPin))});
  if (!made) std::cerr << "TpmToken: " << made.error().message << '\n';
  CHECK(made.has_value());
}

TpmToken::~TpmToken() {
  tpm_.reset();
  std::error_code ignored;  // the system cleans /tmp as well
  std::filesystem::remove_all(directory_, ignored);
}

hsm::TokenOptions TpmToken::options(std::string_view pin) const {
  return {kModule, kUri, *env::SecretBytes::copy_of(bytes_of(pin)), 60'000};
}

std::unique_ptr<hsm::Token> TpmToken::open() const {
  auto token = hsm::Token::open(options());
  if (!token) std::cerr << "TpmToken: " << token.error().message << '\n';
  CHECK(token.has_value());
  return std::move(*token);
}

void TpmToken::make_key(const std::string& label) const {
  make_plain_key(kModule, kUri, kPin, label);
}

void TpmToken::lose_power() {
  tpm_.reset();
}

void TpmToken::give_power() {
  const std::string switch_socket = socket() + ".ctrl";  // where the swtpm TCTI looks for it
  std::filesystem::remove(socket());
  std::filesystem::remove(switch_socket);
  tpm_.emplace(
      std::vector<std::string>{"swtpm", "socket", "--tpm2", "--tpmstate",
                               "dir=" + (directory_ / "state").string(), "--server",
                               "type=unixio,path=" + socket(), "--ctrl",
                               "type=unixio,path=" + switch_socket, "--flags", "startup-clear"},
      std::map<std::string, std::string>{}, (directory_ / "swtpm.log").string());
  Daemon::wait_for_socket(switch_socket);
  Daemon::wait_for_socket(socket());
}

unsigned TpmToken::wrong_pins() const {
  const std::string command =
      "TPM2TOOLS_TCTI=swtpm:path=" + socket() +
      " tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: //p'";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  CHECK(pipe != nullptr);
  std::array<char, 64> text{};
  CHECK(std::fgets(text.data(), text.size(), pipe) != nullptr);
  CHECK(::pclose(pipe) == 0);
  return static_cast<unsigned>(std::strtoul(text.data(), nullptr, 0));
}

}  // namespace varve::testing
