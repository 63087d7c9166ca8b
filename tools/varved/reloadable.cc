// The table, the comparison and what is taken over: the three say the same.
#include "tools/varved/reloadable.h"

#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace varve::tools {
namespace {

/// Of these sections a reload takes up every key. varved itself has no use for [operator] and [auditor].
constexpr std::string_view kReloadedSections[] = {"operator", "auditor", "issuer", "issuer.grant",
                                                  "client"};

constexpr std::string_view kReloadedKeys[] = {
    "server.tls_certificate",
    "server.tls_key",
    "server.client_ca",
    "server.client_certificates",
    "server.allow",
    "server.tokens",
    "server.revoked",
    "server.log_level",
    "server.connections_max",
    "server.header_bytes_max",
    "server.requests_max",
    "server.requests_per_client_max",
    "server.requests_per_second_per_client",
    "server.requests_per_second_per_address",
    "server.bytes_per_second_per_client",
    "server.bytes_per_second_per_address",
    "server.body_bytes_max",
    "server.bytes_per_second_min",
    "server.idle_timeout_ms",
    "server.header_timeout_ms",
    "server.body_timeout_ms",
    "server.write_timeout_ms",
    "server.stop_timeout_ms",
    "log.first_vkey",  // of use to others alone
    "listener.client_ca",
    "listener.tls_certificate",
    "listener.tls_key",
    "listener.connections_max",
    "listener.allow",
};

std::string as_text(const toml::node* node) {
  if (node == nullptr) return {};
  std::ostringstream out;
  out << toml::json_formatter(*node);
  return out.str();
}

std::string text_in(const toml::table& table, std::string_view key) {
  return table[key].value_or(std::string());
}

/// What tells a table of an array from the others. Of a token nothing: its URI may hold what is no log line's.
std::string name_of(std::string_view section, const toml::table& table) {
  if (section == "issuer") return text_in(table, "issuer");
  if (section == "listener") return text_in(table, "kind") + " " + text_in(table, "listen");
  return text_in(table, "name");
}

using Tables = std::map<std::string, const toml::table*>;

/// The tables of a section by how a person would name each: "[server]", "[[log]] main". Those
/// of one name, as two listeners on port 0 or two tokens are, are told apart by their order.
Tables tables_of(std::string_view section, const toml::table& root) {
  Tables out;
  const toml::node* const node = root.get(section);
  if (node == nullptr) return out;
  if (const toml::table* const one = node->as_table()) {
    out.emplace("[" + std::string(section) + "]", one);
    return out;
  }
  const toml::array* const array = node->as_array();
  if (array == nullptr) return out;
  for (const toml::node& each : *array) {
    const toml::table* const one = each.as_table();
    if (one == nullptr) continue;
    std::string name = "[[" + std::string(section) + "]]";
    if (const std::string own = name_of(section, *one); !own.empty()) name.append(" " + own);
    while (out.contains(name)) name.append("+");
    out.emplace(std::move(name), one);
  }
  return out;
}

bool speaks_tls(const toml::table& root) {
  return !root["server"]["plain_http"].value_or(false);
}

class Comparison {
 public:
  Comparison(const toml::table& before, const toml::table& after)
      : before_(before), after_(after), same_tls_(speaks_tls(before) == speaks_tls(after)) {}

  ChangedKeys run() {
    std::set<std::string> sections;
    for (const toml::table* root : {&before_, &after_})
      for (const auto& [key, node] : *root) sections.emplace(key.str());
    for (const std::string& section : sections) compare_section(section);
    return std::move(out_);
  }

 private:
  void compare_section(const std::string& section) {
    const Tables before = tables_of(section, before_);
    const Tables after = tables_of(section, after_);
    for (const auto& [name, table] : before) {
      const auto found = after.find(name);
      if (found == after.end())
        add(section, name + " (taken out)");
      else
        compare_tables(section, name, *table, *found->second);
    }
    for (const auto& [name, table] : after)
      if (!before.contains(name)) add(section, name + " (added)");
  }
  void compare_tables(const std::string& section, const std::string& name,
                      const toml::table& before, const toml::table& after) {
    std::set<std::string> keys;
    for (const toml::table* table : {&before, &after})
      for (const auto& [key, node] : *table) keys.emplace(key.str());
    for (const std::string& key : keys)
      if (as_text(before.get(key)) != as_text(after.get(key)))
        add(section + "." + key, name + " " + key);
  }
  /// A whole table is taken up where every key of it is. Only a start leads from plain HTTP to TLS and back.
  void add(const std::string& key, const std::string& name) {
    const bool needs_start =
        !same_tls_ && (key.starts_with("server.tls_") || key.starts_with("server.client_c"));
    const bool taken = is_reloaded(key) && !needs_start;
    (taken ? out_.reloaded : out_.waiting).push_back(name);
  }

  const toml::table& before_;
  const toml::table& after_;
  const bool same_tls_;
  ChangedKeys out_;
};

/// The listener of `fresh` that has this address; null: none has.
const api::ListenerOptions* same_listener(const api::ListenerOptions& running,
                                          std::vector<api::ListenerOptions>& fresh) {
  const auto found = std::ranges::find_if(fresh, [&](const api::ListenerOptions& one) {
    return one.kind == running.kind && one.address == running.address && one.port == running.port;
  });
  return found == fresh.end() ? nullptr : &*found;
}

}  // namespace

bool is_reloaded(std::string_view key) {
  const std::string_view section = key.substr(0, key.rfind('.'));
  return std::ranges::find(kReloadedKeys, key) != std::end(kReloadedKeys) ||
         std::ranges::find(kReloadedSections, section) != std::end(kReloadedSections);
}

ChangedKeys changed_keys(const toml::table& before, const toml::table& after) {
  return Comparison(before, after).run();
}

Config reloaded_config(const Config& running, const Config& fresh) {
  Config out = running;
  const bool same_tls =
      running.server.tls.certificate.empty() == fresh.server.tls.certificate.empty();
  out.server = fresh.server;
  out.server.address = running.server.address;
  out.server.port = running.server.port;
  out.server.threads = running.server.threads;
  if (!same_tls) out.server.tls = running.server.tls;
  out.limits = fresh.limits;
  out.clients = fresh.clients;
  out.log_level = fresh.log_level;
  out.tokens = fresh.tokens;
  out.revoked = fresh.revoked;
  out.issuers = fresh.issuers;
  out.operators = fresh.operators;
  std::vector<api::ListenerOptions> left = fresh.listeners;
  for (api::ListenerOptions& listener : out.listeners) {
    const api::ListenerOptions* const found = same_listener(listener, left);
    if (found == nullptr) continue;
    listener.tls = found->tls;
    listener.connections_max = found->connections_max;
    listener.allow = found->allow;
    left.erase(left.begin() + (found - left.data()));
  }
  out.file = fresh.file;
  return out;
}

}  // namespace varve::tools
