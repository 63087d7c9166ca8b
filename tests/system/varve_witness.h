// The project's own witness, beside an installation: with its certificate and its token, and a key of its own.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "installation.h"

namespace varve::system {

class VarveWitness {
 public:
  /// Makes key and configuration. `list`: its logs, without the header.
  VarveWitness(const Installation& varve, std::string name, const std::string& list)
      : varve_(varve), name_(std::move(name)) {
    for (const char* part : {".data", ".marks"}) std::filesystem::create_directory(path(part));
    set_list(list);
    configure("0");
    const std::string vkey =
        must_run({program(), "make-key", "--config", path(".toml")}, varve_.variables());
    vkey_ = vkey.substr(0, vkey.find('\n'));
  }
  static std::string program() { return Installation::program("varve-witness"); }
  /// One item of a list.
  static std::string item(const std::string& vkey, const std::string& url = "") {
    return "vkey " + vkey + "\nqpd 100000000\n" + (url.empty() ? "" : "varve " + url + "\n");
  }

  [[nodiscard]] std::string path(const std::string& part) const {
    return varve_.path(name_ + part);
  }
  [[nodiscard]] const std::string& vkey() const { return vkey_; }
  [[nodiscard]] std::string url() const { return "https://" + varve_.address() + ":" + port_; }
  [[nodiscard]] std::string log() const { return read_text(path(".log")); }
  /// Of a policy.
  [[nodiscard]] std::string line() const {
    return "witness " + name_ + " " + vkey_ + " " + url() + "\n";
  }
  [[nodiscard]] client::HttpClient connect() const {
    client::HttpOptions options;
    options.ca_file = varve_.path("ca.pem");
    options.connect_timeout_ms = options.io_timeout_ms = kPatienceMs;
    return client::HttpClient::open(client::parse_url(url()).value(), options).value();
  }
  [[nodiscard]] std::string get(const std::string& path) const {
    const auto answer = connect().get(path);
    return answer && answer->status == 200 ? answer->body : "";
  }
  void set_list(const std::string& list) const { write_text(path(".logs"), "logs/v0\n" + list); }
  void start() {
    write_text(path(".log"), "");
    process_ = std::make_unique<Process>(Words{program(), "--config", path(".toml")}, path(".log"),
                                         varve_.variables());
    const auto listens = [this] { return log().find("\"listening\"") != std::string::npos; };
    ASSERT_TRUE(wait_until(listens)) << log();
    const std::string text = log();
    const std::size_t at = text.find("\"port\":") + std::string("\"port\":").size();
    port_ = text.substr(at, text.find_first_not_of("0123456789", at) - at);
    configure(port_);  // where logs look for it from now on
  }
  [[nodiscard]] Outcome start_in_vain() const {
    return run({program(), "--config", path(".toml")}, varve_.variables());
  }
  void kill_9() {
    process_->send(SIGKILL);
    process_->wait_ms();
    process_.reset();
  }
  int stop() {
    process_->send(SIGTERM);
    return process_->wait_ms();
  }
  void reload() const { process_->send(SIGHUP); }

 private:
  void configure(const std::string& port) const {
    const auto entry = [](const std::string& key, const std::string& value) {
      return key + " = \"" + value + "\"\n";
    };
    write_text(path(".toml"),
               "[witness]\n" + entry("name", name_) + entry("key", "pkcs11:object=" + name_) +
                   entry("data", path(".data")) + entry("logs", path(".logs")) +
                   entry("url", "https://" + varve_.address() + ":" + port) +
                   entry("high_water_mark", path(".marks")) +
                   entry("log_ca", varve_.path("ca.pem")) + "[server]\n" +
                   entry("listen", varve_.address() + ":" + port) +
                   entry("tls_certificate", varve_.path("tls.pem")) +
                   entry("tls_key", varve_.path("tls.key")) + entry("log_level", "debug") +
                   "[hsm]\n" + entry("module", kSoftHsm) + entry("token", "pkcs11:token=system") +
                   entry("pin", "file:" + varve_.path("pin")) +
                   "timeout_ms = " + std::to_string(kPatienceMs) + "\n");
  }

  const Installation& varve_;
  std::string name_;
  std::string vkey_;
  std::string port_ = "0";
  std::unique_ptr<Process> process_;
};

}  // namespace varve::system
