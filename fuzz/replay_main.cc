// A fuzz target as a plain test, without libFuzzer: every seed is accepted; then seeds, corpus and
// their near misses (each cut, each bit flipped) are decoded, none of which may crash.
//   replay_TARGET CORPUS_DIR        run
//   replay_TARGET --write DIR       write the seeds as files, for libFuzzer to start from
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNearMissesUpTo = 1024;  // bytes; larger inputs are only run as they are

std::vector<Buffer> corpus(const fs::path& directory) {
  std::vector<fs::path> files;
  if (fs::exists(directory))
    for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Buffer> inputs;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    inputs.push_back(to_buffer(bytes_of(bytes)));
  }
  return inputs;
}

std::size_t run_near_misses(Buffer input) {
  if (input.size() > kNearMissesUpTo) return 0;
  for (std::size_t cut = 0; cut < input.size(); ++cut) accepts(Bytes{input}.first(cut));
  for (std::size_t bit = 0; bit < 8 * input.size(); ++bit) {
    const std::byte mask = std::byte{1} << (bit % 8);
    input[bit / 8] ^= mask;
    accepts(input);
    input[bit / 8] ^= mask;
  }
  return 9 * input.size();
}

int run(const fs::path& directory) {
  std::size_t runs = 0;
  std::size_t rejected = 0;
  const std::vector<Buffer> start = seeds();
  for (const Buffer& seed : start)
    if (!accepts(seed)) ++rejected;
  for (const auto& inputs : {start, corpus(directory)})
    for (const Buffer& input : inputs) {
      accepts(input);
      runs += 1 + run_near_misses(input);
    }
  std::cout << start.size() << " seeds, " << runs << " inputs run\n";
  if (rejected != 0) std::cerr << rejected << " of the seeds are not accepted\n";
  if (start.empty()) std::cerr << "the target has no seeds\n";
  return rejected == 0 && !start.empty() ? 0 : 1;
}

int write(const fs::path& directory) {
  fs::create_directories(directory);
  int number = 0;
  for (const Buffer& seed : seeds()) {
    std::ofstream out(directory / ("seed-" + std::to_string(number++)), std::ios::binary);
    out << text_of(seed);
    if (!out.flush()) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace varve::fuzz

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write") return varve::fuzz::write(argv[2]);
  if (argc == 2) return varve::fuzz::run(argv[1]);
  std::cerr << "usage: " << argv[0] << " CORPUS_DIR | --write DIR\n";
  return 2;
}
