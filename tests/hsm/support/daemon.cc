// fork and exec. What the child needs is made before the fork: afterwards it calls nothing that
// could wait for a lock of another thread.
#include "tests/hsm/support/daemon.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "ledger/base/check.h"

namespace varve::testing {
namespace {

/// Our environment with `variables` in it, as NAME=VALUE.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> all;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string entry = *at;
    if (!variables.contains(entry.substr(0, entry.find('=')))) all.push_back(entry);
  }
  for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
  return all;
}

/// As exec wants them: ended by a null pointer; valid as long as `words`.
std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const std::string& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

bool answers(const sockaddr_un& address) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(socket >= 0);
  const bool connected =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

}  // namespace

Daemon::Daemon(const std::vector<std::string>& words,
               const std::map<std::string, std::string>& variables, const std::string& log) {
  const std::vector<std::string> whole = environment_with(variables);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(whole);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(output >= 0 && nothing >= 0);
  id_ = ::fork();
  CHECK(id_ >= 0);
  if (id_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  ::setpgid(id_, id_);  // both do it: the first signal may come before the child has run
  ::close(output);
  ::close(nothing);
}

Daemon::~Daemon() {
  send(SIGKILL);
  int status = 0;
  CHECK(::waitpid(id_, &status, 0) == id_);
}

void Daemon::send(int signal) const {
  ::kill(-id_, signal);
}

void Daemon::wait_for_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  constexpr int kTries = 12'000;
  for (int i = 0; i < kTries; ++i) {
    if (answers(address)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(false);  // the server did not come up
}

}  // namespace varve::testing
