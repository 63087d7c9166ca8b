// Finds programs in the build directory and asks them for help.
#include "programs.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "ledger/base/check.h"
#include "tests/directories.h"

namespace varve::docs {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> read_program_names() {
  static const std::regex form(R"(add_executable\(\s*([a-z-]+))");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(source_file("tools"))) {
    std::ifstream in(entry.path() / "CMakeLists.txt");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::sregex_iterator hit(text.begin(), text.end(), form), end; hit != end; ++hit)
      names.push_back((*hit)[1]);
  }
  return names;
}

std::string run(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  CHECK(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 1);
    ::dup2(ends[1], 2);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string output;
  std::array<char, 4096> some{};
  for (ssize_t n; (n = ::read(ends[0], some.data(), some.size())) > 0;)
    output.append(some.data(), static_cast<std::size_t>(n));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return output;
}

}  // namespace

std::string base_name(const std::string& word) {
  const std::size_t slash = word.rfind('/');
  return slash == std::string::npos ? word : word.substr(slash + 1);
}

const std::vector<std::string>& program_names() {
  static const std::vector<std::string> names = read_program_names();
  return names;
}

bool is_program(const std::string& name) {
  return std::ranges::find(program_names(), name) != program_names().end();
}

std::optional<std::string> built_program(const std::string& name) {
  for (const auto& entry : fs::directory_iterator(built_file("tools"))) {
    const fs::path path = entry.path() / name;
    if (entry.is_directory() && fs::is_regular_file(path)) return path.string();
  }
  return std::nullopt;
}

std::string help_text(const std::string& program, const std::vector<std::string>& words) {
  static std::map<std::vector<std::string>, std::string> asked;
  std::vector<std::string> question{program};
  question.insert(question.end(), words.begin(), words.end());
  question.push_back("--help");
  const auto known = asked.find(question);
  return known != asked.end() ? known->second : asked[question] = run(question);
}

std::string version_text(const std::string& program) {
  return run({program, "--version"});
}

}  // namespace varve::docs
