// The tables of varved.toml and what their keys set.
#include "tools/varved/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "ledger/env/posix.h"
#include "tools/common/files.h"
#include "tools/config/audit_config.h"
#include "tools/config/table.h"
#include "tools/server/apart.h"
#include "tools/server/listen.h"
#include "tools/varved/client_config.h"
#include "tools/varved/config_listeners.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kDaySeconds = 86'400;

constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kBodyBytesMin = 64 * kMiB;  // one client has half: the largest batch, twice
constexpr std::size_t kLogNameMax = 63;

// Values that become others once the whole file is read.
struct Raw {
  std::string listen = "127.0.0.1:8443";
  bool plain_http = false;
  std::optional<api::ClientCertificates> client_certificates;
  std::string log_level = "info";
  std::vector<RawListener> listeners;
  AuditorConfig auditor;  // of no use here
};

Key milliseconds_key(std::string_view name, std::chrono::milliseconds& out) {
  return number_key(name, 1, kDayMs, std::function<void(std::uint64_t)>{[&out](std::uint64_t v) {
                      out = std::chrono::milliseconds{v};
                    }});
}

Key client_certificates_key(std::string_view name, std::optional<api::ClientCertificates>& out) {
  return choice_key(name, {"optional", "required"}, [&out](std::size_t choice) {
    out = static_cast<api::ClientCertificates>(choice);
  });
}

Key access_records_key(std::string_view name, api::ReadAnswered& out) {
  return choice_key(name, {"soon", "before"},
                    [&out](std::size_t choice) { out = static_cast<api::ReadAnswered>(choice); });
}

std::vector<Key> server_keys(Config& config, Raw& raw) {
  api::ServerOptions& server = config.server;
  api::GateLimits& limits = config.limits;
  std::vector<Key> keys = {
      text_key("listen", raw.listen),
      text_key("tls_certificate", server.tls.certificate),
      text_key("tls_key", server.tls.key),
      text_key("client_ca", server.tls.client_ca),
      client_certificates_key("client_certificates", raw.client_certificates),
      flag_key("plain_http", raw.plain_http),
      networks_key("allow", server.allow),
      text_key("data", config.data, true),
      text_key("tokens", config.tokens, true),
      text_key("revoked", config.revoked),
      access_records_key("access_records", config.reads),
      text_key("log_level", raw.log_level),
      number_key("threads", 1, 256, server.threads),
      number_key("workers", 1, 256, config.workers),
      number_key("connections_max", 1, 1'000'000, server.connections_max),
      number_key("header_bytes_max", 1024, kMiB, server.header_bytes_max),
      number_key("requests_max", 1, 1'000'000, limits.requests_max),
      number_key("requests_per_client_max", 1, 1'000'000, limits.requests_per_client_max),
  };
  std::ranges::move(rate_keys(config.clients), std::back_inserter(keys));
  std::vector<Key> rest = {
      number_key("body_bytes_max", kBodyBytesMin, 1024 * 1024 * kMiB, limits.body_bytes_max),
      number_key("bytes_per_second_min", 1, 1024 * kMiB, server.bytes_per_second_min),
      milliseconds_key("idle_timeout_ms", server.timeouts.idle),
      milliseconds_key("header_timeout_ms", server.timeouts.header),
      milliseconds_key("body_timeout_ms", server.timeouts.body),
      milliseconds_key("write_timeout_ms", server.timeouts.write),
      milliseconds_key("stop_timeout_ms", server.timeouts.stop),
  };
  std::ranges::move(rest, std::back_inserter(keys));
  return keys;
}

Key token_marks_key(std::string_view name, TokenMarks& out) {
  return choice_key(name, {"no", "if-allowed", "yes"},
                    [&out](std::size_t choice) { out = static_cast<TokenMarks>(choice); });
}

std::vector<Key> log_keys(LogConfig& log) {
  LogOptions& options = log.options;
  std::vector<Key> keys = {
      text_key("name", log.name, true),
      text_key("origin", options.origin, true),
      text_key("key", log.key, true),
      flag_key("public", log.open_reads),
      text_key("first_vkey", log.first_vkey),
      text_key("high_water_mark", log.marks),
      token_marks_key("high_water_mark_on_token", log.token_marks),
      text_key("kek_prefix", options.kek_prefix),
  };
  const auto add = [&keys](std::vector<Key> more) {
    std::ranges::move(more, std::back_inserter(keys));
  };
  add(retention_keys(log.retention));
  add({
      number_key("segment_bytes_max", kMiB, 1024 * 1024 * kMiB, options.segment_bytes_max),
      number_key("segment_age_max_s", 60, 86'400, options.segment_age_max_s),
      number_key("reserve_bytes", kMiB, 1024 * 1024 * kMiB, options.reserve_bytes),
      number_key("queue_bytes_max", 16 * kMiB, 1024 * 1024 * kMiB, options.queue_bytes_max),
      number_key("reorder_wait_ms", 0, 60'000, options.reorder_wait_ms),
      number_key("senders_max", 1, 10'000'000, options.senders_max),
      number_key("index_minutes", 0, 1'440, log.index_minutes),
      flag_key("ended", options.ended),
      number_key("scrub_days", 0, 3'650,
                 [&options](std::uint64_t days) { options.scrub_period_s = days * kDaySeconds; }),
  });
  add(witness_keys(log.witnesses));
  add(time_stamp_keys(log.time_stamps));
  return keys;
}

bool is_log_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kLogNameMax && plain(name.front()) &&
         std::ranges::all_of(name,
                             [&](char c) { return plain(c) || c == '.' || c == '-' || c == '_'; });
}

Result<void> set_listen(api::ServerOptions& server, const std::string& text) {
  ASSIGN_OR_RETURN(ListenAddress listen, parse_listen(text));
  server.address = std::move(listen.address);
  server.port = listen.port;
  return {};
}

Result<void> set_tls(Config& config, const Raw& raw) {
  const bool certificate = !config.server.tls.certificate.empty();
  const bool key = !config.server.tls.key.empty();
  if (certificate != key) return invalid("tls_certificate and tls_key go together");
  if (raw.plain_http && certificate)
    return invalid("plain_http = true and tls_certificate contradict each other");
  if (!raw.plain_http && !certificate)
    return invalid("set tls_certificate and tls_key, or plain_http = true on a loopback address");
  api::TlsFiles& tls = config.server.tls;
  if (raw.plain_http && !tls.client_ca.empty())
    return invalid("plain_http = true and client_ca contradict each other");
  if (raw.client_certificates && tls.client_ca.empty())
    return invalid("client_certificates needs client_ca, the CAs of these certificates");
  tls.client_certificates = raw.client_certificates.value_or(tls.client_certificates);
  return {};
}

Result<void> set_level(Config& config, const std::string& name) {
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  const auto* found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return invalid("log_level is debug, info, warning or error");
  config.log_level = static_cast<api::Level>(found - std::begin(kNames));
  return {};
}

Result<void> expect_one_mode(const std::vector<LogConfig>& logs) {
  const auto is_draft = [](const LogConfig& log) { return log.retention.is_draft(); };
  const auto draft = std::ranges::find_if(logs, is_draft);
  const auto locked = std::ranges::find_if_not(logs, is_draft);
  if (draft == logs.end() || locked == logs.end()) return {};
  return two_modes(draft->name, locked->name);
}

Result<void> check_logs(const std::string& data, std::vector<LogConfig>& logs) {
  if (logs.empty()) return invalid("there is no [[log]]");
  for (LogConfig& log : logs) {
    if (!is_log_name(log.name))
      return invalid("a log's name is 1 to 63 of a-z 0-9 . - _ and starts with a letter or digit");
    if (std::ranges::count(logs, log.name, &LogConfig::name) > 1)
      return invalid("two logs are named " + log.name);
    const auto origin = [](const LogConfig& l) { return l.options.origin; };
    if (std::ranges::count(logs, log.options.origin, origin) > 1)
      return invalid("two logs have the origin " + log.options.origin);
    if (!log.marks.empty() && lies_in(log.marks, data))
      return invalid("high_water_mark of log " + log.name +
                     " lies in the directory of the data: "
                     "who puts that back to an older copy would put the mark back too");
    if (!log.witnesses.is_whole())
      return invalid("log " + log.name + " has no witness_policy, so nothing else of witnesses");
    if (!log.time_stamps.is_whole())
      return invalid("log " + log.name + " has no timestamp_urls, so nothing else of time stamps");
    auto policy = first_policy(log.retention);
    if (!policy) return std::move(policy).error().during("reading log " + log.name);
    log.options.first_policy = std::move(*policy);
    if (log.options.kek_prefix.empty()) log.options.kek_prefix = default_kek_prefix(log.name);
  }
  RETURN_IF_ERROR(expect_one_mode(logs));
  const auto prefix = [](const LogConfig& l) { return l.options.kek_prefix; };
  for (const LogConfig& log : logs)
    if (std::ranges::count(logs, prefix(log), prefix) > 1)
      return invalid("two logs have the kek_prefix " + prefix(log) +
                     ": they would share keys, and the disposal of one would destroy both");
  return {};
}

Result<void> read_logs(const toml::node& node, std::vector<LogConfig>& logs) {
  return read_tables(node, kLogIsATable, [&](const toml::table& table) {
    return read_table(table, "[[log]]", log_keys(logs.emplace_back()));
  });
}

Key section_key(std::string_view name, bool required, std::function<std::vector<Key>()> keys) {
  return {name, required, [name, keys = std::move(keys)](const toml::node& node) -> Result<void> {
            const toml::table* table = node.as_table();
            const std::string section = "[" + std::string{name} + "]";
            if (table == nullptr) return invalid(std::string{name} + " is a table: " + section);
            return read_table(*table, section, keys());
          }};
}

Result<Config> read_config(const toml::table& root) {
  Config config;
  Raw raw;
  const std::vector<Key> sections = {
      section_key("server", true, [&] { return server_keys(config, raw); }),
      section_key("hsm", true, [&] { return hsm_keys(config.hsm); }),
      section_key("operator", false, [&] { return operator_keys(config.operators); }),
      section_key("auditor", false, [&] { return auditor_keys(raw.auditor); }),
      {"further_hsm", false,
       [&](const toml::node& node) { return read_further_hsms(node, config.further_hsms); }},
      {"issuer", false, [&](const toml::node& node) { return read_issuers(node, config.issuers); }},
      {"log", true, [&](const toml::node& node) { return read_logs(node, config.logs); }},
      {"listener", false,
       [&](const toml::node& node) { return read_listeners(node, raw.listeners); }},
      {"client", false, [&](const toml::node& node) { return read_clients(node, config.clients); }},
  };
  RETURN_IF_ERROR(read_table(root, "the file", sections));
  RETURN_IF_ERROR(set_listen(config.server, raw.listen));
  RETURN_IF_ERROR(set_tls(config, raw));
  RETURN_IF_ERROR(set_level(config, raw.log_level));
  RETURN_IF_ERROR(variables_of(config.hsm, config.further_hsms));
  RETURN_IF_ERROR(check_logs(config.data, config.logs));
  std::vector<std::string> logs;
  for (const LogConfig& log : config.logs) logs.push_back(log.name);
  RETURN_IF_ERROR(check_issuer_logs(config.issuers, logs));
  ASSIGN_OR_RETURN(config.listeners,
                   settle_listeners(raw.listeners, config.server.tls, config.logs));
  RETURN_IF_ERROR(check_client_listeners(config.clients, config.listeners));
  return config;
}

}  // namespace

Result<Config> config_of(const toml::table& root, std::string_view name) {
  auto config = read_config(root);
  if (!config) return invalid(std::string{name} + ": " + config.error().message);
  config->file = std::make_shared<const toml::table>(root);
  return config;
}

Result<Config> parse_config(std::string_view text, std::string_view name) {
  ASSIGN_OR_RETURN(const toml::table root, parse_toml(text, name));
  return config_of(root, name);
}

Result<Config> load_config(const std::string& path) {
  ASSIGN_OR_RETURN(const toml::table root, load_toml(path));
  return config_of(root, path);
}

Result<Config> adopt_config(const std::string& path) {
  ASSIGN_OR_RETURN(Config config, load_config(path));
  ASSIGN_OR_RETURN(const Environ variables, variables_of(config.hsm, config.further_hsms));
  RETURN_IF_ERROR(set_environment(variables));
  return config;
}

std::vector<std::string> config_keys() {
  Config config;
  Raw raw;
  LogConfig log;
  IssuerConfig issuer;
  GrantConfig grant;
  RawListener listener;
  RawClient client;
  std::vector<std::string> out;
  const auto add = [&](const std::string& section, const std::vector<Key>& keys) {
    for (const Key& key : keys) out.push_back(section + "." + std::string{key.name});
  };
  add("server", server_keys(config, raw));
  add("hsm", hsm_keys(config.hsm));
  add("operator", operator_keys(config.operators));
  add("auditor", auditor_keys(raw.auditor));
  add("log", log_keys(log));
  add("issuer", issuer_keys(issuer));
  add("issuer.grant", grant_keys(grant));
  add("listener", listener_keys(listener));
  add("client", client_keys(client));
  return out;
}

}  // namespace varve::tools
