// NSS's softokn as a token for tests: P-256 only, no daemon, and attributes that it does not keep.
// Link varve_soft_token.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "hsm/token.h"

namespace varve::testing {

/// Makes a key database with a PIN in a directory of its own and points VARVE_NSS_PARAMETERS at it.
/// One at a time in a process; close every Token of it first. Any failure to set it up aborts.
class NssToken {
 public:
  NssToken();
  NssToken(const NssToken&) = delete;
  NssToken& operator=(const NssToken&) = delete;
  ~NssToken();

  [[nodiscard]] std::unique_ptr<hsm::Token> open() const;
  /// A P-256 pair with the attributes that varve-keys asks for: NSS fails its probe, so that
  /// create_key_pair makes none.
  void make_key(const std::string& label) const;
  [[nodiscard]] std::filesystem::path pin_file() const { return directory_ / "pin"; }

  static std::string module();
  static constexpr const char* kUri = "pkcs11:token=NSS%20Certificate%20DB";
  static constexpr const char* kPin = "4711-0815";

 private:
  std::filesystem::path directory_;
};

}  // namespace varve::testing
