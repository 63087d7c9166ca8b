// varve-keys backup-public on a disk that says it did what it did not: the kernel's answers to the
// real program, changed by strace.
#include <gtest/gtest.h>

#include <filesystem>

#include "installation.h"
#include "trace.h"

namespace varve::system {
namespace {

struct PublicBackup : ::testing::Test {
  Installation varve;

  [[nodiscard]] Words backup() const {
    return {Installation::program("varve-keys"),
            "backup-public",
            "--server",
            varve.server_url(),
            "--log",
            "main",
            "--vkey",
            varve.vkey(),
            "--ca",
            varve.path("ca.pem"),
            "--out",
            varve.path("bundle")};
  }
  /// The calls of that name do nothing, and claim `result`.
  [[nodiscard]] Outcome backup_where(const std::string& call, std::size_t result) const {
    const std::string claim = call + ":retval=" + std::to_string(result);
    Words words = {"strace",         "-f", "-o", varve.path("trace"), "-e", "trace=" + call, "-e",
                   "inject=" + claim};
    for (const std::string& word : backup()) words.push_back(word);
    return run(words);
  }
  static void expect_refused(const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, 14) << outcome.output;
    EXPECT_NE(outcome.output.find("does not hold what was written"), std::string::npos)
        << outcome.output;
  }
};

TEST_F(PublicBackup, IsComparedWithWhatTheDiskKept) {
  if (const auto why = why_no_strace()) GTEST_SKIP() << *why;
  varve.start();
  const std::string bundle = varve.path("bundle");
  must_run(backup());
  const std::size_t size = read_text(bundle).size();
  ASSERT_GT(size, 0u);
  expect_refused(backup_where("pwrite64", size));
  EXPECT_EQ(read_text(bundle), "") << "the disk lost every byte";

  write_text(bundle, "older");
  expect_refused(backup_where("rename", 0));
  EXPECT_EQ(read_text(bundle), "older");
  must_run(backup());
  EXPECT_EQ(read_text(bundle).size(), size);
}

}  // namespace
}  // namespace varve::system
