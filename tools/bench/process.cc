// Waiting, and /proc for what a process used.
#include "tools/bench/process.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "tools/common/spawn.h"

namespace varve::bench {
namespace {

namespace fs = std::filesystem;

std::string all_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

double cpu_seconds_of(const rusage& used) {
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

std::string program(const std::string& name) {
  std::error_code ignored;
  const fs::path here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  if (fs::exists(here / name, ignored)) return here / name;
  return here.parent_path() / (name.starts_with("varve-") ? name.substr(6) : name) / name;
}

Result<Process> Process::start(const Words& words, const std::string& log) {
  ASSIGN_OR_RETURN(const pid_t id, tools::spawn(words, tools::own_environment(), log));
  return Process(id);
}

Process::Process(Process&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
Process& Process::operator=(Process&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}
Process::~Process() {
  if (id_ < 0) return;
  send(SIGKILL);
  wait();
}

void Process::send(int signal) const {
  ::kill(id_, signal);
}

int Process::wait() {
  int status = 0;
  ::waitpid(std::exchange(id_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

double Process::cpu_seconds() const {
  const std::string stat = all_of("/proc/" + std::to_string(id_) + "/stat");
  std::istringstream in(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string word;
  for (int field = 3; field < 14; ++field) in >> word;  // proc(5): 14 utime, 15 stime, in ticks
  double user = 0;
  double system = 0;
  in >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t Process::peak_memory() const {
  const std::string status = all_of("/proc/" + std::to_string(id_) + "/status");
  const std::size_t at = status.find("VmHWM:");
  if (at == std::string::npos) return 0;
  std::uint64_t kib = 0;
  std::istringstream(status.substr(at + 6)) >> kib;
  return kib << 10;
}

Result<std::uint64_t> Process::memory_maps() const {
  const std::string maps = all_of("/proc/" + std::to_string(id_) + "/maps");
  if (maps.empty()) return io_error("the memory maps of varved cannot be read: run this as root");
  return static_cast<std::uint64_t>(std::ranges::count(maps, '\n'));
}

Result<double> run_timed(const Words& words, const std::string& log) {
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_CHILDREN, &before);
  RETURN_IF_ERROR(run(words, log));
  ::getrusage(RUSAGE_CHILDREN, &after);
  return cpu_seconds_of(after) - cpu_seconds_of(before);
}

Result<void> run(const Words& words, const std::string& log) {
  ASSIGN_OR_RETURN(Process process, Process::start(words, log));
  const int code = process.wait();
  if (code == 0) return {};
  std::string what = words[0];
  what.append(" ended with ").append(std::to_string(code)).append(": ").append(all_of(log));
  return io_error(std::move(what));
}

}  // namespace varve::bench
