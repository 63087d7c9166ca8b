// A second server with the token of an installation's, on a copy of its data and on any port.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>

#include "installation.h"

namespace varve::system {

class SecondServer {
 public:
  /// `data`: its directory, in the installation's.
  SecondServer(const Installation& varve, const std::string& data)
      : varve_(varve), log_(varve.path(data + ".log")) {
    std::string config = read_text(varve.path("varved.toml"));
    const std::size_t listen = config.find(varve.address() + ":") + varve.address().size() + 1;
    config.replace(listen, config.find('"', listen) - listen, "0");
    const std::string first = "\"" + varve.path("data") + "\"";
    config.replace(config.find(first), first.size(), "\"" + varve.path(data) + "\"");
    write_text(varve.path(data + ".toml"), config);
    write_text(log_, "");
    process_ = std::make_unique<Process>(
        Words{Installation::program("varved"), "--config", varve.path(data + ".toml")}, log_,
        varve.variables());
    EXPECT_TRUE(wait_until([this] { return log().find("\"listening\"") != std::string::npos; }))
        << log();
  }
  ~SecondServer() {
    process_->send(SIGTERM);
    EXPECT_EQ(process_->wait_ms(), 0) << log();
  }
  SecondServer(const SecondServer&) = delete;
  SecondServer& operator=(const SecondServer&) = delete;

  [[nodiscard]] std::string log() const { return read_text(log_); }
  void append() const {
    const std::string text = log();
    const std::size_t port = text.find("\"port\":") + std::string("\"port\":").size();
    client::HttpOptions options;
    options.ca_file = varve_.path("ca.pem");
    options.token_file = varve_.token_file("append");
    options.connect_timeout_ms = options.io_timeout_ms = kPatienceMs;
    const std::string url = "https://" + varve_.address() + ":" +
                            text.substr(port, text.find_first_not_of("0123456789", port) - port);
    const auto done =
        client::HttpClient::open(client::parse_url(url + "/logs/main").value(), options)
            .value()
            .post("/events", "application/x-ndjson", bytes_of("{\"b\":1}\n"));
    ASSERT_TRUE(done && done->status == 201);
  }

 private:
  const Installation& varve_;
  std::string log_;
  std::unique_ptr<Process> process_;
};

}  // namespace varve::system
