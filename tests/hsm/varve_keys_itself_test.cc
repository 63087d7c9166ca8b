// varve-keys about itself: what a shell completes, and which commands print JSON.
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "tests/directories.h"
#include "tests/hsm/command.h"

namespace varve::keys {
namespace {

const std::string kProgram = built_file("tools/keys/varve-keys ");

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

/// The commands that `--help` lists, each as it is typed; those of a command of commands too.
std::vector<std::string> commands_of(const std::string& before) {
  std::vector<std::string> commands;
  std::istringstream help(run(before + "--help").output);
  bool listed = false;
  for (std::string line; std::getline(help, line); listed = listed || line == "Subcommands:") {
    if (!listed || !line.starts_with("  ") || line[2] == ' ') continue;
    std::string command = before + line.substr(2, line.find(' ', 2) - 2);
    const auto further = commands_of(command + " ");
    commands.insert(commands.end(), further.begin(), further.end());
    if (further.empty()) commands.push_back(std::move(command));
  }
  return commands;
}

TEST(VarveKeysItself, CompletesTheValueOfAnOptionOnlyWhereItKnowsOne) {
  EXPECT_EQ(offered("rot"), "rotate \n");
  EXPECT_EQ(offered("kek ro"), "rotate \n");
  EXPECT_EQ(offered("create --algorithm \"\""), "ed25519 p256 \n");
  EXPECT_EQ(offered("create --algorithm p"), "p256 \n");
  EXPECT_EQ(offered("create --label \"\""), " \n") << "the shell then completes names of files";
  EXPECT_EQ(offered("kek destroy --superseded --dry"), "--dry-run \n");
}

// completion and man print programs for others to read.
TEST(VarveKeysItself, TakesJsonWhereverItPrintsAnything) {
  for (const std::string& command : commands_of("")) {
    const bool prints = command != "completion" && command != "man";
    EXPECT_EQ(run(command + " --help").output.find("--json") != std::string::npos, prints)
        << command;
  }
}

}  // namespace
}  // namespace varve::keys
