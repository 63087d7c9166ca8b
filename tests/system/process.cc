// fork, exec, waitpid.
#include "process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "ledger/base/check.h"

namespace varve::system {
namespace {

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Starts `words` with both outputs on `output`.
pid_t start(const Words& words, const Variables& variables, int output) {
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // an aborted test leaves nothing running
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

void pause_ms(unsigned ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

Outcome run(const Words& words, const Variables& variables) {
  std::array<int, 2> ends{};
  CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = start(words, variables, ends[1]);
  ::close(ends[1]);
  Outcome outcome;
  std::array<char, 4096> some{};
  for (ssize_t n; (n = ::read(ends[0], some.data(), some.size())) > 0;)
    outcome.output.append(some.data(), static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  outcome.exit_code = exit_code_of(status);
  return outcome;
}

Process::Process(const Words& words, const std::string& log, const Variables& variables) {
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  CHECK(output >= 0);
  id_ = start(words, variables, output);
  ::close(output);
}

Process::~Process() {
  if (!running()) return;
  send(SIGKILL);
  wait_ms();
}

bool Process::running() {
  return wait_ms(0) == -1;
}

void Process::send(int signal) const {
  ::kill(id_, signal);
}

int Process::wait_ms(unsigned timeout_ms) {
  const auto ended = [this] {
    int status = 0;
    if (exit_code_ == -1 && ::waitpid(id_, &status, WNOHANG) == id_)
      exit_code_ = exit_code_of(status);
    return exit_code_ != -1;
  };
  wait_until(ended, timeout_ms);
  return exit_code_;
}

}  // namespace varve::system
