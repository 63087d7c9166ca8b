// A repair from a copy on a web server: its bytes are taken when they are what was signed, and only
// then.
#include "tools/varved/remote_file.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "ledger/upkeep/repair.h"
#include "tests/log/world.h"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;
using varve::testing::events;

/// A plain web server over a directory.
class StaticServer {
 public:
  explicit StaticServer(const std::string& directory) {
    server_.set_mount_point("/backup/log", directory);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~StaticServer() {
    server_.stop();
    thread_.join();
  }
  StaticServer(const StaticServer&) = delete;
  StaticServer& operator=(const StaticServer&) = delete;
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/backup/log";
  }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

class RemoteCopy : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int k = 0; k < 3; ++k) {
      ASSERT_TRUE(world_.open());
      ASSERT_TRUE(world_.append_events(events(400)));
      world_.log.reset();
    }
    ASSERT_EQ(std::system(("chattr -R -f -i " + world_.directory + "; true").c_str()), 0);
    fs::copy(world_.directory, copy_, fs::copy_options::recursive);
    fs::permissions(copy_ + kSegment, fs::perms::owner_all);
    fs::remove(world_.directory + kSegment);
  }
  ~RemoteCopy() override { fs::remove_all(copy_); }

  Result<upkeep::RepairReport> repair(const std::string& url) {
    return upkeep::repair_store(
        world_.options, world_.environment(),
        [&](const std::string& path) { return open_remote_file(url, client::HttpOptions{}, path); },
        [](KeyPeriod) { return std::vector<std::string>(); });
  }
  static std::string bytes_in(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static constexpr const char* kSegment = "/segments/00000001.seg";
  varve::testing::World world_;
  const std::string copy_ = world_.directory + "-copy";
};

TEST_F(RemoteCopy, GivesASegmentBack) {
  const StaticServer server(copy_);
  const auto report = repair(server.url());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->replaced, std::vector<std::string>{std::string(kSegment).substr(1)});
  EXPECT_TRUE(report->left.empty());
  EXPECT_EQ(bytes_in(world_.directory + kSegment), bytes_in(copy_ + kSegment));
  ASSERT_TRUE(world_.open());
}

TEST_F(RemoteCopy, GivesNoBytesThatWereNotSigned) {
  std::string bytes = bytes_in(copy_ + kSegment);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(copy_ + kSegment, std::ios::binary) << bytes;
  const StaticServer server(copy_);
  const auto report = repair(server.url());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kCorrupt) << report.error().message;
  EXPECT_FALSE(fs::exists(world_.directory + kSegment));
}

TEST_F(RemoteCopy, ThatLacksTheSegmentOrIsNotThereSaysSo) {
  {
    const StaticServer server(copy_);
    EXPECT_EQ(repair(server.url() + "/elsewhere").error().code, Code::kNotFound);
  }
  EXPECT_EQ(repair("http://127.0.0.1:1/backup").error().code, Code::kBusy);
  EXPECT_EQ(repair("ftp://127.0.0.1/backup").error().code, Code::kInvalid);
}

}  // namespace
}  // namespace varve::tools
