// Waiting with patience, and the words as a person would type them.
#include "tools/audit/assess/child.h"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>

#include "tools/common/spawn.h"

namespace varve::audit::assess {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOutputMax = 1u << 20;  // bytes of it that are read
constexpr std::uint32_t kLookEveryMs = 5;

std::string beginning_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kOutputMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// This program's environment, with `variables`.
std::vector<std::string> environment_with(Variables variables) {
  variables.emplace("VARVE_CONFIG", "");
  std::vector<std::string> all = tools::own_environment();
  std::erase_if(all, [&](const std::string& one) {
    return variables.contains(one.substr(0, one.find('=')));
  });
  for (const auto& [name, value] : variables)
    if (!value.empty()) all.push_back(std::string(name).append("=").append(value));
  return all;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/._-+:@,=").find(c) != std::string_view::npos;
}

}  // namespace

std::string program(const std::string& name) {
  std::error_code ignored;
  const fs::path here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const fs::path built = name.starts_with("varve-") ? name.substr(6) : name;
  for (const fs::path& path : {here / name, here.parent_path() / built / name})
    if (fs::is_regular_file(path, ignored)) return path;
  return name;
}

Result<Child> Child::start(const Words& words, const Variables& variables, const std::string& log) {
  ASSIGN_OR_RETURN(const pid_t id, tools::spawn(words, environment_with(variables), log));
  return Child(id);
}

Child::Child(Child&& other) noexcept : id_(std::exchange(other.id_, -1)), status_(other.status_) {}
Child& Child::operator=(Child&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(status_, other.status_);
  return *this;
}
Child::~Child() {
  if (id_ < 0) return;
  send(SIGKILL);
  ::waitpid(id_, &status_, 0);
}

void Child::send(int signal) const {
  if (id_ > 0) ::kill(id_, signal);
}

bool Child::has_ended() {
  if (id_ < 0) return true;
  if (::waitpid(id_, &status_, WNOHANG) != id_) return false;
  id_ = -1;
  return true;
}

int Child::wait(std::uint32_t patience_ms) {
  const auto begin = std::chrono::steady_clock::now();
  while (!has_ended()) {
    if (std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(patience_ms)) {
      send(SIGKILL);
      ::waitpid(std::exchange(id_, -1), &status_, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kLookEveryMs));
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

Result<Ran> run_child(const Words& words, const Variables& variables, const std::string& log,
                      std::uint32_t patience_ms) {
  ASSIGN_OR_RETURN(Child child, Child::start(words, variables, log));
  const int exit = child.wait(patience_ms);
  return Ran{exit, beginning_of(log)};
}

std::string command_line(const Words& words) {
  std::string line;
  for (const std::string& word : words) {
    line.append(line.empty() ? "" : " ");
    if (!word.empty() && std::ranges::all_of(word, is_plain)) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace varve::audit::assess
