// Three tables.
#include "tools/witness/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "ledger/format/utf8.h"
#include "tools/config/table.h"
#include "tools/server/apart.h"
#include "tools/server/listen.h"

namespace varve::tools {
namespace {

struct RawWitness {
  std::string listen = "127.0.0.1:8444";
  bool plain_http = false;
};

std::vector<Key> witness_table(WitnessProgramConfig& config) {
  return {text_key("name", config.name, true), text_key("key", config.key, true),
          text_key("data", config.data, true), text_key("logs", config.logs, true),
          text_key("url", config.url, true),   text_key("high_water_mark", config.marks),
          text_key("log_ca", config.log_ca)};
}

std::vector<Key> witness_server_table(WitnessProgramConfig& config, RawWitness& raw) {
  return {
      text_key("listen", raw.listen),
      text_key("tls_certificate", config.server.tls.certificate),
      text_key("tls_key", config.server.tls.key),
      flag_key("plain_http", raw.plain_http),
      choice_key(
          "log_level", {"debug", "info", "warning", "error"},
          [&config](std::size_t level) { config.log_level = static_cast<api::Level>(level); }),
      number_key("threads", 1, 256, config.server.threads),
      number_key("workers", 1, 256, config.workers),
      number_key("connections_max", 1, 1'000'000, config.server.connections_max),
      number_key("requests_max", 1, 1'000'000, config.limits.requests_max),
  };
}

Key witness_section(std::string_view name, std::function<std::vector<Key>()> keys) {
  return {name, true, [name, keys = std::move(keys)](const toml::node& node) -> Result<void> {
            const std::string section = "[" + std::string(name) + "]";
            const toml::table* table = node.as_table();
            if (table == nullptr) return invalid(std::string(name) + " is a table: " + section);
            return read_table(*table, section, keys());
          }};
}

Result<void> settle_server(WitnessProgramConfig& config, const RawWitness& raw) {
  ASSIGN_OR_RETURN(ListenAddress listen, parse_listen(raw.listen));
  config.server.address = std::move(listen.address);
  config.server.port = listen.port;
  const bool certificate = !config.server.tls.certificate.empty();
  if (certificate == config.server.tls.key.empty())
    return invalid("tls_certificate and tls_key go together");
  if (certificate == raw.plain_http)
    return invalid("set tls_certificate and tls_key, or plain_http = true on a loopback address");
  return {};
}

Result<WitnessProgramConfig> read_witness_config(const toml::table& root) {
  WitnessProgramConfig config;
  RawWitness raw;
  const std::vector<Key> sections = {
      witness_section("witness", [&] { return witness_table(config); }),
      witness_section("server", [&] { return witness_server_table(config, raw); }),
      witness_section("hsm", [&] { return hsm_keys(config.hsm); })};
  RETURN_IF_ERROR(read_table(root, "the file", sections));
  RETURN_IF_ERROR(settle_server(config, raw));
  if (!config.url.starts_with("https://") && !raw.plain_http)
    return invalid("url is where logs reach this witness: https://HOST or https://HOST:PORT");
  if (!format::is_key_name(config.name))
    return invalid(
        "name is that of the witness's key, a domain and a path that its operator has, as "
        "witness.example.org/w1: without a space or plus");
  while (config.url.ends_with('/')) config.url.pop_back();
  if (!config.marks.empty() && lies_in(config.marks, config.data))
    return invalid(
        "high_water_mark is a directory apart from data: whoever puts data back to an "
        "older copy would put the mark back too");
  return config;
}

Result<WitnessProgramConfig> named(Result<WitnessProgramConfig> config, std::string_view name) {
  if (config) return config;
  return invalid(std::string(name) + ": " + config.error().message);
}

}  // namespace

Result<WitnessProgramConfig> parse_witness_config(std::string_view text, std::string_view name) {
  ASSIGN_OR_RETURN(const toml::table root, parse_toml(text, name));
  return named(read_witness_config(root), name);
}

Result<WitnessProgramConfig> adopt_witness_config(const std::string& path) {
  ASSIGN_OR_RETURN(const toml::table root, load_toml(path));
  ASSIGN_OR_RETURN(WitnessProgramConfig config, named(read_witness_config(root), path));
  RETURN_IF_ERROR(set_environment(config.hsm.environment));
  return config;
}

std::vector<std::string> witness_config_keys() {
  WitnessProgramConfig config;
  RawWitness raw;
  std::vector<std::string> out;
  const auto add = [&](const std::string& section, const std::vector<Key>& keys) {
    std::ranges::transform(keys, std::back_inserter(out),
                           [&](const Key& key) { return section + "." + std::string(key.name); });
  };
  add("witness", witness_table(config));
  add("server", witness_server_table(config, raw));
  add("hsm", hsm_keys(config.hsm));
  return out;
}

}  // namespace varve::tools
