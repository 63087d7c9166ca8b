// Types, ranges, unknown keys and their neighbours.
#include "tools/config/table.h"

#include <toml++/toml.h>

#include <algorithm>

#include "ledger/env/posix.h"
#include "tools/common/files.h"

namespace varve::tools {
namespace {

constexpr std::size_t kNear = 3;            // edits
constexpr std::size_t kFileMax = 1u << 20;  // bytes
constexpr std::string_view kLine = "line ";

Result<void> wrong_type(std::string_view name, std::string_view wanted) {
  return invalid(std::string{name} + " is " + std::string{wanted});
}

// Levenshtein's distance.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({replaced, row[k] + 1, row[k - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string line_of(const toml::node& node) {
  return std::string(kLine) + std::to_string(node.source().begin.line) + ": ";
}

/// Within a table of its own the line is known already, and more exactly.
Error with_line(const toml::node& node, Error why) {
  if (why.message.starts_with(kLine)) return why;
  return invalid(line_of(node) + why.message);
}

Error unknown(std::string_view name, std::string_view section, const toml::node& node,
              const std::vector<Key>& keys) {
  std::vector<std::string_view> names;
  for (const Key& key : keys) names.push_back(key.name);
  std::string message =
      line_of(node) + "unknown key " + std::string{name} + " in " + std::string{section};
  const std::string_view meant = nearest(name, names);
  if (meant.empty())
    message.append(": this version knows no such key, a later one may");
  else
    message.append("; is it ").append(meant).append("?");
  return invalid(message);
}

}  // namespace

Key text_key(std::string_view name, std::string& out, bool required) {
  return {name, required, [name, &out](const toml::node& node) -> Result<void> {
            const auto value = node.value_exact<std::string>();
            if (!value || value->empty()) return wrong_type(name, "a text that is not empty");
            out = *value;
            return {};
          }};
}

Key texts_key(std::string_view name, bool required,
              std::function<Result<void>(std::vector<std::string>)> store) {
  return {name, required, [name, store = std::move(store)](const toml::node& node) -> Result<void> {
            std::vector<std::string> texts;
            if (const toml::array* array = node.as_array())
              for (const toml::node& entry : *array)
                texts.push_back(entry.value_exact<std::string>().value_or(""));
            const auto is_wrong = [&](const std::string& text) {
              return text.empty() || std::ranges::count(texts, text) > 1;
            };
            if (texts.empty() || std::ranges::any_of(texts, is_wrong))
              return wrong_type(name, "a list of texts, none of them empty or twice: [\"...\"]");
            return store(std::move(texts));
          }};
}

Key tables_key(std::string_view name, std::string_view section,
               std::function<Result<void>(const toml::table&)> read) {
  return {name, false, [section, read = std::move(read)](const toml::node& node) -> Result<void> {
            return read_tables(node, "each entry is a table of its own: " + std::string{section},
                               [&](const toml::table& table) -> Result<void> {
                                 auto done = read(table);
                                 if (done) return {};
                                 return with_line(table, std::move(done).error());
                               });
          }};
}

Result<void> read_tables(const toml::node& node, const std::string& otherwise,
                         const std::function<Result<void>(const toml::table&)>& read) {
  const toml::array* const tables = node.as_array();
  if (tables == nullptr) return invalid(otherwise);
  for (const toml::node& entry : *tables) {
    const toml::table* const table = entry.as_table();
    if (table == nullptr) return invalid(otherwise);
    RETURN_IF_ERROR(read(*table));
  }
  return {};
}

Key flag_key(std::string_view name, bool& out) {
  return {name, false, [name, &out](const toml::node& node) -> Result<void> {
            const auto value = node.value_exact<bool>();
            if (!value) return wrong_type(name, "true or false");
            out = *value;
            return {};
          }};
}

Key choice_key(std::string_view name, std::vector<std::string_view> words,
               std::function<void(std::size_t)> store) {
  return {name, false,
          [name, words = std::move(words),
           store = std::move(store)](const toml::node& node) -> Result<void> {
            const auto value = node.value_exact<std::string>();
            const auto found = std::ranges::find(words, value.value_or(""));
            if (found != words.end()) {
              store(static_cast<std::size_t>(found - words.begin()));
              return {};
            }
            std::string wanted = "one of";
            for (const std::string_view word : words) wanted.append(" ").append(word);
            return wrong_type(name, wanted);
          }};
}

Key number_key(std::string_view name, std::uint64_t least, std::uint64_t most,
               std::function<void(std::uint64_t)> store) {
  return {name, false,
          [name, least, most, store = std::move(store)](const toml::node& node) -> Result<void> {
            const auto value = node.value_exact<std::int64_t>();
            const bool fits = value && *value >= 0 && static_cast<std::uint64_t>(*value) >= least &&
                              static_cast<std::uint64_t>(*value) <= most;
            if (!fits)
              return wrong_type(name, "a whole number from " + std::to_string(least) + " to " +
                                          std::to_string(most));
            store(static_cast<std::uint64_t>(*value));
            return {};
          }};
}

Result<void> read_table(const toml::table& table, std::string_view section,
                        const std::vector<Key>& keys) {
  for (const auto& [name, node] : table) {
    const auto found = std::ranges::find(keys, name.str(), &Key::name);
    if (found == keys.end()) return unknown(name.str(), section, node, keys);
    auto stored = found->set(node);
    if (!stored) return with_line(node, std::move(stored).error());
  }
  for (const Key& key : keys)
    if (key.required && !table.contains(key.name))
      return invalid(line_of(table) + std::string{section} + " needs the key " +
                     std::string{key.name});
  return {};
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& names) {
  const auto best = std::ranges::min_element(
      names, {}, [&](std::string_view candidate) { return edits(name, candidate); });
  return best != names.end() && edits(name, *best) <= kNear ? *best : std::string_view{};
}

Result<toml::table> parse_toml(std::string_view text, std::string_view name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return invalid(std::string{name} + ": " + kLine.data() +
                   std::to_string(error.source().begin.line) + ": " +
                   std::string{error.description()});
  }
}

Result<toml::table> load_toml(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer text, read_file(path, kFileMax));
  RETURN_IF_ERROR(env::check_mode(path, env::Others::kRead));
  return parse_toml(text_of(text), path);
}

}  // namespace varve::tools
