// A token that stops answering in the middle of a call, as one whose server was stopped with
// SIGSTOP does: appends are refused in time, reads go on, nothing is lost, also when varved is
// killed meanwhile.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "ledger/format/json.h"
#include "sender.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kTokenMs = 6'000;                  // the token's time
constexpr unsigned kReadWithinMs = kTokenMs * 3 / 4;  // not so by a read that waits for the token

unsigned ms_since(Clock::time_point then) {
  return static_cast<unsigned>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - then).count());
}

class HangingToken : public ::testing::Test {
 protected:
  HangingToken() {
    ::setenv("VARVE_TOKEN_HANGS", varve_.path("hangs").c_str(), 1);
    varve_.start();
    EXPECT_EQ(varve_.stop(), 0);
    std::string config = read_text(varve_.path("varved.toml"));
    config.replace(config.find(kSoftHsm), std::string(kSoftHsm).size(),
                   built_file("tests/hsm/fault_module.so"));
    const std::string limit = "timeout_ms = ";
    config.replace(config.find(limit), limit.size() + std::to_string(kPatienceMs).size(),
                   limit + std::to_string(kTokenMs));
    write_text(varve_.path("varved.toml"), config);
    varve_.start();
  }
  ~HangingToken() override {
    let_go();
    ::unsetenv("VARVE_TOKEN_HANGS");
  }
  void hang() const { write_text(varve_.path("hangs"), ""); }
  void let_go() const { std::filesystem::remove(varve_.path("hangs")); }

  Result<client::HttpResponse> append(const std::string& key) const {
    client::HttpClient client = varve_.connect("append");
    return post_events(client, key, {"{\"key\":\"" + key + "\"}"});
  }
  /// The token hangs until it is let go, so any answer is one in time.
  void expect_refused(const std::string& key) const {
    const auto response = append(key);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 503) << response->body;
    EXPECT_TRUE(response->retry_after_s());
  }
  /// Reads, all of them answered sooner than the token's time, for as long as others wait for it.
  void expect_reads_while(const std::atomic<int>& waiting) const {
    client::HttpClient client = varve_.connect("read");
    unsigned slowest_ms = 0;
    while (waiting > 0)
      for (const char* path : {"/checkpoint", "/proof/inclusion?index=1", "/tile/0/000.p/1"}) {
        const auto asked = Clock::now();
        const auto response = client.get(path);
        ASSERT_TRUE(response) << path << ": " << response.error().message;
        EXPECT_EQ(response->status, 200) << path;
        slowest_ms = std::max(slowest_ms, ms_since(asked));
      }
    EXPECT_LT(slowest_ms, kReadWithinMs);
  }
  void expect_kept(const std::string& key) const {
    int status = 0;
    EXPECT_TRUE(wait_until([&] {
      const auto response = append(key);
      status = response ? response->status : 0;
      return status == 201 || status == 200;
    })) << status;
    EXPECT_EQ(append(key)->status, 200);
  }

  Installation varve_;
};

TEST_F(HangingToken, HasAppendsRefusedInTimeWhileReadsGoOnAndNothingIsLost) {
  Senders senders(varve_, 3, "hang");
  ASSERT_TRUE(wait_until([&] { return senders.promises() >= 30; }));
  hang();
  std::atomic<int> waiting = 1;
  std::thread refused([&] {
    expect_refused("meanwhile");
    --waiting;
  });
  expect_reads_while(waiting);
  refused.join();
  EXPECT_FALSE(varve_.ready());
  let_go();
  expect_kept("meanwhile");
  EXPECT_TRUE(wait_until([this] { return varve_.ready(); }));
  senders.stop();
  for (const int status : senders.refusals()) EXPECT_EQ(status, 503);
  const std::vector<format::VerifierKey> known{format::parse_vkey(varve_.vkey()).value()};
  client::HttpClient client = varve_.connect("append");
  for (const Promise& promise : senders.all()) {
    EXPECT_TRUE(check_promise(promise, known)) << promise.key;
    EXPECT_EQ(post_events(client, promise.key, promise.events)->body, promise.receipt);
  }
}

// The kill comes while a signature is asked for: the group is on disk, and under no checkpoint.
TEST_F(HangingToken, LosesNothingWhenTheServerIsKilledWhileItWaits) {
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    const std::string before = "before-" + std::to_string(round);
    expect_kept(before);
    hang();
    std::thread sender([&] { static_cast<void>(append("during-" + std::to_string(round))); });
    pause_ms(200 * static_cast<unsigned>(round));
    varve_.kill_9();
    sender.join();
    let_go();
    varve_.start();
    EXPECT_EQ(append(before)->status, 200);
    expect_kept("during-" + std::to_string(round));
  }
}

// An append waits for the token, and the server for the append, but not for ever.
TEST_F(HangingToken, DoesNotKeepTheServerFromEnding) {
  expect_kept("before");
  hang();
  std::thread sender([&] { static_cast<void>(append("during")); });
  EXPECT_TRUE(wait_until([this] { return !varve_.ready(); })) << "the append waits for the token";
  EXPECT_EQ(varve_.stop(), 0);
  sender.join();
  let_go();
  varve_.start();
  EXPECT_EQ(append("before")->status, 200);
  expect_kept("during");
}

// Events of a segment that was sealed before this start need the token for its key. Those who ask for them wait; nobody
// else does. (A start opens the segment that has the secret of the month.)
TEST_F(HangingToken, DoesNotKeepThoseWaitingWhoDoNotNeedIt) {
  expect_kept("old");
  const auto receipt = format::Json::parse(append("old")->body).value();
  const std::string path = "/events/" + std::to_string(receipt.number("first_index").value());
  EXPECT_EQ(varve_.stop(), 0);
  varve_.start();
  hang();
  std::atomic<int> waiting = 6;
  std::vector<std::thread> readers;
  for (int k = waiting; k > 0; --k)
    readers.emplace_back([&] {
      const auto response = varve_.connect("read").get(path);
      EXPECT_TRUE(response && response->status == 503);
      --waiting;
    });
  expect_reads_while(waiting);
  for (std::thread& reader : readers) reader.join();
  let_go();
  EXPECT_TRUE(wait_until([&] { return varve_.connect("read").get(path)->status == 200; }));
}

}  // namespace
}  // namespace varve::system
