// What Prometheus is told of a collector, and how often.
#include "tools/collect/follow_metrics.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ledger/env/posix.h"
#include "workbench.h"

namespace varve::collect {
namespace {

namespace fs = std::filesystem;

class Measured : public testing::Test {
 protected:
  Measured() {
    EXPECT_TRUE(env::initialize());
    std::string pattern = testing::TempDir() + "varve-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    config_.source = "clinic/\"ehr\"";
    config_.origin = "log.example";
  }
  ~Measured() override { fs::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return directory_ + "/ehr.prom"; }
  [[nodiscard]] std::string content() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] FollowMetrics metrics(const std::string& path) {
    return {path, config_, clock_, [this](const std::string& line) { said_.push_back(line); }};
  }

  std::string directory_;
  Config config_;
  HandClock clock_;
  std::vector<std::string> said_;
  FollowFigures figures_;
};

TEST_F(Measured, SaysWhatWaitsWhatCameAndWhatWasRefused) {
  figures_ = {{4, 30, 2, 1'699'999'000'000'000, true}, 7, 3, 4'096, 1'699'998'000, 100, 5, 1};
  const std::string text = metrics_text(config_, figures_, clock_.now_us());
  const std::string labels = R"({origin="log.example",source="clinic/\"ehr\""} )";
  for (const char* line : {"written_seconds|1700000000", "receipt_seconds|1699999000",
                           "events_total|30", "retries_total|2", "paused|1", "waiting_batches|3",
                           "waiting_bytes|4096", "waiting_since_seconds|1699998000", "running|1",
                           "refused_total|7", "behind_bytes|100", "files|5", "missing_files|1"}) {
    std::string expected = "\nvarve_collect_" + std::string(line) + "\n";
    expected.replace(expected.find('|'), 1, labels);
    EXPECT_NE(text.find(expected), std::string::npos) << expected << text;
  }
}

TEST_F(Measured, IsWrittenAtOnceAndThenAtMostEveryFifteenSecondsForEverybodyToRead) {
  FollowMetrics writer = metrics(path());
  unsigned asked = 0;
  for (const std::uint64_t end = clock_.ms + 3 * kMetricsEveryMs; clock_.ms < end; clock_.ms += 50)
    writer.write_if_due([&] { return figures_.refused = ++asked, figures_; });
  EXPECT_EQ(asked, 3u);
  EXPECT_NE(content().find("} 3\n"), std::string::npos) << content();
  struct stat now = {};
  ASSERT_EQ(::stat(path().c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0644u);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), {}), 1) << "nothing else is left";
}

TEST_F(Measured, ThatCannotBeWrittenIsSaidOnceAndTriedAgain) {
  FollowMetrics writer = metrics(directory_ + "/none/ehr.prom");
  writer.write_last(figures_);
  writer.write_last(figures_);
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("collecting goes on"), std::string::npos) << said_[0];
  fs::create_directory(directory_ + "/none");
  writer.write_last(figures_);
  EXPECT_TRUE(fs::exists(directory_ + "/none/ehr.prom"));
  fs::remove_all(directory_ + "/none");
  writer.write_last(figures_);
  EXPECT_EQ(said_.size(), 2u);
}

TEST_F(Measured, SaysInTheLastFileThatItEnded) {
  FollowMetrics writer = metrics(path());
  const auto is_running = [this] {
    const std::string text = content();
    return text.substr(text.find("} ", text.find("\nvarve_collect_running{")) + 2, 1);
  };
  writer.write_if_due([this] { return figures_; });
  EXPECT_EQ(is_running(), "1");
  writer.write_last(figures_);
  EXPECT_EQ(is_running(), "0");
}

// A slip must not cost an audit trail.
TEST_F(Measured, IsWrittenToNothingButAFileOfMetrics) {
  const std::string trail = directory_ + "/audit.ndjson";
  std::ofstream(trail) << "events";
  FollowMetrics writer = metrics(trail);
  writer.write_if_due([this] { return figures_; });
  EXPECT_EQ(fs::file_size(trail), 6u);
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("end it in .prom"), std::string::npos) << said_[0];
}

TEST_F(Measured, IsNotWrittenWithoutAPath) {
  FollowMetrics writer = metrics("");
  writer.write_if_due([this] { return figures_; });
  writer.write_last(figures_);
  EXPECT_TRUE(fs::is_empty(directory_));
}

}  // namespace
}  // namespace varve::collect
