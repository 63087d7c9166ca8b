// A whole Varve, as an operator sets it up, in a directory of its own: token, keys, certificate,
// access, configuration, and the server as a process.
#pragma once

#include <memory>
#include <string>

#include "process.h"
#include "tools/client/http.h"

namespace varve::system {

inline constexpr const char* kOrigin = "audit.example.org/system";
inline constexpr const char* kSoftHsm = "/usr/lib/softhsm/libsofthsm2.so";

/// Made by the project's own programs. Any failure to set it up stops the test program.
class Installation {
 public:
  Installation();
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  /// Path of a built program: "varved", "varve-collect" ...
  static std::string program(const std::string& name);

  // --- the server
  /// Tables behind the others of its configuration. Before the first start.
  void add_configuration(const std::string& tables);
  void start();  // and waits until it is ready; the first start chooses the port
  /// Starts it and waits for its end, for a server that should refuse. Data of this directory.
  [[nodiscard]] Outcome start_in_vain() const;
  void kill_9();
  /// SIGTERM; returns the exit code.
  int stop();
  [[nodiscard]] Process& server() { return *server_; }
  [[nodiscard]] bool ready() const;

  /// A CA and the server's certificate, in place of those that it has.
  void make_certificates(unsigned days) const;

  // --- what others need
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] const std::string& address() const {
    return address_;
  }  // its own: any port is free
  [[nodiscard]] std::string server_url() const;
  [[nodiscard]] std::string url() const { return server_url() + "/logs/main"; }
  [[nodiscard]] const std::string& vkey() const { return vkey_; }  // the log's first key
  [[nodiscard]] std::string token_file(const std::string& role) const { return path(role); }
  [[nodiscard]] Variables variables() const;  // SOFTHSM2_CONF
  /// A connection to the log; paths begin behind /logs/main.
  [[nodiscard]] client::HttpClient connect(const std::string& role) const;
  /// Options that every varve-keys command needs.
  [[nodiscard]] Words token_words() const;
  /// varve-audit mirror, into path("mirror").
  [[nodiscard]] Words mirror_words() const;
  /// Returns once all that was read of the log up to now is on record.
  void wait_for_reads() const;
  [[nodiscard]] std::string server_log() const;  // all that varved printed, over all starts

  // --- mischief
  void move_token_away() const;
  void bring_token_back() const;
  void set_pin(const std::string& pin) const;
  [[nodiscard]] std::string pin() const;
  /// What an operator does once a PIN that was refused is corrected.
  void say_the_pin_is_right() const;

 private:
  void make_token();
  void make_access() const;
  void configure(unsigned port) const;
  [[nodiscard]] unsigned listening_port() const;

  std::string directory_;
  std::string address_;
  std::string vkey_;
  std::string further_tables_;
  unsigned port_ = 0;
  std::unique_ptr<Process> server_;
};

/// Runs, and stops the test program with the output when it fails.
std::string must_run(const Words& words, const Variables& variables = {});
std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);
/// drill.toml, with what a drill needs of an auditor's configuration; first.vkey beside it.
void write_drill_config(const Installation& varve);

}  // namespace varve::system
