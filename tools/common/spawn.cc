// posix_spawn, through setpriv(1): when this program is killed, its children go with it.
#include "tools/common/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace varve::tools {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<pid_t> spawn(const std::vector<std::string>& words, std::vector<std::string> environment,
                    const std::string& log) {
  std::vector<std::string> all = {"setpriv", "--pdeathsig", "KILL"};
  all.insert(all.end(), words.begin(), words.end());
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t id = -1;
  const int failed = ::posix_spawnp(&id, all[0].c_str(), &actions, nullptr, pointers_to(all).data(),
                                    pointers_to(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return io_error("cannot start " + words[0] + " by setpriv(1)");
  return id;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> all;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) all.emplace_back(*one);
  return all;
}

}  // namespace varve::tools
