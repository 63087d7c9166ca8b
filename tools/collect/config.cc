// Reading and writing DIR/config.
#include "tools/collect/config.h"

#include <array>
#include <set>

#include "ledger/format/note.h"
#include "ledger/format/record.h"
#include "tools/client/url.h"

namespace varve::collect {
namespace {

struct Field {
  std::string_view name;
  std::string Config::*value;
  bool required;
};

constexpr std::array<Field, 6> kFields = {{
    {"source", &Config::source, true},
    {"origin", &Config::origin, true},
    {"url", &Config::url, true},
    {"vkey", &Config::vkey, true},
    {"bearer-file", &Config::bearer_file, false},
    {"ca", &Config::ca_file, false},
}};

Result<void> parse_line(std::string_view line, Config& config, std::set<std::string_view>& seen) {
  const std::size_t space = line.find(' ');
  const std::string_view name = line.substr(0, space);
  for (const Field& field : kFields) {
    if (field.name != name) continue;
    if (space == std::string_view::npos || space + 1 == line.size()) return invalid("has no value");
    if (!seen.insert(field.name).second) return invalid("says '" + std::string(name) + "' again");
    config.*field.value = line.substr(space + 1);
    return {};
  }
  return invalid("has a name that this version does not know; a later one may");
}

}  // namespace

std::string format_config(const Config& config) {
  std::string text = "# varve-collect; source and origin must stay as they are\n";
  for (const Field& field : kFields)
    if (!(config.*field.value).empty())
      text += std::string(field.name) + " " + config.*field.value + "\n";
  return text;
}

Result<Config> parse_config(std::string_view text) {
  Config config;
  std::set<std::string_view> seen;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    if (one.empty() || one.front() == '#') continue;
    const Result<void> parsed = parse_line(one, config, seen);
    if (!parsed)
      return invalid("line " + std::to_string(line) + " of the configuration " +
                     parsed.error().message);
  }
  for (const Field& field : kFields)
    if (field.required && !seen.contains(field.name))
      return invalid("the configuration lacks '" + std::string(field.name) + "'");
  RETURN_IF_ERROR(check_config(config));
  return config;
}

Result<void> check_config(const Config& config) {
  for (const Field& field : kFields)
    if ((config.*field.value).find_first_of("\r\n") != std::string::npos)
      return invalid("'" + std::string(field.name) + "' has a line break in it");
  RETURN_IF_ERROR(format::source_id(config.source));
  RETURN_IF_ERROR(client::parse_url(config.url));
  ASSIGN_OR_RETURN(const format::VerifierKey key, format::parse_vkey(config.vkey));
  if (key.name != config.origin)
    return invalid("the key is of '" + key.name + "', not of the origin '" + config.origin + "'");
  return {};
}

}  // namespace varve::collect
