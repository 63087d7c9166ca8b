// A whole Varve in a temporary directory: SoftHSM token, keys, access, configuration, and varved as
// a child, over plain HTTP on loopback.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/bench/process.h"

namespace varve::bench {

inline constexpr const char* kOrigin = "audit.example.org/bench";
inline constexpr const char* kPath = "/logs/main";
inline constexpr const char* kSoftHsm = "/usr/lib/softhsm/libsofthsm2.so";
inline constexpr const char* kTokenUri = "pkcs11:token=bench";
inline constexpr const char* kKeyUri = "pkcs11:object=first";
inline constexpr const char* kToken = "a-token-of-the-benchmark-only-0123456789";  // all roles

/// Of the site's logs, the first of which is the one above: their names, origins, and keys' labels.
std::string log_name(unsigned log);
std::string log_origin(unsigned log);
std::string log_key(unsigned log);

enum class TokenSpeed : std::uint8_t { kFull, kTenASecond };

class Site {
 public:
  /// With keys for so many logs. Errors: kIo  one of the programs failed; with what it printed.
  static Result<Site> make(TokenSpeed speed, unsigned logs = 1);
  Site(Site&&) = default;
  ~Site();

  /// From its next start on, varved serves this many of the logs, the first ones.
  void serve(unsigned logs) const;
  /// Starts varved and waits until it listens. Errors: kIo  it ended instead.
  Result<void> start();
  /// SIGTERM: the open segment is sealed. Errors: kIo  it did not end with 0.
  Result<void> stop();
  void kill_9();

  /// The options of varve-keys that name the token, and those that name the server.
  [[nodiscard]] Words token_words() const;
  [[nodiscard]] Words server_words() const;

  [[nodiscard]] const Process& server() const { return *server_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  /// Not on the log's disk: where an operator's files and the tokens are.
  [[nodiscard]] std::string operators_path(const std::string& name) const {
    return token_directory_ + "/" + name;
  }
  /// Bytes of all that the log keeps.
  [[nodiscard]] std::uint64_t stored_bytes() const;

 private:
  Site() = default;
  Result<void> set_up(unsigned logs);

  std::string directory_;
  std::string token_directory_;
  TokenSpeed speed_ = TokenSpeed::kFull;
  std::optional<Process> server_;
  std::uint16_t port_ = 0;
};

}  // namespace varve::bench
