// One table of a TOML file as a list of the keys it may have, each with the place its value goes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"

namespace toml {
inline namespace v3 {
class node;
class table;
}  // namespace v3
}  // namespace toml

namespace varve::tools {

struct Key {
  std::string_view name;
  bool required = false;
  std::function<Result<void>(const toml::node&)> set;  // checks the value, then stores it
};

Key text_key(std::string_view name, std::string& out, bool required = false);
/// A list of texts that has at least one, none empty and none twice. `store` may refuse it.
Key texts_key(std::string_view name, bool required,
              std::function<Result<void>(std::vector<std::string>)> store);
/// Tables of their own, or none, each handed to `read`. `section` is "[[log]]".
Key tables_key(std::string_view name, std::string_view section,
               std::function<Result<void>(const toml::table&)> read);
Key flag_key(std::string_view name, bool& out);
/// One of these words, handed to `store` by its place among them. The message of an error lists them.
Key choice_key(std::string_view name, std::vector<std::string_view> words,
               std::function<void(std::size_t)> store);
/// A whole number between `least` and `most`, handed to `store`.
Key number_key(std::string_view name, std::uint64_t least, std::uint64_t most,
               std::function<void(std::uint64_t)> store);
template <class Number>
Key number_key(std::string_view name, std::uint64_t least, std::uint64_t most, Number& out) {
  return number_key(name, least, most, std::function<void(std::uint64_t)>{[&out](std::uint64_t v) {
                      out = static_cast<Number>(v);
                    }});
}

/// Stores every value. `section` is "[server]". Errors: kInvalid  an unknown key (with the known
/// one that is nearest), a missing one, a value of another type or out of range; with its line.
Result<void> read_table(const toml::table& table, std::string_view section,
                        const std::vector<Key>& keys);

/// `read` of each table of an array. Errors: kInvalid  `otherwise`: it is no array of tables.  As `read`.
Result<void> read_tables(const toml::node& node, const std::string& otherwise,
                         const std::function<Result<void>(const toml::table&)>& read);

/// `name` is only for messages. Errors: kInvalid  says the line and what is wrong.
Result<toml::table> parse_toml(std::string_view text, std::string_view name);
/// A file of at most 1 MiB that nobody else may write. Errors: as parse_toml, read_file and
/// env::check_mode.
Result<toml::table> load_toml(const std::string& path);

/// Of the names, the one that is fewest edits away; empty when none is near.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace varve::tools
