// docs/format/evidence.md and index.md show what the code writes.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/directories.h"
#include "tests/evidence/indexed_log.h"

namespace varve::evidence {
namespace {

/// The text between ```name and ```.
std::string block(const std::string& document, const std::string& name) {
  std::ifstream file(source_file("docs/format/" + document));
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  const std::string opening = "```" + name + "\n";
  const std::size_t start = all.find(opening);
  if (start == std::string::npos) return "";
  const std::size_t end = all.find("```", start + opening.size());
  return all.substr(start + opening.size(), end - start - opening.size());
}

struct Documents : ::testing::Test {
  IndexedLog log;
  Documents() {
    log.event(payload_of({"7"}));
    log.event(payload_of({"8"}));
    log.commit();
  }
};

TEST_F(Documents, ShowACommitment) {
  const SeenIndexes seen = log.seen();
  EXPECT_EQ(block("index.md", "index"), format::index_commitment_text(seen.all().front().says));
}

TEST_F(Documents, ShowEvidence) {
  const auto made = log.answer(asked("patient", {"Patient/7"}));
  ASSERT_TRUE(made) << made.error().message;
  const std::string shown = block("evidence.md", "evidence");
  EXPECT_EQ(shown, format::format_evidence(*made));
  const auto proven = log.verify(shown);
  ASSERT_TRUE(proven) << proven.error().message;
  EXPECT_EQ(proven->events.size(), 1U);
}

}  // namespace
}  // namespace varve::evidence
