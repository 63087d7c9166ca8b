// Waiting, and /proc for what a process used.
#include "tools/bench/process.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "tools/common/spawn.h"

namespace varve::bench {
namespace {

namespace fs = std::filesystem;

std::string all_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Behind `name` in a file of /proc; 0: there is none.
std::uint64_t number_in(const std::string& path, std::string_view name) {
  const std::string text = all_of(path);
  const std::size_t at = text.find(name);
  std::uint64_t number = 0;
  if (at != std::string::npos) std::istringstream(text.substr(at + name.size())) >> number;
  return number;
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

std::string Process::path(const std::string& name) const {
  return "/proc/" + std::to_string(id_) + "/" + name;
}

double Process::cpu_seconds() const {
  const std::string stat = all_of(path("stat"));
  std::istringstream in(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string word;
  for (int field = 3; field < 14; ++field) in >> word;  // proc(5): 14 utime, 15 stime, in ticks
  double user = 0;
  double system = 0;
  in >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t Process::peak_memory() const {
  return number_in(path("status"), "VmHWM:") << 10;
}
std::uint64_t Process::resident_memory() const {
  return number_in(path("status"), "VmRSS:") << 10;
}
std::uint64_t Process::address_space() const {
  return number_in(path("status"), "VmSize:") << 10;
}
std::uint64_t Process::threads() const {
  return number_in(path("status"), "Threads:");
}
std::uint64_t Process::descriptors() const {
  std::error_code failed;
  const fs::directory_iterator each(path("fd"), failed);
  return static_cast<std::uint64_t>(std::distance(fs::begin(each), fs::end(each)));
}
std::uint64_t Process::wake_ups() const {
  std::uint64_t sum = 0;
  std::error_code failed;
  for (const auto& thread : fs::directory_iterator(path("task"), failed))
    sum += number_in(thread.path() / "status", "\nvoluntary_ctxt_switches:");
  return sum;
}

Result<std::uint64_t> Process::memory_maps() const {
  const std::string maps = all_of(path("maps"));
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
