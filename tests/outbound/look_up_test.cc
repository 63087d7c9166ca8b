// Names of hosts, and a name server that never answers.
#include "tools/client/look_up.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "ledger/env/posix.h"

namespace varve::client {
namespace {

TEST(LookUp, TakesAddressesAndNamesOfThisMachine) {
  const Patience patience(env::posix_clock(), 120'000);
  for (const char* host : {"127.0.0.1", "::1", "localhost"}) {
    const auto found = look_up(host, "443", patience);
    ASSERT_TRUE(found) << host << found.error().message;
    EXPECT_NE(found->get(), nullptr);
  }
  const auto none = look_up("no-such-host.invalid", "443", patience);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kBusy);
  EXPECT_NE(none.error().message.find("leads nowhere"), std::string::npos);
}

constexpr int kSkipped = 77;

/// This thread alone has `text` as the file `path`.
bool shadow(const std::string& text, const char* path) {
  const std::string own = ::testing::TempDir() + "varve-shadow-" + std::to_string(::getpid());
  std::ofstream(own) << text;
  const bool done = ::mount(own.c_str(), path, nullptr, MS_BIND, nullptr) == 0;
  std::filesystem::remove(own);
  return done;
}

/// This thread alone has a network whose name server takes questions and says nothing.
bool enter_silence() {
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return false;
  const int server = ::socket(AF_INET, SOCK_DGRAM, 0);
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(53);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::ioctl(server, SIOCSIFFLAGS, &loopback) == 0 &&
         ::bind(server, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0 &&
         shadow("nameserver 127.0.0.1\noptions timeout:5 attempts:1\n", "/etc/resolv.conf") &&
         shadow("hosts: dns\n", "/etc/nsswitch.conf");
}

int ask_silence(const std::atomic<bool>* cancelled, std::uint64_t silence_ms) {
  if (!enter_silence()) return kSkipped;
  const Patience patience(env::posix_clock(), silence_ms, cancelled);
  const auto found = look_up("idp.example.org", "443", patience);
  return !found && found.error().message.find("takes too long") != std::string::npos ? 0 : 1;
}

/// On a thread of its own, whose network and files are those of nobody else, and of the threads it begins.
template <class Function>
int on_a_thread(const Function& function) {
  int outcome = 0;
  std::thread([&] { outcome = function(); }).join();
  return outcome;
}

// The system itself would wait for five seconds here, and say something else then.
TEST(LookUp, EndsWithPatienceOrFromOutsideWhereNoNameServerAnswers) {
  const int slow = on_a_thread([] { return ask_silence(nullptr, 100); });
  if (slow == kSkipped) GTEST_SKIP() << "needs root, for a network of its own";
  EXPECT_EQ(slow, 0);
  const std::atomic<bool> cancelled = true;
  EXPECT_EQ(on_a_thread([&] { return ask_silence(&cancelled, 600'000); }), 0);
}

}  // namespace
}  // namespace varve::client
