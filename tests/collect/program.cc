// posix_spawn, with the three standard streams on files.
#include "program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/directories.h"

namespace varve::collect {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int spawn(const std::vector<std::string>& arguments, const std::string& files,
          const std::string& input) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, 1, (files + "/out").c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, (files + "/err").c_str(), flags, 0600);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0) << argv[0];
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::string& files,
                 const std::string& input, const std::string& input_path,
                 const std::vector<std::string>& under)
    : files_(files) {
  std::ofstream(files + "/in", std::ios::binary) << input;
  std::vector<std::string> all = under;
  all.push_back(built_file("tools/collect/varve-collect"));
  all.insert(all.end(), arguments.begin(), arguments.end());
  pid_ = spawn(all, files, input_path.empty() ? files + "/in" : input_path);
}

Program::~Program() {
  if (waited_) return;
  signal(SIGKILL);
  static_cast<void>(wait());
}

void Program::signal(int number) const {
  if (!waited_) ::kill(pid_, number);
}

bool Program::has_said(const std::string& part) const {
  return read_text(files_ + "/err").find(part) != std::string::npos;
}

bool Program::ends_within(int ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (!waited_ && std::chrono::steady_clock::now() < until) {
    waited_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
    if (!waited_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return waited_;
}

Ended Program::wait() {
  if (!waited_) ::waitpid(pid_, &status_, 0);
  waited_ = true;
  return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -1, read_text(files_ + "/out"),
          read_text(files_ + "/err")};
}

Ended run_program(const std::vector<std::string>& arguments, const std::string& files,
                  const std::string& input) {
  return Program(arguments, files, input).wait();
}

}  // namespace varve::collect
