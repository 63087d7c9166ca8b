// Programs that are started with some of descriptors 0, 1 and 2 closed: no file that they open gets
// one of these numbers, so that nothing printed, by them or by a library, lands in a file of a
// store.
#include <gtest/gtest.h>

#include <algorithm>

#include "bare_server.h"
#include "scenario.h"
#include "sender.h"
#include "trace.h"

namespace varve::system {
namespace {

/// "exec" of the words behind it, with the descriptors of these bits closed.
Words closing(unsigned closed) {
  std::string script = "exec \"$0\" \"$@\"";
  const char* const each[] = {" 0<&-", " 1>&-", " 2>&-"};
  for (int number = 0; number < 3; ++number)
    if ((closed >> number & 1) != 0) script += each[number];
  return {"sh", "-c", script};
}

/// Of a whole run of the program: the loader's files are closed again before main() begins; then
/// each number that was closed becomes /dev/null, and no file ever gets one of them.
void expect_no_file_under(unsigned closed, const std::vector<Call>& calls) {
  auto call = std::ranges::find_if(calls.rbegin(), calls.rend(), [](const Call& c) {
                return c.name == "execve";
              }).base();
  unsigned opened = 0;
  for (; call != calls.end(); ++call) {
    if (call->result < 0 || call->name == "close") continue;
    if (opened == closed) {
      EXPECT_GT(call->result, 2) << call->name << " " << call->path;
    } else if (call->path == "/dev/null" && call->result < 3) {
      opened |= 1u << call->result;
    }
  }
  EXPECT_EQ(opened, closed);
}

TEST(Descriptors, OfEveryProgramThatAreClosedGoToNoFile) {
  if (const auto why = why_no_strace()) GTEST_SKIP() << *why;
  const Installation varve;
  const std::vector<Words> programs = {
      {"varved", "check-config", "--token", "--config", varve.path("varved.toml")},
      {"varved", "audit", "--config", varve.path("varved.toml")},
      {"varve-audit", "verify", varve.path("access"), "--vkey", varve.vkey()},
      {"varve-collect", "status", "--dir", varve.path("data")},
      {"varve-keys", "tokens", "--module", kSoftHsm},
      {"varve-bench", "--help"},
  };
  for (const Words& program : programs)
    for (unsigned closed = 0; closed < 8; ++closed) {
      SCOPED_TRACE(program.front() + " without " + std::to_string(closed));
      const std::string trace = varve.path("trace");
      Words words =
          strace_words(trace, "execve,openat,socket,pipe2,dup,fcntl,eventfd2,epoll_create1");
      for (const std::string& word : closing(closed)) words.push_back(word);
      words.push_back(Installation::program(program.front()));
      words.insert(words.end(), program.begin() + 1, program.end());
      write_text(trace, "");
      Process process(words, varve.path("printed"), varve.variables());
      ASSERT_NE(process.wait_ms(), -1);
      ASSERT_TRUE(wait_until([&] { return trace_is_whole(trace, process.id()); }));
      std::vector<Call> calls = read_trace(trace);
      std::erase_if(calls,
                    [](const Call& call) {  // F_DUPFD makes a descriptor, other commands do not
                      return call.name == "fcntl" &&
                             std::ranges::none_of(call.rest, [](const std::string& argument) {
                               return argument.starts_with("F_DUPFD");
                             });
                    });
      expect_no_file_under(closed, calls);
    }
}

// The port is known from an ordinary start; without descriptor 2 it is printed nowhere.
TEST(Descriptors, OfAServerThatAreClosedLeaveItsStoreWhole) {
  Installation varve;
  varve.start();
  ASSERT_EQ(varve.stop(), 0);
  const Words audit{Installation::program("varved"), "audit", "--config",
                    varve.path("varved.toml")};
  for (unsigned closed = 1; closed < 8; ++closed) {
    SCOPED_TRACE(closed);
    Words words = closing(closed);
    for (const std::string& word :
         {Installation::program("varved"), std::string("--config"), varve.path("varved.toml")})
      words.push_back(word);
    Process server(words, varve.path("printed"), varve.variables());
    ASSERT_TRUE(wait_until([&] { return varve.ready() || !server.running(); }));
    auto client = varve.connect("append");
    for (int k = 0; k < 4; ++k) {
      const auto answer =
          post_events(client, "key-" + std::to_string(closed) + std::to_string(k), {"{}"});
      ASSERT_TRUE(answer && answer->status == 201);
    }
    server.send(SIGTERM);
    EXPECT_EQ(server.wait_ms(), 0);
    const Outcome audited = run(audit, varve.variables());
    EXPECT_EQ(audited.exit_code, 0) << audited.output;
    EXPECT_NE(run({"grep", "-arq", "\"level\":\"", varve.path("data")}).exit_code, 0)
        << "log lines were written into the store";
  }
}

// Without the privilege to make another /dev nothing can be taken away from a program.
TEST(Descriptors, ThatCannotBeOpenedEndTheProgramWithItsReason) {
  const std::string script = "mount -t tmpfs none /dev && exec \"$0\" --version 0<&-";
  if (run({"unshare", "-m", "true"}).exit_code != 0) GTEST_SKIP() << "no mount namespaces here";
  for (const char* name :
       {"varved", "varve-audit", "varve-collect", "varve-keys", "varve-witness", "varve-bench"}) {
    SCOPED_TRACE(name);
    const Outcome ended = run({"unshare", "-m", "sh", "-c", script, Installation::program(name)});
    EXPECT_EQ(ended.exit_code, 14) << ended.output;
    EXPECT_NE(ended.output.find("descriptor 0 is closed, and /dev/null cannot be opened"),
              std::string::npos)
        << ended.output;
  }
}

}  // namespace
}  // namespace varve::system
