// docs/format/vectors are what the program makes, and the ledger's own code says of each case what the file says.
#include "vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/directories.h"

namespace varve::evidence {
namespace {

namespace fs = std::filesystem;

const fs::path kShown = source_file("docs/format/vectors");
const fs::path kMade = built_file("vectors");
constexpr std::uintmax_t kBytesMax =
    320'000;  // of all files: who clones the project gets them, too

const std::vector<VectorFile>& all_files() {
  static const std::vector<VectorFile> files = {notes(),
                                                checkpoints(),
                                                cosigned(),
                                                records(),
                                                inclusion(),
                                                consistency(),
                                                ranges(),
                                                leaf_sets(),
                                                proof_files(),
                                                receipts(),
                                                cose_receipts(),
                                                contradictions(),
                                                gap_certificates(),
                                                bundles(),
                                                key_histories(),
                                                retention_records(),
                                                renewals(),
                                                answers()};
  return files;
}

std::string text_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Whoever changed a format on purpose copies what was made.
TEST(Vectors, AreWhatTheProgramMakes) {
  fs::create_directories(kMade);
  std::set<std::string> expected = {"README.md"};
  std::uintmax_t size = 0;
  for (const VectorFile& file : all_files()) {
    const std::string name = file.name + ".json";
    std::ofstream(kMade / name, std::ios::binary) << json_of(file);
    EXPECT_EQ(text_of_file(kMade / name) == text_of_file(kShown / name), true)
        << "cp " << (kMade / name).string() << " " << kShown.string();
    size += fs::file_size(kMade / name);
    expected.insert(name);
  }
  std::set<std::string> shown;
  for (const auto& entry : fs::directory_iterator(kShown)) shown.insert(entry.path().filename());
  EXPECT_EQ(shown, expected);
  EXPECT_LT(size, kBytesMax);
}

TEST(Vectors, AreTrueOrFalseAsTheirFilesSay) {
  for (const VectorFile& file : all_files()) {
    const auto json = format::Json::parse(text_of_file(kShown / (file.name + ".json")));
    ASSERT_TRUE(json) << file.name << ": " << json.error().message;
    const auto cases = json->objects("cases");
    ASSERT_TRUE(cases) << file.name;
    std::set<std::string> verdicts;
    std::set<std::string> names;
    for (const format::Json& one : *cases) {
      const std::string name = one.text("name").value();
      const std::string verdict = one.text("verdict").value();
      const std::string why = verdict == "true" ? "" : one.text("why").value();
      EXPECT_EQ(file.judge(one), why) << file.name << ": " << name;
      EXPECT_EQ(why.empty(), verdict == "true") << file.name << ": " << name;
      EXPECT_TRUE(names.insert(name).second) << file.name << " has " << name << " twice";
      verdicts.insert(verdict);
    }
    EXPECT_TRUE(verdicts.contains("true") && verdicts.contains("claim")) << file.name;
  }
}

// The page of the folder lists them all.
TEST(Vectors, AreListedWithTheirFields) {
  const std::string page = text_of_file(kShown / "README.md");
  for (const VectorFile& file : all_files()) {
    std::string fields;
    for (const auto& [name, value] : file.cases.front().fields)
      fields.append(fields.empty() ? "" : ", ").append("`" + name + "`");
    const std::string row =
        "| `" + file.name + ".json` | [" + file.page + "](../" + file.page + ") | " + fields;
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
  const std::string fence = "```json case\n";
  const std::size_t begin = page.find(fence) + fence.size();
  const std::string example = page.substr(begin, page.find('\n', begin) - begin);
  EXPECT_NE(text_of_file(kShown / "inclusion.json").find(example), std::string::npos) << example;
}

}  // namespace
}  // namespace varve::evidence
