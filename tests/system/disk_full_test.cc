// A disk that fills up, for real: the store is on a small file system of its own. Appends are
// refused in time, control records go on, reads go on, and appends are taken again once there is
// space, by the same process. Needs root, to mount.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>

#include "bare_server.h"
#include "ledger/base/text.h"
#include "sender.h"
#include "tests/log/world.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

constexpr int kExitFull = 16;
constexpr std::size_t kMiB = 1u << 20;
constexpr std::size_t kEventBytes = 40'000;

class DiskFull : public ::testing::Test {
 protected:
  void SetUp() override {
    CHECK(env::initialize().has_value());
    fs::create_directory(disk_);
    mounted_ = ::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=32m") == 0;
    if (!mounted_) GTEST_SKIP() << "no file system can be mounted here: " << std::strerror(errno);
    server_.emplace(varve_, "full",
                    BareOptions{.data = disk_ + "/data", .more = "reserve_bytes = 8388608\n"});
  }
  void TearDown() override {
    if (server_) server_->end();
    if (mounted_) {
      EXPECT_EQ(::umount2(disk_.c_str(), MNT_DETACH), 0);
    }
  }

  [[nodiscard]] std::size_t free_bytes() const {
    struct statvfs st {};
    CHECK(::statvfs(disk_.c_str(), &st) == 0);
    return st.f_bavail * st.f_frsize;
  }
  /// Takes space until `left` bytes are free.
  void fill_up_to(std::size_t left) const {
    std::string block(free_bytes() > left ? free_bytes() - left : 0, 'x');
    std::ofstream(disk_ + "/filler", std::ios::app | std::ios::binary) << block;
  }
  void make_space() const { fs::remove(disk_ + "/filler"); }
  void enlarge() const {
    ASSERT_EQ(::mount("tmpfs", disk_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  }

  /// One request of about `size` bytes, remembered when it was taken. Returns its status.
  int append(std::size_t size) {
    client::HttpClient client = server_->connect("append");
    std::string noise((size + 1) / 2, '\0');
    env::system_random().fill(std::as_writable_bytes(std::span(noise)));
    Promise promise{"full-" + std::to_string(sent_++), {}, {}};
    for (std::size_t at = 0; at < noise.size(); at += kEventBytes / 2)
      promise.events.push_back("{\"noise\":\"" + hex(bytes_of(noise.substr(at, kEventBytes / 2))) +
                               "\"}");
    const auto response = post_events(client, promise.key, promise.events);
    if (!response) return 0;
    promise.receipt = response->body;
    if (response->status == 201)
      promises_.push_back(std::move(promise));
    else
      last_refusal_ = response->body;
    return response->status;
  }
  int append_until_refused() {
    int status = 201;
    while (status == 201) status = append(kMiB / 2);
    return status;
  }
  int register_source(const std::string& name) {
    const testing::Source source(name, kOrigin);
    const auto response = server_->connect("operate").post("/sources", "text/plain",
                                                           bytes_of(source.register_note()));
    return response ? response->status : 0;
  }
  void expect_reads() {
    client::HttpClient client = server_->connect("read");
    for (const char* path : {"/checkpoint", "/keys", "/events/1", "/proof/inclusion?index=1"})
      EXPECT_EQ(client.get(path)->status, 200) << path;
  }
  /// Gives a new bearer token these roles.
  void grant(const std::string& who, const std::string& roles) const {
    const std::string made =
        must_run({Installation::program("varved"), "token", who, roles, "main"});
    const std::size_t begin = made.find("varve_");
    write_text(varve_.token_file(who), made.substr(begin, made.find('\n', begin) - begin) + "\n");
    const std::string granted = read_text(varve_.path("access"));
    write_text(varve_.path("access"), granted + made.substr(made.rfind(who + " ")));
  }
  /// Access records of it that the auditor's program finds.
  [[nodiscard]] unsigned reads_of(const std::string& client) const {
    const std::string url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/logs/main";
    const std::string list =
        must_run({Installation::program("varve-audit"), "reads", url, "--vkey", varve_.vkey(),
                  "--bearer-file", varve_.token_file("read"), "--client", client});
    unsigned found = 0;
    for (std::size_t at = 0; (at = list.find("/events/{item}", at)) != std::string::npos; ++at)
      ++found;
    return found;
  }
  void expect_promises_kept() {
    const std::vector<format::VerifierKey> known{format::parse_vkey(varve_.vkey()).value()};
    client::HttpClient client = server_->connect("append");
    for (const Promise& promise : promises_) {
      EXPECT_TRUE(check_promise(promise, known)) << promise.key;
      const auto repeated = post_events(client, promise.key, promise.events);
      EXPECT_EQ(repeated->status, 200) << promise.key;
      EXPECT_TRUE(repeated->body == promise.receipt) << promise.key;
    }
    EXPECT_EQ(server_->stop(), 0) << server_->printed();
    const Outcome audit = server_->command("audit");
    EXPECT_EQ(audit.exit_code, 0) << audit.output;
  }

  Installation varve_;
  const std::string disk_ = varve_.path("disk");
  bool mounted_ = false;
  std::optional<BareServer> server_;
  std::vector<Promise> promises_;
  std::string last_refusal_;
  unsigned sent_ = 0;
};

TEST_F(DiskFull, RefusesAppendsInTimeAndKeepsControlRecordsAndReadsGoing) {
  ASSERT_TRUE(server_->start()) << server_->printed();
  EXPECT_EQ(append_until_refused(), 507) << last_refusal_;
  EXPECT_GT(promises_.size(), 8u);
  EXPECT_GE(free_bytes(), 8 * kMiB) << "the reserve is whole: a group that does not fit is refused";
  EXPECT_EQ(register_source("clinic/when-full"), 201) << "control records use the reserve";
  const pid_t before = server_->process().id();

  fill_up_to(kMiB);  // somebody else takes the reserve too
  EXPECT_EQ(append(100), 507);
  EXPECT_EQ(register_source("clinic/when-fuller"), 507) << "the last of it is for sealing";
  expect_reads();

  make_space();
  EXPECT_EQ(register_source("clinic/when-fuller"), 201);
  enlarge();
  EXPECT_EQ(append(100), 201) << last_refusal_;
  EXPECT_EQ(server_->process().id(), before);
  EXPECT_TRUE(server_->process().running());
  expect_promises_kept();
}

// Nothing guards against others who write between the look at the free space and the write.
TEST_F(DiskFull, WithinTheReserveNeedsNoMoreThanARestart) {
  ASSERT_TRUE(server_->start()) << server_->printed();
  ASSERT_EQ(append(kMiB), 201);
  std::atomic<bool> enough = false;
  std::thread eater([&] {  // keeps the disk all but full, letting go now and then
    while (!enough) {
      fill_up_to(9 * kMiB);
      fill_up_to(0);
      pause_ms(1);
      make_space();
    }
  });
  for (unsigned k = 0; k < 60; ++k) append(kMiB / 4);
  enough = true;
  eater.join();
  make_space();
  expect_reads();
  std::cout << promises_.size() << " of 61 appends were taken, then: " << append(100) << '\n';
  server_->stop();
  enlarge();
  ASSERT_TRUE(server_->start()) << server_->printed();
  EXPECT_EQ(append(100), 201) << last_refusal_;
  expect_promises_kept();
}

// Who breaks the glass reads on while nobody else does, and a kill takes nothing of that.
TEST_F(DiskFull, IsReadByBreakGlassAndThatIsOnRecordOnceThereIsSpace) {
  const std::string config = varve_.path("full.toml");
  std::string text = read_text(config);
  write_text(config, text.insert(text.find("[server]\n") + 9, "access_records = \"before\"\n"));
  grant("ann", "read,breakglass");
  ASSERT_TRUE(server_->start()) << server_->printed();
  ASSERT_EQ(append(100), 201) << last_refusal_;
  const auto status_for = [&](const std::string& who) {
    return server_->connect(who).get("/events/3")->status;
  };
  EXPECT_EQ(status_for("ann"), 200);
  EXPECT_EQ(server_->printed().find("read_by_break_glass"), std::string::npos);
  fill_up_to(kMiB);
  EXPECT_EQ(status_for("read"), 507);
  EXPECT_EQ(status_for("ann"), 200);
  EXPECT_TRUE(wait_until([&] {  // the journal is written beside the answer
    return server_->printed().find("read_by_break_glass") != std::string::npos;
  }));
  server_->process().send(SIGKILL);
  server_->process().wait_ms();
  make_space();
  ASSERT_TRUE(server_->start()) << server_->printed();
  EXPECT_TRUE(wait_until([&] { return reads_of("ann") == 2; }));
  EXPECT_EQ(status_for("read"), 200);
  fill_up_to(0);
  EXPECT_EQ(status_for("ann"), 507) << "not even the file can keep it";
  make_space();
  expect_promises_kept();
}

// Without space not even the derived files can be made again: it says so instead of dying of it.
TEST_F(DiskFull, IsSaidByAServerThatCannotStart) {
  ASSERT_TRUE(server_->start()) << server_->printed();
  ASSERT_EQ(append(kMiB), 201);
  server_->process().send(SIGKILL);
  server_->process().wait_ms();
  for (const char* derived : {"tree", "leaves", "appends", "catalogue"})
    fs::remove_all(server_->log_directory() + "/" + derived);
  fill_up_to(0);
  EXPECT_FALSE(server_->start());
  EXPECT_EQ(server_->process().wait_ms(), kExitFull) << server_->printed();
  make_space();
  ASSERT_TRUE(server_->start()) << server_->printed();
  EXPECT_EQ(append(100), 201) << last_refusal_;
  expect_promises_kept();
}

}  // namespace
}  // namespace varve::system
