// Every command in a document can be typed: the scripts and programs exist, and the
// programs know the subcommands and options.
#include "commands.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "programs.h"
#include "tests/directories.h"

namespace varve::docs {
namespace {

namespace fs = std::filesystem;

bool is_on_path(const std::string& name) {
  std::istringstream folders(std::getenv("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  return false;
}

bool is_builtin(const std::string& name) {
  static const std::set<std::string> builtins = {"cd", "export", "echo", "set", "umask"};
  return builtins.contains(name);
}

// Options as they are typed: up to '='.
std::vector<std::string> options_of(const Command& command) {
  std::vector<std::string> options;
  for (const std::string& word : command.words)
    if (word.starts_with("-") && word.size() > 1) options.push_back(word.substr(0, word.find('=')));
  return options;
}

// Leading plain words are subcommands as long as the help text before them asks for one. An option
// has to be in one of the texts on the way.
void check_against_help(const std::string& where, const Command& command,
                        const std::string& program) {
  std::vector<std::string> subcommands;
  std::string last = help_text(program, subcommands);
  std::string help = last;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const std::string& word = command.words[i];
    if (last.find("SUBCOMMAND") == std::string::npos || word.starts_with("-")) break;
    EXPECT_NE(last.find("\n  " + word), std::string::npos)
        << where << ": " << base_name(program) << " has no subcommand " << word;
    subcommands.push_back(word);
    last = help_text(program, subcommands);
    help += last;
  }
  for (const std::string& option : options_of(command))
    EXPECT_NE(help.find(option), std::string::npos)
        << where << ": " << base_name(program) << " does not mention " << option;
}

void check_command(const std::string& where, const Command& command) {
  const std::string& first = command.words.front();
  const std::string name = base_name(first);
  if (is_program(name)) {
    const auto program = built_program(name);
    ASSERT_TRUE(program) << where << ": " << name << " was not built";
    return check_against_help(where, command, *program);
  }
  if (first.find('/') != std::string::npos) {
    EXPECT_EQ(::access(source_file(first).c_str(), X_OK), 0) << where << ": there is no " << first;
    return;
  }
  if (name == "systemctl") return;  // of the machine's init: a container has none
  EXPECT_TRUE(is_builtin(name) || is_on_path(name))
      << where << ": " << name << " is neither ours nor installed; tools/setup.sh should";
}

TEST(Documents, TellTheReaderOnlyWhatCanBeTyped) {
  std::size_t checked = 0;
  for (const Document& document : all_documents())
    for (const Block& block : document.blocks) {
      if (block.language != "sh") continue;
      for (const Command& command : commands_in(block)) {
        check_command(document.path + ":" + std::to_string(command.line), command);
        ++checked;
      }
    }
  EXPECT_GT(checked, 5u);
}

// Where the commands of a page are run, in its order. Each of these files names the page.
const std::map<std::string, std::string>& tests_of_pages() {
  static const std::map<std::string, std::string> table = {
      {"README.md", "tests/system/pages_test.cc"},
      {"docs/API.md", "tests/system/pages_test.cc"},
      {"docs/operating/auditing.md", "tests/system/pages_test.cc"},
      {"docs/operating/collecting.md", "tests/system/pages_test.cc"},
      {"docs/operating/configuration.md", "tests/system/pages_test.cc"},
      {"docs/operating/first-server.md", "tests/system/first_server_test.cc"},
      {"docs/operating/install.md", "tests/installed_machine.sh"},
      {"docs/operating/keys.md", "tests/system/keys_page_test.cc"},
      {"docs/operating/questions.md", "tests/system/pages_test.cc"},
      {"docs/operating/recovery.md", "tests/system/pages_test.cc"},
      {"docs/operating/retention.md", "tests/system/retention_runbook.cc"},
      {"docs/operating/runbooks.md", "tests/system/runbook.cc"},
      {"docs/operating/running-a-witness.md", "tests/system/own_witness_test.cc"},
      {"docs/operating/verifying-without-us.md", "tests/system/pages_test.cc"},
      {"docs/operating/witnesses.md", "tests/system/witness_runbook_test.cc"},
  };
  return table;
}

// Pages whose commands no test types as they stand, and why. What they name exists: see above.
const std::map<std::string, std::string>& pages_not_run() {
  static const std::map<std::string, std::string> table = {
      {"docs/BENCHMARKS.md",
       "minutes of full load; system_test runs varve-bench with small figures"},
      {"docs/CONTRIBUTING.md", "clang-tidy of a folder takes minutes"},
      {"docs/TESTING.md", "builds everything, or tests for hours"},
      {"docs/operating/monitoring.md",
       "of a machine with Prometheus; monitoring_test.cc does the same with one of its own"},
  };
  return table;
}

TEST(Documents, WithCommandsAreRunByATestInTheOrderOfThePage) {
  for (const Document& document : all_documents()) {
    const bool has_commands = std::ranges::any_of(
        document.blocks, [](const Block& block) { return block.language == "sh"; });
    const auto test = tests_of_pages().find(document.path);
    const bool is_run = test != tests_of_pages().end();
    EXPECT_EQ(has_commands, is_run || pages_not_run().contains(document.path)) << document.path;
    if (!is_run) continue;
    std::ifstream in(source_file(test->second));
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_NE(text.find(document.path), std::string::npos) << test->second << " does not name it";
  }
}

TEST(Programs, SayTheirVersion) {
  std::ifstream project(source_file("CMakeLists.txt"));
  const std::string text{std::istreambuf_iterator<char>(project), {}};
  const std::size_t at = text.find("project(varve VERSION ") + 22;
  const std::string version = text.substr(at, text.find(' ', at) - at);
  EXPECT_EQ(program_names().size(), 6U);
  for (const std::string& name : program_names()) {
    const auto program = built_program(name);
    ASSERT_TRUE(program) << name;
    EXPECT_EQ(version_text(*program), name + " " + version + "\n");
    EXPECT_NE(help_text(*program, {}).find("--version"), std::string::npos) << name;
  }
}

TEST(Commands, AreFoundInTheShellOfADocument) {
  const Block block{"sh",
                    1,
                    {"# a comment", "$ A=1 one 'two words' \\", "  three >out 2>&1 # more",
                     "four | five; six && seven", "eight <<'END' > file", "not a command", "END"}};
  std::vector<std::string> seen;
  for (const Command& command : commands_in(block)) {
    std::string joined;
    for (const std::string& word : command.words) joined += word + ",";
    seen.push_back(joined);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"one,two words,three,", "1,", "four,", "five,", "six,",
                                            "seven,", "eight,"}));
}

}  // namespace
}  // namespace varve::docs
