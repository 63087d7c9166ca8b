// Calls that have no place in the project, or only in some of it. The ledger reaches the world
// through ledger/env alone, so that a simulation can replace it; the rest has needs of its
// own, and each rule says which.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "cpp_text.h"
#include "repository.h"

namespace varve::tidy {
namespace {

struct Rule {
  const char* why;
  const char* pattern;              // on text without comments and literals
  std::vector<std::string> where;   // folders or files it holds for
  std::vector<std::string> except;  // ... and those in them it does not
};

const std::vector<std::string> kEverywhere = {"ledger", "hsm", "api", "tools", "fuzz"};

// A plain call: not a method, not part of a longer name. "::" before it is a call as well.
#define CALL(names) "(^|[^A-Za-z0-9_.>:]|[^A-Za-z0-9_]::)(" names ")\\s*\\("

const std::vector<Rule> kRules = {
    {"unbounded or thread-unsafe C",
     CALL("strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|sscanf|"
          "tmpnam|mktemp"
          "|localtime|gmtime|asctime|ctime|alloca|setjmp|longjmp"),
     kEverywhere,
     {}},
    {"not random: use env::Random", CALL("rand|srand|random|srandom|drand48"), kEverywhere, {}},
    {"not random enough: use env::Random", "std::(mt19937|random_device|rand)\\b", kEverywhere, {}},
    {"a shell is never needed",
     CALL("system|popen|execl|execlp|execv|execvp|fork|vfork"),
     kEverywhere,
     {}},
    {"a failure is a value: only main ends the process",
     CALL("exit|_exit|quick_exit|abort"),
     kEverywhere,
     {"ledger/base/check.cc", "tools/common/end_signals.cc", "fuzz"}},
    {"the environment is read in named places only",
     CALL("getenv|secure_getenv"),
     kEverywhere,
     {"hsm/pin.cc"}},
    {"time comes from env::Clock",
     CALL("time|clock_gettime|gettimeofday|clock") "|(system|steady|high_resolution)_"
                                                   "clock::now",
     {"ledger", "hsm"},
     {"ledger/env/posix.cc", "ledger/base/mutex.h"}},  // the latter bounds waits
    {"files are reached through env::Filesystem",
     CALL("open|openat|creat|fopen|freopen|fdopen|mmap|unlink|rename|remove|mkdir|"
          "rmdir|stat|fstat"
          "|read|write|pread|pwrite|fsync|fdatasync|ftruncate|truncate|flock|fcntl|"
          "ioctl") "|std::(basic_)?[io]?fstream|std::filesystem",
     {"ledger"},
     {"ledger/env/posix.cc"}},
    {"the server and the token library write no files of their own",
     CALL("fopen|freopen|creat|unlink|rename|mkdir|rmdir") "|std::(basic_)?o?fstream",
     {"hsm", "api"},
     {}},
    {"nobody waits by the clock in the ledger",
     CALL("sleep|usleep|nanosleep") "|sleep_for|sleep_until",
     {"ledger", "api"},
     {}},
    {"the ledger and the server print nothing: errors are values, logs are "
     "structured",
     CALL("printf|puts|putchar|perror|fprintf|fputs") "|std::(cout|cerr|clog)",
     {"ledger", "hsm", "api"},
     {"ledger/base/check.cc"}},
    {"threads are joined, but for one that a token or a name server does not give back",
     "\\.detach\\(\\)|std::async",
     kEverywhere,
     {"hsm/worker.cc", "tools/client/look_up.cc"}},
    {"clang checks the locks of ledger/base/mutex.h alone",
     "std::((recursive_|timed_|recursive_timed_|shared_|shared_timed_)?mutex|lock_guard|"
     "unique_lock|shared_lock|scoped_lock|condition_variable)\\b",
     {"ledger", "hsm", "api", "tools"},
     {"ledger/base/mutex.h", "api/access/journal_sink.h"}},  // spdlog's sinks take a std::mutex
    {"a cast says what it does", "const_cast<", {"ledger/base", "ledger/merkle"}, {}},
};

bool holds_for(const Rule& rule, const std::string& path) {
  const auto covers = [&](const std::string& place) { return is_in(path, place); };
  return std::ranges::any_of(rule.where, covers) && std::ranges::none_of(rule.except, covers);
}

std::size_t line_at(const std::string& text, std::ptrdiff_t position) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + position, '\n'));
}

// Definitions and declarations of methods that happen to be called like a system call ("Result<..>
// read(", "override") are distinguished by what comes before: a type.
bool is_declaration(const std::string& text, std::ptrdiff_t position) {
  static const std::regex type_before(
      R"((Result<.*>|void|bool|int|auto|[A-Za-z_:]+[*&]|awaitable<.*>|[A-Z][A-Za-z]*|uint\d+_t)\s*$)");
  const auto at = static_cast<std::size_t>(position);
  const std::size_t begin = text.rfind('\n', at) + 1;
  const std::string before = text.substr(begin, at + 1 - begin);
  return std::regex_search(before, type_before) && before.find("return") == std::string::npos;
}

TEST(Calls, ThatAreBannedStandNowhere) {
  for (const Rule& rule : kRules) {
    const std::regex pattern(rule.pattern);
    for (const SourceFile& file : all_files()) {
      if (!is_cpp(file) || !holds_for(rule, file.path)) continue;
      const std::string text = blank_out(file.lines);
      for (std::sregex_iterator hit(text.begin(), text.end(), pattern), end; hit != end; ++hit) {
        if (is_declaration(text, hit->position())) continue;
        ADD_FAILURE() << file.path << ":" << line_at(text, hit->position() + 1) << ": "
                      << hit->str() << ": " << rule.why;
      }
    }
  }
}

// Descriptors 0, 1 and 2 are opened before anything else can get these numbers: tools/common/program.h.
TEST(Programs, DoNothingBeforeTheirStandardDescriptorsAreOpen) {
  std::size_t programs = 0;
  for (const SourceFile& file : all_files()) {
    if (!is_cpp(file) || !is_in(file.path, "tools")) continue;
    for (std::size_t k = 0; k + 2 < file.lines.size(); ++k) {
      if (!file.lines[k].starts_with("int main(")) continue;
      ++programs;
      EXPECT_TRUE(file.lines[k + 1].starts_with("  return varve::tools::run_program(") &&
                  file.lines[k + 2] == "}")
          << file.path << ": main() is one call of run_program()";
    }
  }
  EXPECT_EQ(programs, 6U);
}

TEST(Calls, AreRecognisedWhereTheyStandAndNotInLongerNames) {
  const std::regex pattern(CALL("open|time"));
  for (const char* call : {"open(p)", " open (p)", " ::open(p)", "=time(0)", "(time(0)"})
    EXPECT_TRUE(std::regex_search(call, pattern)) << call;
  for (const char* other : {"reopen(p)", "x.open(p)", "x->open(p)", "Log::open(p)", "uptime(0)"})
    EXPECT_FALSE(std::regex_search(other, pattern)) << other;
}

}  // namespace
}  // namespace varve::tidy
