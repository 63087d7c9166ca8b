// Every single byte of every file of an export, changed: the audit must notice, or the change
// must be one that says nothing (white space between JSON tokens: there is none in these files).
#include <gtest/gtest.h>

#include "good_log.h"

namespace varve::verify {
namespace {

class EveryByte : public testing::TestWithParam<int> {};

TEST_P(EveryByte, OfAnExportIsProtected) {
  const LogBuilder log = good_log();
  const Files good = log.files();
  const auto mask = static_cast<std::byte>(GetParam());
  Files files = good;
  for (auto& [path, bytes] : files) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] ^= mask;
      const Outcome outcome = audit(files, log.first.verifier);
      EXPECT_TRUE(outcome.finding)
          << path << " byte " << i << ": " << (outcome.intact ? "unnoticed" : outcome.error);
      bytes[i] ^= mask;
    }
  }
}

TEST_P(EveryByte, OfAnExportIsThere) {
  if (GetParam() != 0x01) GTEST_SKIP() << "cutting needs no mask";
  const LogBuilder log = good_log();
  const Files good = log.files();
  for (const auto& [path, bytes] : good) {
    for (std::size_t keep = 0; keep < bytes.size(); ++keep) {
      Files files = good;
      files.at(path).resize(keep);
      EXPECT_TRUE(audit(files, log.first.verifier).finding) << path << " cut at " << keep;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, EveryByte, testing::Values(0x01, 0x20, 0x80));

}  // namespace
}  // namespace varve::verify
