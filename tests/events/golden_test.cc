// What is extracted from every real message beside the project, word for word. Once the extractor's version is
// released, a difference is a new one (docs/format/event-view.md), never an edit of a golden file.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "ledger/events/render.h"
#include "sample_files.h"
#include "tests/directories.h"

namespace varve::events {
namespace {

std::string golden_name(std::string name) {
  for (char& c : name)
    if (c == '/') c = '.';
  return source_file("tests/events/golden/" + name + ".txt");
}

std::string explained(const Sample& sample) {
  std::string text;
  for (std::size_t i = 0; i < sample.payloads.size(); ++i) {
    if (sample.payloads.size() > 1) text += "== payload " + std::to_string(i) + "\n";
    text += explain(extract("", bytes_of(sample.payloads[i])));
  }
  return text;
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Golden, EverySampleSaysWhatItsFileSays) {
  if (samples_directory().empty()) GTEST_SKIP() << "the samples are not beside the project";
  const std::vector<Sample> samples = all_samples();
  EXPECT_GE(samples.size(), 40U);
  for (const Sample& sample : samples) {
    const std::string path = golden_name(sample.name);
    ASSERT_TRUE(std::filesystem::exists(path)) << path;
    EXPECT_EQ(explained(sample), text_of_file(path)) << path;
  }
}

TEST(Golden, EveryGoldenFileHasItsSample) {
  if (samples_directory().empty()) GTEST_SKIP() << "the samples are not beside the project";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_file("tests/events/golden")))
    files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, all_samples().size());
}

}  // namespace
}  // namespace varve::events
