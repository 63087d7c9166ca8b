// Running strace and reading what it wrote (strace 6.1; -f -y -xx: every text in hexadecimal).
#include "trace.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "ledger/base/check.h"

namespace varve::system {
namespace {

constexpr std::string_view kResumed = " resumed>";
constexpr std::string_view kUnfinished = " <unfinished ...>";

std::string decode(std::string_view hexadecimal) {
  std::string out;
  for (std::size_t at = 0; at + 3 < hexadecimal.size(); at += 4)
    out += static_cast<char>(
        std::strtoul(std::string(hexadecimal.substr(at + 2, 2)).c_str(), nullptr, 16));
  return out;
}

/// Splits the text between a call's parentheses.
void read_arguments(std::string_view text, Call& call) {
  std::string plain;
  const auto end_of_argument = [&] {
    if (!plain.empty()) call.rest.push_back(plain);
    plain.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const char closing = c == '"' ? '"' : '>';
    if (c == '"' || (c == '<' && text.substr(at).starts_with("<\\x"))) {
      const std::size_t end = text.find(closing, at + 1);
      const std::string decoded = decode(text.substr(at + 1, end - at - 1));
      if (call.path.empty()) call.path = decoded;
      if (closing == '"') call.texts.push_back(decoded);
      at = end;
    } else if (c == ',') {
      end_of_argument();
    } else if (c != ' ') {
      plain += c;
    }
  }
  end_of_argument();
}

Call read_call(pid_t thread, const std::string& text) {
  Call call;
  call.thread = thread;
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(") ");
  const std::size_t equals = text.find("= ", close);
  CHECK(open != std::string::npos && close != std::string::npos && equals != std::string::npos);
  call.name = text.substr(0, open);
  read_arguments(std::string_view(text).substr(open + 1, close - open - 1), call);
  if (call.name == "openat" && !call.texts.empty()) call.path = call.texts.front();
  call.result = std::strtol(text.c_str() + equals + 2, nullptr, 10);
  return call;
}

}  // namespace

std::string Call::data() const {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

std::uint64_t Call::offset() const {
  return rest.empty() ? 0 : std::strtoull(rest.back().c_str(), nullptr, 10);
}

Words strace_words(const std::string& file, const std::string& calls) {
  return {"strace", "-D", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "2000000",
          "-o",     file, "-e", "trace=" + calls};
}

std::optional<std::string> why_no_strace() {
  if (::geteuid() != 0) return "varved makes itself untraceable by others than root";
  const Outcome outcome = run({"strace", "-f", "-y", "-o", "/dev/null", "true"});
  if (outcome.exit_code == 0) return std::nullopt;
  return "strace does not work here: " + outcome.output;
}

bool trace_is_whole(const std::string& file, pid_t process) {
  std::ifstream in(file, std::ios::binary);
  for (std::string line; std::getline(in, line);)
    if (std::strtol(line.c_str(), nullptr, 10) == process && line.find("+++ ") < 8) return true;
  return false;
}

std::vector<Call> read_trace(const std::string& file) {
  std::vector<Call> calls;
  struct Begun {
    std::string text;
    std::size_t at;
  };
  std::map<pid_t, Begun> begun;
  std::ifstream in(file, std::ios::binary);
  std::string line;
  for (std::size_t at = 0; std::getline(in, line); ++at) {
    char* after = nullptr;
    const auto thread = static_cast<pid_t>(std::strtol(line.c_str(), &after, 10));
    std::string text(after + std::string_view(after).find_first_not_of(' '));
    if (text.starts_with("---") || text.starts_with("+++")) continue;
    std::size_t began = at;
    if (text.ends_with(kUnfinished)) {
      begun[thread] = {text.substr(0, text.size() - kUnfinished.size()), at};
      continue;
    }
    if (text.starts_with("<...")) {
      const std::size_t rest = text.find(kResumed);
      CHECK(rest != std::string::npos && begun.contains(thread));
      text = begun[thread].text + text.substr(rest + kResumed.size());
      began = begun[thread].at;
      begun.erase(thread);
    }
    if (text.find("= ?") != std::string::npos) continue;  // it ended within the call
    calls.push_back(read_call(thread, text));
    calls.back().began = began;
    calls.back().ended = at;
  }
  return calls;
}

}  // namespace varve::system
