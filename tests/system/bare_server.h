// A varved over plain HTTP, so that a trace shows what it says, on a data directory of its own:
// with the token and the access of an Installation, and small segments.
#pragma once

#include <memory>
#include <string>

#include "installation.h"

namespace varve::system {

struct BareOptions {
  std::string data;               // directory of the logs; made when it is not there
  std::string module = kSoftHsm;  // PKCS#11 library
  std::string token = "pkcs11:token=system";
  std::string key = "pkcs11:object=first";
  std::string more = {};  // further lines of [[log]]
  unsigned token_timeout_ms = kPatienceMs;
};

class BareServer {
 public:
  BareServer(const Installation& where, std::string name, BareOptions options);

  /// `before` comes before varved's own words: strace and its options. Variables are added to the
  /// installation's. Returns whether it became ready; false once it ended without.
  bool start(const Words& before = {}, const Variables& more = {});
  /// Runs varved with a command: "audit".
  [[nodiscard]] Outcome command(const std::string& name) const;
  [[nodiscard]] Process& process() { return *process_; }
  /// SIGTERM; returns the exit code, -1 when it did not end in time.
  int stop();
  /// Kills it if it runs still.
  void end() { process_.reset(); }

  [[nodiscard]] client::HttpClient connect(const std::string& role) const;
  [[nodiscard]] std::string log_directory() const { return options_.data + "/main"; }
  [[nodiscard]] std::string printed() const;  // all that it printed since it was last started
  [[nodiscard]] bool ready() const;
  [[nodiscard]] std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

 private:
  [[nodiscard]] std::string config_path() const { return where_.path(name_ + ".toml"); }
  [[nodiscard]] std::string print_path() const { return where_.path(name_ + ".log"); }
  [[nodiscard]] unsigned listening_port() const;

  const Installation& where_;
  const std::string name_;
  const BareOptions options_;
  unsigned port_ = 0;
  std::size_t printed_before_ = 0;  // bytes
  std::unique_ptr<Process> process_;
};

}  // namespace varve::system
