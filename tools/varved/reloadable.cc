// The table, the comparison and what is taken over: the last two ask the same question of each key.
#include "tools/varved/reloadable.h"

#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

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

/// Of this array a reload takes up new tables, whole. Those that were taken out stay until the next start.
constexpr std::string_view kJoinedSection = "log";

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

struct NamedTable {
  std::string name;
  const toml::table* table = nullptr;
};
using Tables = std::vector<NamedTable>;  // in the order of the file

const toml::table* find_table(const Tables& tables, const std::string& name) {
  const auto found = std::ranges::find(tables, name, &NamedTable::name);
  return found == tables.end() ? nullptr : found->table;
}

/// The tables of a section by how a person would name each: "[server]", "[[log]] main". Those
/// of one name, as two listeners on port 0 or two tokens are, are told apart by their order.
Tables tables_of(std::string_view section, const toml::table& root) {
  Tables out;
  const toml::node* const node = root.get(section);
  if (node == nullptr) return out;
  if (const toml::table* const one = node->as_table()) {
    out.push_back({"[" + std::string(section) + "]", one});
    return out;
  }
  const toml::array* const array = node->as_array();
  if (array == nullptr) return out;
  for (const toml::node& each : *array) {
    const toml::table* const one = each.as_table();
    if (one == nullptr) continue;
    std::string name = "[[" + std::string(section) + "]]";
    if (const std::string own = name_of(section, *one); !own.empty()) name.append(" " + own);
    while (find_table(out, name) != nullptr) name.append("+");
    out.push_back({std::move(name), one});
  }
  return out;
}

std::set<std::string> keys_of(const toml::table& before, const toml::table& after) {
  std::set<std::string> out;
  for (const toml::table* table : {&before, &after})
    for (const auto& [key, node] : *table) out.emplace(key.str());
  return out;
}

/// The keys that differ between two tables of one name.
std::set<std::string> differing(const toml::table& before, const toml::table& after) {
  std::set<std::string> out = keys_of(before, after);
  std::erase_if(out, [&](const std::string& key) {
    return as_text(before.get(key)) == as_text(after.get(key));
  });
  return out;
}

bool speaks_plain_http(const toml::table& server) {
  return server["plain_http"].value_or(false);
}

/// Whether it would listen elsewhere. A port that the system has chosen is the same place by its number.
bool is_elsewhere(const toml::table& before, const toml::table& after) {
  const std::string was = text_in(before, "listen");
  const std::string is = text_in(after, "listen");
  if (!was.ends_with(":0")) return was != is;
  return was.substr(0, was.rfind(':')) != is.substr(0, is.rfind(':'));
}

/// Whether another key that waits keeps this one back: where a half of both would let in somebody whom neither file
/// lets in, as senders that a certificate proved under the name of one that nothing proves.
bool is_kept_back(const std::string& section, const std::string& key, const toml::table& before,
                  const toml::table& after) {
  if (section == "listener")
    return std::ranges::any_of(differing(before, after), [](const std::string& each) {
      return !is_reloaded("listener." + each);
    });
  if (section != "server") return false;
  const bool same_tls = speaks_plain_http(before) == speaks_plain_http(after);
  if (!same_tls && key.starts_with("tls_")) return true;
  return (!same_tls || is_elsewhere(before, after)) &&
         (key == "allow" || key.starts_with("client_c"));
}

/// The keys of a table that a reload takes up, of those that differ.
std::set<std::string> taken_keys(const std::string& section, const toml::table& before,
                                 const toml::table& after) {
  std::set<std::string> out = differing(before, after);
  std::erase_if(out, [&](const std::string& key) {
    return !is_reloaded(section + "." + key) || is_kept_back(section, key, before, after);
  });
  return out;
}

bool is_taken_whole(const std::string& section) {
  return std::ranges::find(kReloadedSections, section) != std::end(kReloadedSections);
}

class Comparison {
 public:
  Comparison(const toml::table& before, const toml::table& after)
      : before_(before), after_(after) {}

  ChangedKeys run() {
    for (const std::string& section : keys_of(before_, after_)) compare_section(section);
    for (auto* names : {&out_.reloaded, &out_.waiting}) std::ranges::sort(*names);
    return std::move(out_);
  }

 private:
  void compare_section(const std::string& section) {
    const Tables before = tables_of(section, before_);
    const Tables after = tables_of(section, after_);
    for (const auto& [name, table] : before) {
      const toml::table* const found = find_table(after, name);
      if (found == nullptr)
        add(is_taken_whole(section), name + " (taken out)");
      else
        compare_tables(section, name, *table, *found);
    }
    for (const auto& [name, table] : after)
      if (find_table(before, name) == nullptr)
        add(is_taken_whole(section) || section == kJoinedSection, name + " (added)");
  }
  void compare_tables(const std::string& section, const std::string& name,
                      const toml::table& before, const toml::table& after) {
    const std::set<std::string> taken = taken_keys(section, before, after);
    for (const std::string& key : differing(before, after))
      add(taken.contains(key), name + " " + key);
  }
  void add(bool taken, std::string name) {
    (taken ? out_.reloaded : out_.waiting).push_back(std::move(name));
  }

  const toml::table& before_;
  const toml::table& after_;
  ChangedKeys out_;
};

void take_key(toml::table& out, const toml::table& from, const std::string& key) {
  if (const toml::node* const node = from.get(key))
    out.insert_or_assign(key, *node);
  else
    out.erase(key);
}

/// `before` with what a reload takes up of `after`.
toml::table merged_table(const std::string& section, const toml::table& before,
                         const toml::table& after) {
  toml::table out = before;
  for (const std::string& key : taken_keys(section, before, after)) take_key(out, after, key);
  return out;
}

/// Tables that are new wait, but for logs, and those that were taken out stay.
toml::array merged_array(const std::string& section, const toml::table& before,
                         const toml::table& after) {
  toml::array out;
  const Tables fresh = tables_of(section, after);
  for (const auto& [name, table] : tables_of(section, before)) {
    const toml::table* const found = find_table(fresh, name);
    out.push_back(found == nullptr ? *table : merged_table(section, *table, *found));
  }
  if (section != kJoinedSection) return out;
  const Tables known = tables_of(section, before);
  for (const auto& [name, table] : fresh)
    if (find_table(known, name) == nullptr) out.push_back(*table);
  return out;
}

toml::table merged(const toml::table& before, const toml::table& after) {
  toml::table out = before;
  for (const std::string& section : keys_of(before, after)) {
    const toml::node* const old = before.get(section);
    const toml::node* const fresh = after.get(section);
    if (is_taken_whole(section))
      take_key(out, after, section);
    else if (old != nullptr && fresh != nullptr && old->is_table() && fresh->is_table())
      out.insert_or_assign(section, merged_table(section, *old->as_table(), *fresh->as_table()));
    else if (old != nullptr && old->is_array())
      out.insert_or_assign(section, merged_array(section, before, after));
    else if (old == nullptr)
      out.erase(section);
  }
  return out;
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

Result<Config> reloaded_config(const Config& running, const Config& fresh) {
  return config_of(merged(*running.file, *fresh.file),
                   "with what waits for the next start left as it is, and all else of the file");
}

void leave_out_logs(Config& config, const std::vector<LogConfig>& logs) {
  if (logs.empty()) return;
  const auto is_left_out = [&logs](std::string_view name) {
    return std::ranges::find(logs, name, &LogConfig::name) != logs.end();
  };
  std::erase_if(config.logs, [&](const LogConfig& log) { return is_left_out(log.name); });
  toml::array others;
  for (const toml::node& node : *config.file->get_as<toml::array>("log"))
    if (!is_left_out(node.as_table()->get("name")->value_or(std::string()))) others.push_back(node);
  toml::table file = *config.file;
  file.insert_or_assign("log", std::move(others));
  config.file = std::make_shared<const toml::table>(std::move(file));
}

}  // namespace varve::tools
