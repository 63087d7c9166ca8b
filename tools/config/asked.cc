// A parser of its own for two options, which passes over all else.
#include "tools/config/asked.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace varve::tools {

Asked asked_in(const Arguments& arguments) {
  Asked asked;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_option("--config", asked.config)->envname("VARVE_CONFIG");
  app.add_option("--log", asked.log);
  Arguments words(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError&) {
    return {};
  }
  return asked;
}

bool is_given(const Arguments& arguments, const std::string& option) {
  return std::ranges::any_of(arguments, [&](const std::string& word) {
    return word == option || word.starts_with(option + "=");
  });
}

Result<std::size_t> chosen_log(const std::vector<std::string>& names, const Asked& asked) {
  if (asked.log.empty() && names.size() == 1) return std::size_t{0};
  if (asked.log.empty()) return invalid(asked.config + " has several logs: name one with --log");
  const auto found = std::ranges::find(names, asked.log);
  if (found == names.end()) return not_found(asked.config + " has no log named " + asked.log);
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace varve::tools
