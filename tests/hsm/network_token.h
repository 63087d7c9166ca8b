// A token at the other end of a connection, for tests: SoftHSM behind `p11-kit server`, which can
// be killed, stopped and started again. P-256 only: p11-kit 0.24 carries neither Ed25519 nor AES
// key wrap. Link varve_soft_token.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hsm/token.h"
#include "tests/hsm/support/daemon.h"

namespace varve::testing {

/// Makes a token in a directory of its own, starts the server and points P11_KIT_SERVER_ADDRESS at
/// it, for this process and its children. One at a time in a process; close every Token of it
/// first. Any failure to set it up aborts.
class NetworkToken {
 public:
  NetworkToken();
  NetworkToken(const NetworkToken&) = delete;
  NetworkToken& operator=(const NetworkToken&) = delete;
  ~NetworkToken();

  [[nodiscard]] hsm::TokenOptions options(std::uint32_t timeout_ms = 60'000) const;
  [[nodiscard]] std::unique_ptr<hsm::Token> open() const;

  // --- what happens to the device
  void kill();  // connections are closed in the middle of whatever they carry
  void start();
  void pause() const;  // connections stay open, nobody reads from them
  void resume() const;
  /// Behind the back of all who use it. Requires that the server was killed.
  void change_pin(std::string_view from, std::string_view to) const;

  /// How often anybody tried a PIN on it, over all its starts.
  [[nodiscard]] std::size_t logins() const;
  [[nodiscard]] std::filesystem::path pin_file() const { return directory_ / "pin"; }

  static constexpr const char* kModule = VARVE_PKCS11_MODULES "/p11-kit-client.so";
  static constexpr const char* kUri = "pkcs11:token=net";
  static constexpr const char* kPin = "4711-0815";

 private:
  [[nodiscard]] std::filesystem::path socket() const { return directory_ / "socket"; }
  [[nodiscard]] std::filesystem::path calls() const { return directory_ / "calls"; }

  std::filesystem::path directory_;
  std::optional<Daemon> server_;
};

}  // namespace varve::testing
