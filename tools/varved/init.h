// varved init: a complete installation in one directory, which starts as it is.
#pragma once

#include <string>
#include <vector>

#include "tools/varved/config.h"

namespace varve::tools {

struct InitOptions {
  std::string directory;
  std::string origin;
  std::string log = "main";
  std::string listen = "127.0.0.1:8443";  // port 0: a port that is free now
  std::vector<std::string> hosts;         // names and addresses that clients reach it by, more
                                          // than trial_hosts() knows
  format::Algorithm algorithm = format::Algorithm::kEd25519;
  HsmConfig hsm;       // of a token that exists; without a module: a new one of SoftHSM
  bool draft = false;  // a log for trying, which keeps its records for minutes
};

/// What the directory holds. Paths are relative to it.
namespace layout {
inline constexpr const char* kConfig = "varved.toml";
inline constexpr const char* kFirstKey = "first.vkey";
inline constexpr const char* kPin = "pin";
inline constexpr const char* kOfficerPin = "so-pin";
inline constexpr const char* kSoftHsmConfig = "softhsm2.conf";
inline constexpr const char* kTokenStore = "token";
inline constexpr const char* kTokens = "tokens";
inline constexpr const char* kCredentials = "credentials";  // a file for each role, named after it
inline constexpr const char* kAuthority = "ca.pem";
inline constexpr const char* kCertificate = "tls.pem";
inline constexpr const char* kTlsKey = "tls.key";
inline constexpr const char* kData = "data";
inline constexpr const char* kMarks = "marks";
}  // namespace layout

inline constexpr const char* kSoftHsmModule = "/usr/lib/softhsm/libsofthsm2.so";
inline constexpr const char* kSoftHsmLabel = "varve";  // of the token

/// "main-1"
std::string first_key_label(const InitOptions& options);

/// Makes it, durable and whole, or nothing; prints init_report(). Returns the exit code.
int init(InitOptions options);

/// The configuration of what lies in `root`, an absolute path.
std::string init_config(const InitOptions& options, const std::string& root);

/// What to tell the operator: what is there, and the three commands that come next. A command is
/// indented by four spaces, and continued on lines that follow a backslash.
std::string init_report(const InitOptions& options, const std::string& root);

}  // namespace varve::tools
