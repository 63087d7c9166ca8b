// Audit runs have one spelling, and no other is accepted.
#include "ledger/format/audit_run.h"

#include <gtest/gtest.h>

namespace varve::format {
namespace {

AuditRun some_run() {
  return {"log.example/one", 10, 20, 2, TreeSize{300}, 4'000, {"segments/00000001.seg", "tree/04"}};
}

TEST(AuditRun, IsReadBackAsItWasWritten) {
  AuditRun run = some_run();
  EXPECT_EQ(*parse_audit_run(audit_run_text(run)), run);
  run.damaged.clear();
  EXPECT_EQ(*parse_audit_run(audit_run_text(run)), run);
}

TEST(AuditRun, CutAnywhereIsRefusedUnlessItNamesFewerFiles) {
  const std::string text = audit_run_text(some_run());
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto parsed = parse_audit_run(std::string_view(text).substr(0, cut));
    EXPECT_EQ(parsed.has_value(), parsed && parsed->damaged.size() < 2) << cut;
    if (parsed) {
      EXPECT_EQ(audit_run_text(*parsed), text.substr(0, cut));
    }
  }
}

TEST(AuditRun, HasOneSpelling) {
  const std::string text = audit_run_text(some_run());
  const std::pair<std::string, std::string> wrong[] = {{"run v1", "run v2"},
                                                       {"log.example/one", "log example"},
                                                       {"began 10", "began 010"},
                                                       {"ended 20", "ended -20"},
                                                       {"size 300", "size x"},
                                                       {"bytes 4000\n", ""},
                                                       {"tree/04", "tree/0\x01"},
                                                       {"tree/04", "segments/00000000.seg"},
                                                       {"tree/04", "segments/00000001.seg"},
                                                       {"damaged tree", "broken tree"}};
  for (const auto& [from, to] : wrong) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    EXPECT_FALSE(parse_audit_run(other)) << other;
  }
}

TEST(AuditRun, NamesAsManyFilesAsARecordHolds) {
  AuditRun run = some_run();
  run.damaged.clear();
  for (int k = 0; k < 2'000; ++k) {
    const std::string digits = std::to_string(100'000 + k);
    run.damaged.push_back("segments/00" + digits + ".seg");
  }
  const auto parsed = parse_audit_run(audit_run_text(run));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->damaged.size(), kDamagedFilesMax);
  EXPECT_LT(audit_run_text(run).size(), 60'000U);
}

}  // namespace
}  // namespace varve::format
