// A TPM as a token for tests: swtpm, reached by tpm2-pkcs11. P-256 only, and wrong PINs are counted
// by the device. Link varve_soft_token.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "hsm/token.h"
#include "tests/hsm/support/daemon.h"

namespace varve::testing {

/// Starts a TPM with a state of its own, makes a token on it and points TPM2_PKCS11_STORE and
/// TPM2_PKCS11_TCTI at it, for this process and its children. swtpm serves one connection, so one
/// process at a time can use it, while it has a Token open. One at a time in a process; close every
/// Token of it first. Any failure to set it up aborts.
class TpmToken {
 public:
  TpmToken();
  TpmToken(const TpmToken&) = delete;
  TpmToken& operator=(const TpmToken&) = delete;
  ~TpmToken();

  [[nodiscard]] hsm::TokenOptions options(std::string_view pin = kPin) const;
  [[nodiscard]] std::unique_ptr<hsm::Token> open() const;
  /// tpm2-pkcs11 lets a key's attributes be changed, so varve-keys makes none there.
  void make_key(const std::string& label) const;

  void lose_power();
  void give_power();
  /// How many wrong PINs the device itself has counted. Requires that no Token is open.
  [[nodiscard]] unsigned wrong_pins() const;

  [[nodiscard]] std::filesystem::path pin_file() const { return directory_ / "pin"; }

  static constexpr const char* kModule = VARVE_PKCS11_MODULES "/libtpm2_pkcs11.so";
  static constexpr const char* kUri = "pkcs11:token=tpm";
  static constexpr const char* kPin = "4711-0815";

 private:
  [[nodiscard]] std::string socket() const { return (directory_ / "socket").string(); }

  std::filesystem::path directory_;
  std::optional<Daemon> tpm_;
};

}  // namespace varve::testing
