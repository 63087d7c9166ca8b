// What a mirror observed is exactly its lines, and looks as the document shows it.
#include "ledger/format/observations.h"

#include <gtest/gtest.h>

#include <fstream>

#include "ledger/base/text.h"
#include "ledger/base/trouble.h"
#include "ledger/merkle/tree.h"
#include "tests/directories.h"
#include "tests/format/documented_log.h"
#include "tests/format/text_lines.h"

namespace varve::format {
namespace {

/// A mirror of the documents' log on three days, as the log could be years later.
Observations documented_observations() {
  const DocumentedLog log;
  const Hash then = merkle::root_of(std::span(log.leaves));
  const Hash later = merkle::leaf_hash(bytes_of("later"));
  Observations seen;
  seen.first = log.log_key.verifier();
  seen.read = TreeSize{90'000};
  seen.acts = {LeafIndex{0}, LeafIndex{1}, LeafIndex{81'290}, LeafIndex{81'301}};
  seen.sightings = {{1'795'256'400'000'000, 90'061'000, TreeSize{5}, then, 81},
                    {1'795'338'000'000'000, 171'661'000, TreeSize{5}, then, 81},
                    {1'985'769'000'000'000, 3'600'000, TreeSize{90'000}, later, 4'242}};
  seen.forgotten = {{1'985'769'001'000'000, 202'611, 81'120, LeafIndex{81'301}, {}},
                    {1'985'769'002'000'000, 202'612, 12, {}, "Ann Smith, privacy officer"}};
  seen.without = {202'611, 202'612};
  return seen;
}

std::string shown_observations() {
  std::ifstream in(source_file("docs/format/observations.md"));
  std::string line;
  std::string lines;
  while (std::getline(in, line) && line != "```observations") {
  }
  while (std::getline(in, line) && line != "```") lines.append(line).append("\n");
  return lines;
}

/// With a sum that fits.
std::string with_sum(const std::string& lines) {
  return lines + "sum " + hex(merkle::sha256(bytes_of(lines)).view()) + "\n";
}
std::string lines_of_shown() {
  const std::string text = observations_text(documented_observations());
  return text.substr(0, text.rfind("sum "));
}

TEST(ObservationsDocument, ShowsATextThatParses) {
  EXPECT_EQ(shown_observations(), observations_text(documented_observations()));
  const auto parsed = parse_observations(shown_observations());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, documented_observations());
}

TEST(ObservationsText, IsExactlyItsLines) {
  expect_exactly_these_lines(observations_text(documented_observations()), parse_observations);
}

// A sum that fits is no excuse for lines that cannot be.
TEST(ObservationsText, HasOneSpellingAndAnOrder) {
  const std::string lines = lines_of_shown();
  ASSERT_TRUE(parse_observations(with_sum(lines)));
  const std::vector<std::pair<std::string, std::string>> all = {
      {"observations v1", "observations v2"},
      {"read 90000", "read 81301"},  // an act is behind what was read
      {"read 90000", "read 090000"},
      {"act 1\n", "act 0\n"},
      {" 90000 ", " 4 "},  // it has shrunk
      {"seen 1795256400000000", "seen 253402300800000000"},
      {"171661000", "253402300800000"},
      {"forgot 1985769001000000", "forgot 253402300800000000"},
      {"202611 81120", "4294967296 81120"},
      {"record 81301", "because 81301"},
      {"decided Ann", "decided  \t"},
      {"decided Ann Smith, privacy officer", "decided "},
      {"without 202611", "without 202613"}};
  for (const auto& [from, to] : all) {
    std::string other = lines;
    ASSERT_NE(other.find(from), std::string::npos) << from;
    other.replace(other.find(from), from.size(), to);
    EXPECT_FALSE(parse_observations(with_sum(other))) << other;
  }
}

TEST(ObservationsText, OfALaterFormatIsNotDamagedUnlessItsSumIs) {
  std::string later = lines_of_shown();
  later.replace(later.find("v1"), 2, "v2");
  const auto parsed = parse_observations(with_sum(later));
  EXPECT_TRUE(is_trouble(parsed.error())) << parsed.error().message;
  const std::string rotten = later + with_sum(lines_of_shown()).substr(later.size());
  EXPECT_EQ(parse_observations(rotten).error().code, Code::kInvalid);
}

TEST(ObservationsText, NamesWhoDecidedInAFewWords) {
  EXPECT_TRUE(check_decided_by(std::string(kDecidedByMax, 'x')));
  EXPECT_FALSE(check_decided_by(std::string(kDecidedByMax + 1, 'x')));
  for (const char* bad : {"", "two\nlines", "a\x01", "\xff"}) EXPECT_FALSE(check_decided_by(bad));
}

}  // namespace
}  // namespace varve::format
