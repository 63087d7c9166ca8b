// Configuring and starting varved without TLS.
#include "bare_server.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace varve::system {

BareServer::BareServer(const Installation& where, std::string name, BareOptions options)
    : where_(where), name_(std::move(name)), options_(std::move(options)) {
  std::filesystem::create_directories(options_.data);
  write_text(config_path(), "[server]\nlisten = \"127.0.0.1:0\"\nplain_http = true\ndata = \"" +
                                options_.data + "\"\ntokens = \"" + where_.path("access") +
                                "\"\n\n[hsm]\nmodule = \"" + options_.module + "\"\ntoken = \"" +
                                options_.token + "\"\npin = \"file:" + where_.path("pin") +
                                "\"\ntimeout_ms = " + std::to_string(options_.token_timeout_ms) +
                                "\n\n[[log]]\nname = \"main\"\norigin = \"" + kOrigin +
                                "\"\nkey = \"" + options_.key +
                                "\"\nsegment_bytes_max = 1048576\n" + options_.more);
}

std::string BareServer::printed() const {
  return read_text(print_path()).substr(printed_before_);
}

unsigned BareServer::listening_port() const {
  const std::string text = printed();
  const std::size_t at = text.find("\"listening\"");
  if (at == std::string::npos) return 0;
  const std::size_t number = text.find("\"port\":", at);
  if (number == std::string::npos) return 0;
  return static_cast<unsigned>(std::strtoul(text.c_str() + number + 7, nullptr, 10));
}

bool BareServer::start(const Words& before, const Variables& more) {
  printed_before_ = read_text(print_path()).size();
  Words words = before;
  for (const std::string& word :
       {Installation::program("varved"), std::string("--config"), config_path()})
    words.push_back(word);
  Variables variables = where_.variables();
  variables.insert(more.begin(), more.end());
  process_ = std::make_unique<Process>(words, print_path(), variables);
  port_ = 0;
  wait_until([&] { return (port_ = listening_port()) != 0 || !process_->running(); });
  return port_ != 0 && wait_until([&] { return ready() || !process_->running(); }) &&
         process_->running();
}

bool BareServer::ready() const {
  auto client = client::HttpClient::open(
      client::parse_url("http://127.0.0.1:" + std::to_string(port_)).value(), {});
  const auto response = client->get("/readyz");
  return response && response->status == 200;
}

Outcome BareServer::command(const std::string& name) const {
  return run({Installation::program("varved"), name, "--config", config_path()},
             where_.variables());
}

int BareServer::stop() {
  process_->send(SIGTERM);
  return process_->wait_ms();
}

client::HttpClient BareServer::connect(const std::string& role) const {
  client::HttpOptions options;
  options.token_file = where_.token_file(role);
  options.connect_timeout_ms = options.io_timeout_ms = kPatienceMs;
  const std::string url = "http://127.0.0.1:" + std::to_string(port_) + "/logs/main";
  return client::HttpClient::open(client::parse_url(url).value(), options).value();
}

}  // namespace varve::system
