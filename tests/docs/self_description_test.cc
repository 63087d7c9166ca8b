// Every program about itself: what --help says there is, a shell completes and the manual describes;
// and each of its commands ends with the exit code of wrong usage where the usage is wrong.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "programs.h"
#include "tests/command.h"
#include "tests/directories.h"
#include "tools/common/exit_code.h"

namespace varve::docs {
namespace {

class SelfDescription : public ::testing::TestWithParam<std::string> {
 protected:
  SelfDescription() : program_(built_program(GetParam()).value()) {}

  [[nodiscard]] Ran asked(const std::string& arguments) const {
    return run_command("env -u VARVE_CONFIG " + program_ + " " + arguments);
  }
  /// What a shell that read the completion offers for these words, the last one unfinished.
  [[nodiscard]] std::string offered(const std::string& words) const {
    const std::string name = GetParam();
    const std::string function = "_" + std::regex_replace(name, std::regex("-"), "_");
    return run_command("bash -c '. <(" + program_ + " completion); COMP_WORDS=(" + name + " " +
                       words + "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); " + function +
                       "; echo \"${COMPREPLY[*]} \"'")
        .text;
  }
  /// The commands that `--help` lists, each as it is typed; those of a command of commands too.
  [[nodiscard]] std::vector<std::string> commands(const std::string& before = "") const {
    std::vector<std::string> found;
    std::istringstream help(asked(before + "--help").text);
    bool listed = false;
    for (std::string line; std::getline(help, line); listed = listed || line == "Subcommands:") {
      if (!listed || !line.starts_with("  ") || line[2] == ' ') continue;
      const std::string command = before + line.substr(2, line.find(' ', 2) - 2);
      const auto further = commands(command + " ");
      found.insert(found.end(), further.begin(), further.end());
      if (further.empty()) found.push_back(command);
    }
    return found;
  }

  const std::string program_;
};

TEST_P(SelfDescription, CompletesAndDescribesEveryCommandAndOption) {
  const std::string manual = asked("man").text;
  const std::regex option("\n  (?:-[a-z],)?(--[a-z-]+)");
  for (const std::string& command : commands()) {
    const std::string title = ".SS " + std::regex_replace(command, std::regex("-"), "\\-") + "\n";
    EXPECT_NE(manual.find(title), std::string::npos) << title;
    const std::string help = asked(command + " --help").text;
    const std::string found = offered(command + " --");
    for (std::sregex_iterator at(help.begin(), help.end(), option), end; at != end; ++at)
      EXPECT_NE(found.find(at->str(1) + " "), std::string::npos) << command << at->str();
  }
  EXPECT_EQ(offered("compl"), "completion \n");
}

TEST_P(SelfDescription, IsAManualPageInWhichNeitherManNorMandocFindsAMistake) {
  const bool serves = GetParam() == "varved" || GetParam() == "varve-witness";
  const std::string section = serves ? ".8" : ".1";
  const std::string page = ::testing::TempDir() + GetParam() + section;
  ASSERT_EQ(run_command(program_ + " man > " + page).exit, 0);
  const Ran man = run_command("LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l " + page + " >/dev/null");
  EXPECT_EQ(man.exit, 0);
  EXPECT_EQ(man.text, "");
  const Ran lint = run_command("mandoc -T lint -W warning " + page);
  EXPECT_EQ(lint.exit, 0);
  EXPECT_EQ(lint.text, "");
  ::remove(page.c_str());
}

TEST_P(SelfDescription, HasOneExitCodeForWrongUsageInEveryCommand) {
  std::vector<std::string> all = commands();
  all.emplace_back();
  for (const std::string& command : all) {
    EXPECT_EQ(asked(command + " --no-such-option").exit, tools::kExitUsage) << command;
    EXPECT_EQ(asked(command + " --help").exit, tools::kExitOk) << command;
  }
}

TEST_P(SelfDescription, SaysHowItWasBuiltInJson) {
  const Ran version = asked("version --json");
  EXPECT_EQ(version.exit, 0);
  EXPECT_EQ(asked("version").text, asked("--version").text);
  const std::string text = version.text;
  EXPECT_TRUE(text.starts_with("{\"program\":\"" + GetParam() + "\",\"version\":")) << text;
  const std::regex form(R"(.*"commit":(null|"[0-9a-f]{40}(-dirty)?"),"build_type":"[A-Za-z]+",)"
                        R"("sanitizer":"[a-z]*","compiler":"[A-Za-z]+ [0-9.]+",)"
                        R"("libraries":\{("[a-z0-9]+":"[0-9][0-9a-z.]*",?)+\},)"
                        R"("running":\{("[a-z]+":"[0-9.]+",?)+\}\}\n)");
  EXPECT_TRUE(std::regex_match(text, form)) << text;
}

std::string identifier(const ::testing::TestParamInfo<std::string>& info) {
  return std::regex_replace(info.param, std::regex("-"), "_");
}

INSTANTIATE_TEST_SUITE_P(Programs, SelfDescription, ::testing::ValuesIn(program_names()),
                         identifier);

}  // namespace
}  // namespace varve::docs
