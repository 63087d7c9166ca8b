// A real PKCS#11 token for tests: SoftHSM with a directory of its own, usable without root.
// Link varve_soft_token.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "hsm/token.h"

namespace varve::testing {

/// What Token::open takes as its module; tests/hsm/CMakeLists.txt says why it is not always SoftHSM
/// itself. Programs that are not ours take the second.
inline constexpr const char* kSoftHsm = VARVE_SOFT_TOKEN_MODULE;
inline constexpr const char* kPlainSoftHsm = "/usr/lib/softhsm/libsofthsm2.so";

/// Makes the token "varve" and points SOFTHSM2_CONF at it, for this process and its children.
/// Removes it all at the end. One at a time in a process, because the module reads SOFTHSM2_CONF
/// when it starts; close every Token of it first. Any failure to set it up aborts.
class SoftToken {
 public:
  SoftToken();
  SoftToken(const SoftToken&) = delete;
  SoftToken& operator=(const SoftToken&) = delete;
  ~SoftToken();

  /// Options that open it.
  [[nodiscard]] hsm::TokenOptions options(std::uint32_t timeout_ms = 60'000) const;
  /// An open token; aborts when it cannot be opened.
  [[nodiscard]] std::unique_ptr<hsm::Token> open() const;

  /// Takes the token's files away from under the module, and brings them back.
  void move_away() const;
  void move_back() const;

  /// Another token in the same directory, with the same PINs.
  void add_token(const std::string& label) const;

  [[nodiscard]] std::filesystem::path directory() const { return directory_; }
  [[nodiscard]] std::filesystem::path pin_file() const { return directory_ / "pin"; }
  [[nodiscard]] std::filesystem::path so_pin_file() const { return directory_ / "so-pin"; }
  [[nodiscard]] std::filesystem::path configuration() const { return directory_ / "softhsm2.conf"; }

  static constexpr const char* kUri = "pkcs11:token=varve";
  static constexpr const char* kPin = "4711-0815";
  static constexpr const char* kSoPin = "0815-4711";

 private:
  std::filesystem::path directory_;
};

/// A secret for a test.
env::SecretBytes secret(std::string_view text);
/// A file that its owner alone can read.
void write_secret(const std::filesystem::path& file, std::string_view text);

}  // namespace varve::testing
