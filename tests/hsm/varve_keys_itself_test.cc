// varve-keys about itself: what --help says there is, a shell completes and the manual describes.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <vector>

#include "tests/hsm/command.h"

namespace varve::keys {
namespace {

constexpr const char* kProgram = VARVE_BINARY_DIR "/tools/keys/varve-keys ";

varve::testing::Outcome run(const std::string& arguments) {
  return varve::testing::run_command(kProgram + arguments);
}

/// What a shell that read the completion offers for these words, the last one unfinished.
std::string offered(const std::string& words) {
  std::string script = "bash -c '. <(";
  script.append(kProgram).append("completion); COMP_WORDS=(varve-keys ").append(words);
  script.append("); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _varve_keys; echo \"${COMPREPLY[*]} \"'");
  return varve::testing::run_command(script).output;
}

TEST(VarveKeysItself, CompletesAndDescribesEveryCommandAndOption) {
  std::vector<std::string> commands;
  std::istringstream help(run("--help").output);
  bool listed = false;
  for (std::string line; std::getline(help, line); listed = listed || line == "Subcommands:") {
    if (listed && line.starts_with("  ") && line[2] != ' ')
      commands.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  ASSERT_GE(commands.size(), 16u);
  const std::string manual = run("man").output;
  const std::regex dash("-");
  const std::regex option("--[a-z][a-z-]+");
  for (const std::string& command : commands) {
    std::string title = std::regex_replace(command, dash, "\\-");
    title.insert(0, ".SS ").append("\n");
    EXPECT_NE(manual.find(title), std::string::npos) << title;
    const std::string options = run(command + " --help").output;
    const std::string found = offered(command + " --");
    for (std::sregex_iterator at(options.begin(), options.end(), option), end; at != end; ++at)
      EXPECT_NE(found.find(at->str() + " "), std::string::npos) << command << " " << at->str();
  }
  EXPECT_EQ(offered("ro"), "rotate \n");
}

}  // namespace
}  // namespace varve::keys
