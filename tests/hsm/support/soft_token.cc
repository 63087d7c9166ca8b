// Sets a SoftHSM token up through the code under test, so that no other tool is needed.
#include "tests/hsm/soft_token.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "hsm/keys.h"
#include "ledger/env/posix.h"

namespace varve::testing {
namespace {

void require(const Result<void>& result) {
  if (!result) std::cerr << "SoftToken: " << result.error().message << '\n';
  CHECK(result.has_value());
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

void write_secret(const std::filesystem::path& file, std::string_view text) {
  write(file, std::string(text));
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
}

env::SecretBytes secret(std::string_view text) {
  return *env::SecretBytes::copy_of(bytes_of(text));
}

SoftToken::SoftToken() {
  require(env::initialize());
  std::string name = (std::filesystem::temp_directory_path() / "varve-token-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  std::filesystem::create_directory(directory_ / "tokens");
  write(configuration(), "directories.tokendir = " + (directory_ / "tokens").string() +
                             "\nobjectstore.backend = file\nlog.level = ERROR\n"
                             "library.reset_on_fork = true\n");
  write_secret(pin_file(), std::string(kPin) + "\n");
  write_secret(so_pin_file(), std::string(kSoPin) + "\n");
  CHECK(::setenv("SOFTHSM2_CONF", configuration().c_str(), 1) == 0);
  add_token("varve");
}

SoftToken::~SoftToken() {
  std::error_code ignored;  // the system cleans /tmp as well
  std::filesystem::remove_all(directory_, ignored);
}

void SoftToken::add_token(const std::string& label) const {
  require(hsm::initialize_token({kSoftHsm, label, secret(kSoPin), secret(kPin)}));
}

hsm::TokenOptions SoftToken::options(std::uint32_t timeout_ms) const {
  return {kSoftHsm, kUri, secret(kPin), timeout_ms};
}

std::unique_ptr<hsm::Token> SoftToken::open() const {
  auto token = hsm::Token::open(options());
  if (!token) std::cerr << "SoftToken: " << token.error().message << '\n';
  CHECK(token.has_value());
  return std::move(*token);
}

void SoftToken::move_away() const {
  std::filesystem::rename(directory_ / "tokens", directory_ / "tokens.away");
}

void SoftToken::move_back() const {
  std::filesystem::rename(directory_ / "tokens.away", directory_ / "tokens");
}

}  // namespace varve::testing
